/*
 * limit - how near to its end a certificate may come before somebody is told: a share of
 * its lifetime, a span of time, or whichever of the two is less.
 */
#pragma once

#include "base/macros.h"

#include <stdbool.h>
#include <time.h>

struct limit {
	bool given;
	int percent;    /* of the lifetime; -1: none */
	time_t seconds; /* -1: none; one of the two is there */
};

/* "25%", "20d" (or s, m, h), or both: "25%,20d". */
bool limit_parse(const char *text, struct limit *l) NODISCARD;
/* The same for every lifetime. */
struct limit limit_days(int days);
/* So many seconds must be left of such a lifetime. */
time_t limit_of(const struct limit *l, time_t lifetime);

/* The seconds below which there is a warning, or worse. */
struct margins {
	time_t warn, crit;
};
/* What isn't given is 25%,20d and 10%,7d; the latter never more than the warning's. */
struct margins limit_margins(
	const struct limit *warn, const struct limit *crit, time_t lifetime);
