/*
 * kept - what was told, for the sinks that sum it up at the end.
 */
#pragma once

#include "report/report.h"

struct arena;

struct kept {
	struct arena *arena;
	struct event *list;
	size_t n;
};

/*
 * A copy of what sums need: whose it is, texts (made tame), times, level. The copy may move
 * with the next one.
 */
struct event *kept_add(struct kept *k, const struct event *ev);
void kept_clear(struct kept *k);
