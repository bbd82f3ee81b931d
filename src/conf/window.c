#include "conf/window.h"

#include <string.h>
#include <strings.h>

#define DAILY 0x7fU

enum { HOUR = 60, DAY = 24 * HOUR, SEARCHED = 21 * DAY };

static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
enum { DAYS = ARRAY_LEN(day_names) };

struct scan {
	const char *at, *expected;
};

static bool want(struct scan *s, const char *expected)
{
	s->expected = expected;
	return false;
}

static bool is_letter(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static bool word(struct scan *s, const char *w)
{
	const size_t len = strlen(w);

	if (strncasecmp(s->at, w, len) != 0 || is_letter(s->at[len]))
		return false;
	s->at += len;
	return true;
}

static bool day(struct scan *s, unsigned *number)
{
	for (*number = 0; *number < DAYS; ++*number)
		if (word(s, day_names[*number]))
			return true;
	return want(s, "a day: Mon, Tue, Wed, Thu, Fri, Sat or Sun");
}

/* "Mon", or "Fri-Mon" */
static bool span(struct scan *s, unsigned *days)
{
	unsigned first, last;

	if (!day(s, &first))
		return false;
	last = first;
	if (*s->at == '-') {
		s->at++;
		if (!day(s, &last))
			return false;
	}
	for (*days |= 1U << first; first != last; *days |= 1U << first)
		first = (first + 1) % DAYS;
	return true;
}

static bool days(struct scan *s, unsigned *days)
{
	const char *start = s->at;

	if (word(s, "daily")) {
		*days = DAILY;
		return true;
	}
	for (*days = 0; span(s, days); s->at++)
		if (*s->at != ',')
			return true;
	if (s->at == start)
		s->expected = "days: daily, Mon, Mon-Fri or Sat,Sun";
	return false;
}

static bool digits(struct scan *s, size_t least, int max, int *out)
{
	const size_t n = strspn(s->at, "0123456789");

	if (n < least || n > 2)
		return false;
	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out = *out * 10 + (s->at[i] - '0');
	if (*out > max)
		return false;
	s->at += n;
	return true;
}

/* Up to `last` minutes of the day. */
static bool clock_time(struct scan *s, int last, int *out)
{
	const char *start = s->at;
	int minutes;

	if (!digits(s, 1, last / HOUR, out))
		return want(s, "an hour, 0 to 23");
	if (*s->at != ':')
		return want(s, "':' and minutes");
	s->at++;
	if (!digits(s, 2, HOUR - 1, &minutes))
		return want(s, "minutes, 00 to 59");
	*out = *out * HOUR + minutes;
	if (*out <= last)
		return true;
	s->at = start;
	return want(s, "a time up to 24:00");
}

static bool blanks(struct scan *s)
{
	const size_t n = strspn(s->at, " ");

	s->at += n;
	return n > 0;
}

static bool times(struct scan *s, struct window *w)
{
	const char *end;

	if (!clock_time(s, DAY - 1, &w->from))
		return false;
	if (*s->at != '-')
		return want(s, "'-' and the time of its end");
	end = ++s->at;
	if (!clock_time(s, DAY, &w->to))
		return false;
	if (w->to != w->from)
		return true;
	s->at = end;
	return want(
		s, "another time than that of its beginning (a whole day: 00:00-24:00)");
}

static bool whole(struct scan *s, struct window *w)
{
	blanks(s);
	if (!days(s, &w->days))
		return false;
	if (!blanks(s))
		return want(s, "a blank, and the times: 02:00-05:00");
	if (!times(s, w))
		return false;
	blanks(s);
	return !*s->at || want(s, "nothing more");
}

bool window_parse(const char *text, struct window *w, const char **expected, size_t *at)
{
	struct scan s = { text, NULL };

	*w = (struct window){ 0 };
	if (whole(&s, w))
		return true;
	*expected = s.expected;
	*at = (size_t)(s.at - text);
	return false;
}

static bool is_open(const struct window *w, const struct tm *local)
{
	const int minute = local->tm_hour * HOUR + local->tm_min;
	const bool today = w->days & 1U << local->tm_wday;
	const bool yesterday = w->days & 1U << (local->tm_wday + DAYS - 1) % DAYS;

	if (w->from < w->to)
		return today && minute >= w->from && minute < w->to;
	return (today && minute >= w->from) || (yesterday && minute < w->to);
}

bool windows_open(const struct window *list, size_t n, const struct tm *local)
{
	for (size_t i = 0; i < n; i++)
		if (is_open(&list[i], local))
			return true;
	return n == 0;
}

/* Minute by minute: what the clocks skip or repeat then needs no rule of its own. */
time_t windows_next(const struct window *list, size_t n, time_t now)
{
	time_t t = now - now % 60;

	for (int i = 0; i < SEARCHED; i++) {
		struct tm local;

		t += 60;
		if (localtime_r(&t, &local) && windows_open(list, n, &local))
			break;
	}
	return t;
}
