/*
 * clock - the time of day, deadlines, and durations as users write them.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <time.h>

/* Unix time in seconds. */
time_t clock_now(void);

/* Monotonic milliseconds; a deadline is such an instant. */
int64_t clock_ms(void);
int64_t clock_us(void); /* microseconds of the same clock */
int64_t deadline_in_ms(int64_t ms);
int64_t deadline_in(int seconds);
int64_t deadline_first(int64_t a, int64_t b);
int64_t deadline_last(int64_t a, int64_t b);
/* Milliseconds that are left, 0 if none; fit for poll(2). */
int deadline_left(int64_t deadline);

/* "Feb 27 16:31:00 2027 GMT", as openssl prints a notAfter. */
struct time_text {
	char s[40];
};
struct time_text time_openssl(time_t t);
/* RFC 3339 in UTC: "2027-02-27T16:31:00Z". */
struct time_text time_rfc3339(time_t t);
/* "Fri 02:00", by this machine's local time. */
struct time_text time_weekday(time_t t);
/* From a date-time of RFC 3339 5.6, with any fraction (dropped) and offset. */
bool time_parse_rfc3339(const char *s, time_t *t) NODISCARD;
/* A span of seconds in its largest fitting unit: "16 days", "3 hours", "1 second". */
struct time_text time_span(time_t seconds);

/* "90", "90s", "2m", "1h", "30d" into seconds; false on anything else. */
bool duration_parse(const char *s, int *seconds);

/* Sleep, but not past a stop request: false with ERR_STOPPED. */
bool clock_sleep_ms(int ms, struct err *e) NODISCARD;
