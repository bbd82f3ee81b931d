/*
 * buf - text or bytes under construction.
 *
 * data is never NULL and always ends in a NUL that len doesn't count. Everything that
 * a buf lets go of is wiped first, so that it may hold keys.
 */
#pragma once

#include "base/macros.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t size; /* 0 while data is the shared empty text */
};

void buf_init(struct buf *b);
void buf_clear(struct buf *b); /* free and make empty again */
void buf_reset(struct buf *b); /* forget the content, keep the room */
DEFINE_AUTO_VALUE(struct buf, buf, buf_clear)

void buf_reserve(struct buf *b, size_t more); /* room for `more` bytes past len */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF(2, 0);
void buf_truncate(struct buf *b, size_t len);

/* s as one word of a POSIX shell, in single quotes. */
void buf_shell_word(struct buf *b, const char *s);

/* The text, as malloc'ed memory of its own; the buf is empty afterwards. */
char *buf_take(struct buf *b) NODISCARD;

/* An initialised, empty buf: AUTO(buf) struct buf b = BUF_EMPTY; */
extern char buf_empty_text[1];
#define BUF_EMPTY                                                                          \
	{                                                                                  \
		buf_empty_text, 0, 0                                                       \
	}
