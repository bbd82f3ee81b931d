#include "base/err.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The message stays: it may be one of the new one's arguments. */
static void begin(struct err *e, enum err_kind kind, struct pos pos)
{
	e->kind = kind;
	e->pos = pos;
	e->not_before = 0;
}

/* By way of a copy, since the old message may be one of the arguments. What strangers
 * said ends up here, and is to be read on a terminal. */
static void PRINTF(2, 0) fill(struct err *e, const char *fmt, va_list ap)
{
	char msg[sizeof e->msg];

	vsnprintf(msg, sizeof msg, fmt, ap);
	text_tame(msg);
	memcpy(e->msg, msg, strlen(msg) + 1);
}

bool pos_eq(const struct pos *a, const struct pos *b)
{
	return a->line == b->line && a->col == b->col && text_eq(a->file, b->file);
}

bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	begin(e, kind, (struct pos){ 0 });
	va_start(ap, fmt);
	fill(e, fmt, ap);
	va_end(ap);
	return false;
}

bool err_at(struct err *e, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	begin(e, ERR_CONFIG, pos);
	va_start(ap, fmt);
	fill(e, fmt, ap);
	va_end(ap);
	return false;
}

bool err_sys(struct err *e, const char *fmt, ...)
{
	int cause = errno;
	va_list ap;
	size_t len;

	begin(e, ERR_IO, (struct pos){ 0 });
	va_start(ap, fmt);
	fill(e, fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof e->msg - len, ": %s", strerror(cause));
	return false;
}

bool err_wrap(struct err *e, const char *fmt, ...)
{
	char cause[sizeof e->msg];
	va_list ap;
	size_t len;

	memcpy(cause, e->msg, sizeof cause);
	va_start(ap, fmt);
	fill(e, fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof e->msg - len, ": %s", cause);
	return false;
}

struct err *errs_next(struct errs *all)
{
	if (all->n < (int)ARRAY_LEN(all->list))
		return &all->list[all->n++];
	all->dropped++;
	return &all->list[ARRAY_LEN(all->list) - 1];
}
