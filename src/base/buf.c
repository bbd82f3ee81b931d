#include "base/buf.h"
#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

char buf_empty_text[1];

void buf_init(struct buf *b)
{
	*b = (struct buf)BUF_EMPTY;
}

void buf_clear(struct buf *b)
{
	if (b->size)
		secret_free(b->data, b->size);
	buf_init(b);
}

void buf_reset(struct buf *b)
{
	buf_truncate(b, 0);
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	wipe(b->data + len, b->len - len);
	b->len = len;
}

/* Not realloc: that would leave a copy of a key behind. */
void buf_reserve(struct buf *b, size_t more)
{
	size_t size = b->size ? b->size : 64;
	size_t want;
	char *data;

	if (more > SIZE_MAX / 4)
		abort();
	want = b->len + more + 1;
	if (want <= b->size)
		return;
	while (size < want)
		size *= 2;
	data = xmalloc(size);
	memcpy(data, b->data, b->len + 1);
	if (b->size)
		secret_free(b->data, b->size);
	b->data = data;
	b->size = size;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	buf_reserve(b, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len <= 0)
		return;
	buf_reserve(b, (size_t)len);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_shell_word(struct buf *b, const char *s)
{
	buf_putc(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_puts(b, "'\\''");
		else
			buf_putc(b, *s);
	}
	buf_putc(b, '\'');
}

char *buf_take(struct buf *b)
{
	char *s = b->size ? b->data : xstrdup("");

	buf_init(b);
	return s;
}
