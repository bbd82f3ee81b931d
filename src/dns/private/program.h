/*
 * program - run one of the user's own programs for a provider: judged by its exit status,
 * told with its last words.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Words of a command line, or of an environment; NULL-terminated by words_end. */
struct words {
	struct arena *arena;
	const char **list;
	size_t n;
};
void words_add(struct words *w, const char *fmt, ...) PRINTF(2, 3);
const char *const *words_end(struct words *w);
void words_clear(struct words *w); /* not the arena */
DEFINE_AUTO_VALUE(struct words, words, words_clear)

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
