#include "base/arena.h"
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 16384

struct block {
	struct block *next;
	size_t used, size;
	max_align_t data[];
};

struct arena {
	struct block *blocks;
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	struct block *b, *next;

	if (!a)
		return;
	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

static struct block *block_with(struct arena *a, size_t len)
{
	struct block *b = a->blocks;
	size_t size = len > BLOCK ? len : BLOCK;

	if (b && b->size - b->used >= len)
		return b;
	b = xmalloc(sizeof *b + size);
	b->next = a->blocks;
	b->used = 0;
	b->size = size;
	a->blocks = b;
	return b;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	const size_t align = sizeof(max_align_t) - 1;
	struct block *b;
	size_t len;
	void *p;

	if (__builtin_mul_overflow(n, size, &len) || len > SIZE_MAX / 2)
		abort();
	len = (len + align) & ~align;
	b = block_with(a, len);
	p = (char *)b->data + b->used;
	b->used += len;
	return memset(p, 0, len);
}

void *arena_copy(struct arena *a, const void *data, size_t n, size_t size)
{
	void *p = arena_calloc(a, n, size);

	return n ? memcpy(p, data, n * size) : p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = arena_calloc(a, len + 1, 1);

	memcpy(p, s, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	p = arena_calloc(a, (size_t)len + 1, 1);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}
