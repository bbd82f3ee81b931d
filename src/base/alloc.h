/*
 * alloc - memory that is there, or the program ends: out of memory is not handled.
 */
#pragma once

#include "base/macros.h"

#include <stdarg.h>
#include <stdlib.h>

void *xmalloc(size_t size) NODISCARD;
void *xcalloc(size_t n, size_t size) NODISCARD;
void *xreallocarray(void *p, size_t n, size_t size) NODISCARD;
char *xstrdup(const char *s) NODISCARD;
char *xstrndup(const char *s, size_t len) NODISCARD;
char *xasprintf(const char *fmt, ...) PRINTF(1, 2) NODISCARD;
char *xvasprintf(const char *fmt, va_list ap) PRINTF(1, 0) NODISCARD;

/* Room for one more in a typed array of n elements that grows by doubling. */
#define GROW(array, n)                                                                     \
	((array) = ((n) & ((n)-1)) == 0                                                    \
			? xreallocarray((array), (n) ? (n)*2 : 1, sizeof *(array))         \
			: (array))

/* Wiped before it is freed: for keys. NULL is taken. */
void secret_free(void *p, size_t len);
/* Wipe, in a way that the compiler doesn't leave out. */
void wipe(void *p, size_t len);

static inline void auto_str(char **p)
{
	free(*p);
}
