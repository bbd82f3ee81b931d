#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static void *have(void *p)
{
	if (!p) {
		fputs("certpush: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *xmalloc(size_t size)
{
	return have(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return have(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	return have(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return have(strdup(s));
}

char *xstrndup(const char *s, size_t len)
{
	return have(strndup(s, len));
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	return have(vasprintf(&s, fmt, ap) < 0 ? NULL : s);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}

void secret_free(void *p, size_t len)
{
	if (p)
		wipe(p, len);
	free(p);
}
