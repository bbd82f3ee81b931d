#include "base/alloc.h"
#include "base/child.h"

#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One piece in double quotes, *p after the first of them (POSIX 2.2.3, without "$"). */
static bool double_quoted(const char **p, char **out)
{
	const char *s = *p;

	for (; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1] && strchr("$`\"\\", s[1]))
			s++;
		*(*out)++ = *s;
	}
	*p = s + 1;
	return *s == '"';
}

static bool single_quoted(const char **p, char **out)
{
	const char *s = *p;

	for (; *s && *s != '\''; s++)
		*(*out)++ = *s;
	*p = s + 1;
	return *s == '\'';
}

static bool word(const char **p, char **out)
{
	while (**p && !blank(**p)) {
		char c = *(*p)++;

		if (c == '"') {
			if (!double_quoted(p, out))
				return false;
			continue;
		}
		if (c == '\'') {
			if (!single_quoted(p, out))
				return false;
			continue;
		}
		if (c == '\\' && !(c = *(*p)++))
			return false;
		*(*out)++ = c;
	}
	*(*out)++ = '\0';
	return true;
}

/* The pointers, then the words: n bytes hold n / 2 + 1 words at most. */
char **argv_split(const char *command)
{
	size_t len = strlen(command), most = len / 2 + 1, n = 0;
	AUTO(str) char *block = xcalloc(1, (most + 1) * sizeof(char *) + len + 1);
	char **argv = (char **)(void *)block;
	char *out = block + (most + 1) * sizeof(char *);

	for (;;) {
		while (blank(*command))
			command++;
		if (!*command)
			break;
		argv[n++] = out;
		if (!word(&command, &out))
			return NULL;
	}
	if (n == 0)
		return NULL;
	(void)TAKE(block);
	return argv;
}
