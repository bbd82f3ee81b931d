/*
 * words - a command line, or an environment, under construction.
 */
#pragma once

#include "base/arena.h"

/* NULL-terminated by words_end. The texts are in the arena. */
struct words {
	struct arena *arena;
	const char **list;
	size_t n;
};
void words_add(struct words *w, const char *fmt, ...) PRINTF(2, 3);
const char *const *words_end(struct words *w);
void words_clear(struct words *w); /* not the arena */
DEFINE_AUTO_VALUE(struct words, words, words_clear)
