#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

#define BLANK " \t"

/* A token or a quoted-string (RFC 9110 5.6), moved past. */
static struct buf *take_value(const char **at, struct buf *value)
{
	const char *s = *at;

	buf_reset(value);
	if (*s != '"') {
		buf_add(value, s, strcspn(s, BLANK ";,"));
		*at = s + value->len;
		return value;
	}
	for (s++; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1])
			s++;
		buf_putc(value, *s);
	}
	*at = *s ? s + 1 : s;
	return value;
}

/* One relation type of the several that a rel can hold, in any case. */
static bool holds(const char *list, const char *rel)
{
	const size_t len = strlen(rel);

	for (list += strspn(list, BLANK); *list; list += strspn(list, BLANK)) {
		const size_t n = strcspn(list, BLANK);

		if (n == len && strncasecmp(list, rel, n) == 0)
			return true;
		list += n;
	}
	return false;
}

/* ";name=value" as often as it comes; the first rel counts (RFC 8288 3.3). */
static bool parameters_say(const char **at, const char *rel)
{
	AUTO(buf) struct buf value = BUF_EMPTY;
	bool seen = false, says = false;
	const char *s = *at;

	for (s += strspn(s, BLANK); *s == ';'; s += strspn(s, BLANK)) {
		const char *name;
		size_t len;

		s += 1 + strspn(s + 1, BLANK);
		name = s;
		len = strcspn(s, BLANK "=;,");
		s += len + strspn(s + len, BLANK);
		buf_reset(&value);
		if (*s == '=') {
			s += 1 + strspn(s + 1, BLANK);
			take_value(&s, &value);
		}
		if (len == 3 && strncasecmp(name, "rel", 3) == 0 && !seen) {
			seen = true;
			says = holds(value.data, rel);
		}
	}
	*at = s;
	return says;
}

void links_read(const char *header, const char *rel,
	void (*found)(void *ctx, const char *url), void *ctx)
{
	const char *s = header;

	for (;;) {
		AUTO(str) char *url = NULL;
		size_t len;

		s += strspn(s, BLANK ",");
		if (*s != '<')
			return;
		len = strcspn(++s, ">");
		if (!s[len])
			return;
		url = xstrndup(s, len);
		s += len + 1;
		if (parameters_say(&s, rel))
			found(ctx, url);
	}
}
