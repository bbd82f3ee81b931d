/* Maintenance windows: how they are written, and when they are open. */
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "conf/window.h"

/* Berlin's rule: forward on the last Sunday of March at 2, back on that of October at 3. */
static int in_berlin(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return 0;
}

static struct window parsed(const char *text)
{
	struct window w;
	const char *expected;
	size_t at;

	if (!window_parse(text, &w, &expected, &at))
		fail_msg("%s: expected %s at %zu", text, expected, at);
	return w;
}

enum { SUN = 1, MON = 2, TUE = 4, WED = 8, THU = 16, FRI = 32, SAT = 64 };

static void windows_are_days_and_times(void **state)
{
	static const struct {
		const char *text;
		unsigned days;
		int from, to;
	} rows[] = {
		{ "Mon 02:00-05:00", MON, 120, 300 },
		{ "Mon-Fri 02:00-05:00", MON | TUE | WED | THU | FRI, 120, 300 },
		{ "Sat,Sun 0:00-24:00", SAT | SUN, 0, 1440 },
		{ "daily 22:30-01:15", 127, 1350, 75 },
		{ "Fri-Mon 9:05-09:06", FRI | SAT | SUN | MON, 545, 546 },
		{ "mon,WED-thu,Sun  23:59-00:00 ", MON | WED | THU | SUN, 1439, 0 },
		{ " DAILY 00:00-23:59", 127, 0, 1439 },
		{ "Sat-Sat 01:00-02:00", SAT, 60, 120 },
		{ "Tue-Mon 01:00-02:00", 127, 60, 120 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct window w = parsed(rows[i].text);

		if (w.days != rows[i].days || w.from != rows[i].from || w.to != rows[i].to)
			fail_msg("%s: %x %d-%d", rows[i].text, w.days, w.from, w.to);
	}
}

static void every_mistake_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		const char *expected;
	} rows[] = {
		{ "", 0, "days: daily" },
		{ "02:00-05:00", 0, "days: daily" },
		{ "Monday 02:00-05:00", 0, "days: daily" },
		{ "weekly 02:00-05:00", 0, "days: daily" },
		{ "dailyx 02:00-05:00", 0, "days: daily" },
		{ "Mon-", 4, "a day" },
		{ "Mon-xyz 02:00-05:00", 4, "a day" },
		{ "Mon, 02:00-05:00", 4, "a day" },
		{ "Mon,,Tue 02:00-05:00", 4, "a day" },
		{ "Mon,daily 02:00-05:00", 4, "a day" },
		{ "Mon-Wed-Fri 02:00-05:00", 7, "a blank" },
		{ "Mon", 3, "a blank" },
		{ "Mon;Tue 02:00-05:00", 3, "a blank" },
		{ "Mon ", 4, "an hour" },
		{ "Mon x", 4, "an hour" },
		{ "Mon 24:00-05:00", 4, "an hour" },
		{ "Mon 002:00-05:00", 4, "an hour" },
		{ "Mon -1:00-05:00", 4, "an hour" },
		{ "Mon 02", 6, "':' and minutes" },
		{ "Mon 02-05", 6, "':' and minutes" },
		{ "Mon 02:60-05:00", 7, "minutes" },
		{ "Mon 02:0-05:00", 7, "minutes" },
		{ "Mon 02:000-05:00", 7, "minutes" },
		{ "Mon 02:00", 9, "'-' and the time" },
		{ "Mon 02:00 - 05:00", 9, "'-' and the time" },
		{ "Mon 02:00-", 10, "an hour" },
		{ "Mon 02:00-25:00", 10, "an hour" },
		{ "Mon 02:00-24:01", 10, "a time up to 24:00" },
		{ "Mon 02:00-05", 12, "':' and minutes" },
		{ "Mon 02:00-05:xx", 13, "minutes" },
		{ "Mon 02:00-02:00", 10, "another time" },
		{ "Mon 02:00-05:00,06:00-07:00", 15, "nothing more" },
		{ "Mon 02:00-05:00 UTC", 16, "nothing more" },
		{ "Mon 2am-5am", 5, "':' and minutes" },
		{ "Mon\t02:00-05:00", 3, "a blank" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct window w;
		const char *expected;
		size_t at;

		if (window_parse(rows[i].text, &w, &expected, &at))
			fail_msg("taken: '%s'", rows[i].text);
		if (at != rows[i].at || !text_starts(expected, rows[i].expected))
			fail_msg("'%s': %s at %zu", rows[i].text, expected, at);
	}
}

static time_t at(const char *rfc3339)
{
	time_t t;

	if (!time_parse_rfc3339(rfc3339, &t))
		fail_msg("%s", rfc3339);
	return t;
}

static bool is_open(const char *text, const char *when)
{
	const struct window w = parsed(text);
	const time_t t = at(when);
	struct tm local;

	return windows_open(&w, 1, localtime_r(&t, &local));
}

