/*
 * bad - texts that are refused, each with the place and the words of its error.
 */
#pragma once

#include "check.h"

struct bad {
	const char *text;
	int line, col;
	const char *told; /* somewhere in the message */
};

/* The first of the errors is the row's. */
static inline void assert_bad(const struct bad *row, bool taken, const struct errs *all)
{
	const struct err *e = all->list;

	if (taken)
		fail_msg("taken: %s", row->text);
	if (e->pos.line != row->line || e->pos.col != row->col ||
		!strstr(e->msg, row->told))
		fail_msg("%s\n-> %d errors; %d:%d: %s", row->text, all->n, e->pos.line,
			e->pos.col, e->msg);
}
