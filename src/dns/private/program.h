/*
 * program - run one of the user's own programs for a provider: judged by its exit status,
 * told with its last words.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/words.h"

struct program {
	const char *const *argv, *const *env; /* as of struct child_spec */
	const struct buf *input;              /* or NULL */
	int seconds;                          /* then it is ended */
	int lines; /* how many of its last ones are told of a failure; 0: one */
};

/*
 * ERR_HOOK with what it said last, ERR_STOPPED. *begun is false if it couldn't even be
 * started. out: what it printed, or NULL.
 */
bool program_run(const struct program *p, struct buf *out, bool *begun, struct err *e)
	NODISCARD;