/* 2026-11-27 is a Friday; Berlin is an hour ahead then. */
static void a_window_is_open_from_its_beginning_to_its_end(void **state)
{
	static const struct {
		const char *window, *when;
		bool open;
	} rows[] = {
		{ "Fri 02:00-05:00", "2026-11-27T01:59:59+01:00", false },
		{ "Fri 02:00-05:00", "2026-11-27T02:00:00+01:00", true },
		{ "Fri 02:00-05:00", "2026-11-27T04:59:59+01:00", true },
		{ "Fri 02:00-05:00", "2026-11-27T05:00:00+01:00", false },
		{ "Thu,Sat 02:00-05:00", "2026-11-27T03:00:00+01:00", false },
		{ "Fri 22:00-02:00", "2026-11-27T21:59:00+01:00", false },
		{ "Fri 22:00-02:00", "2026-11-27T23:00:00+01:00", true },
		{ "Fri 22:00-02:00", "2026-11-28T01:59:00+01:00", true },
		{ "Fri 22:00-02:00", "2026-11-28T02:00:00+01:00", false },
		{ "Fri 22:00-02:00", "2026-11-27T01:00:00+01:00", false },
		{ "Sat 22:00-02:00", "2026-11-29T01:00:00+01:00", true },
		{ "Fri 22:00-00:00", "2026-11-28T00:00:00+01:00", false },
		{ "Fri 00:00-24:00", "2026-11-27T23:59:59+01:00", true },
		{ "Fri 00:00-24:00", "2026-11-28T00:00:00+01:00", false },
		/* the hour that is skipped, and the one that comes twice */
		{ "Sun 01:30-02:30", "2026-03-29T01:59:59+01:00", true },
		{ "Sun 01:30-02:30", "2026-03-29T03:00:00+02:00", false },
		{ "Sun 02:00-02:30", "2026-10-25T02:10:00+02:00", true },
		{ "Sun 02:00-02:30", "2026-10-25T02:40:00+02:00", false },
		{ "Sun 02:00-02:30", "2026-10-25T02:10:00+01:00", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (is_open(rows[i].window, rows[i].when) != rows[i].open)
			fail_msg("%s at %s", rows[i].window, rows[i].when);
}

static void the_next_opening_is_as_the_clock_on_the_wall_has_it(void **state)
{
	static const struct {
		const char *window, *now, *next;
	} rows[] = {
		{ "Mon-Fri 02:00-05:00", "2026-11-26T16:00:30+01:00",
			"2026-11-27T02:00:00+01:00" },
		{ "Mon-Fri 02:00-05:00", "2026-11-27T05:00:00+01:00",
			"2026-11-30T02:00:00+01:00" },
		{ "Fri 02:00-05:00", "2026-11-27T05:00:00+01:00",
			"2026-12-04T02:00:00+01:00" },
		{ "Fri 22:00-02:00", "2026-11-27T21:59:59+01:00",
			"2026-11-27T22:00:00+01:00" },
		{ "Sun 02:00-05:00", "2026-03-29T01:59:00+01:00",
			"2026-03-29T03:00:00+02:00" },
		{ "Sun 02:10-02:30", "2026-03-29T01:00:00+01:00",
			"2026-04-05T02:10:00+02:00" },
		{ "Sun 02:00-02:30", "2026-10-25T02:30:00+02:00",
			"2026-10-25T02:00:00+01:00" },
		{ "daily 12:00-13:00", "2026-03-28T13:00:00+01:00",
			"2026-03-29T12:00:00+02:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct window w = parsed(rows[i].window);
		const time_t next = windows_next(&w, 1, at(rows[i].now));

		if (next != at(rows[i].next))
			fail_msg("%s at %s: %s", rows[i].window, rows[i].now,
				time_rfc3339(next).s);
	}
}

static void of_several_the_first_counts_and_none_is_always_open(void **state)
{
	const struct window list[] = { parsed("Sat 02:00-05:00"),
		parsed("Fri 20:00-21:00") };
	const time_t now = at("2026-11-27T12:00:00+01:00");
	struct tm local;

	(void)state;
	localtime_r(&now, &local);
	assert_false(windows_open(list, 2, &local));
	assert_int_equal(windows_next(list, 2, now), at("2026-11-27T20:00:00+01:00"));
	assert_true(windows_open(NULL, 0, &local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_days_and_times),
		cmocka_unit_test(every_mistake_is_told_with_its_place),
		cmocka_unit_test(a_window_is_open_from_its_beginning_to_its_end),
		cmocka_unit_test(the_next_opening_is_as_the_clock_on_the_wall_has_it),
		cmocka_unit_test(of_several_the_first_counts_and_none_is_always_open),
	};

	return cmocka_run_group_tests(tests, in_berlin, NULL);
}
