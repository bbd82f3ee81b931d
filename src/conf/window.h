/*
 * window - when a host may be changed: days of the week and times of the day, by this
 * machine's local time.
 *
 * Pure but for the time zone: instants are compared as what a clock on the wall shows, so
 * that a window is where people expect it when the clocks are put forward or back.
 */
#pragma once

#include "base/err.h"

#include <time.h>

struct window {
	unsigned days; /* on which it begins: 1 << 0 is Sunday */
	int from, to;  /* minutes of the day; not later than from: on the day after */
};

/*
 * "Mon-Fri 02:00-05:00": days such as Mon, Mon-Fri, Sat,Sun or daily, and times. False with
 * what was *expected, and *at which byte of the text.
 */
bool window_parse(const char *text, struct window *w, const char **expected, size_t *at)
	NODISCARD;

/* Is one of them open at a local time? Without any: always. */
bool windows_open(const struct window *list, size_t n, const struct tm *local);
/* The first whole minute after now at which one is open, at the latest in three weeks. */
time_t windows_next(const struct window *list, size_t n, time_t now);
