#include "base/clock.h"
#include "base/stop.h"
#include "base/wait.h"
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static void times_are_printed_as_openssl_and_rfc_3339_do(void **state)
{
	static const struct {
		time_t t;
		const char *openssl, *rfc3339;
	} rows[] = { { 0, "Jan  1 00:00:00 1970 GMT", "1970-01-01T00:00:00Z" },
		{ 1803745860, "Feb 27 16:31:00 2027 GMT", "2027-02-27T16:31:00Z" },
		{ 1796292900, "Dec  3 10:15:00 2026 GMT", "2026-12-03T10:15:00Z" },
		{ 253402300799, "Dec 31 23:59:59 9999 GMT", "9999-12-31T23:59:59Z" },
		{ -1, "Dec 31 23:59:59 1969 GMT", "1969-12-31T23:59:59Z" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(time_openssl(rows[i].t).s, rows[i].openssl);
		assert_string_equal(time_rfc3339(rows[i].t).s, rows[i].rfc3339);
	}
	assert_true(strlen(time_openssl((time_t)INT64_MAX).s) > 0);
}

static void a_weekday_is_local(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_string_equal(time_weekday(1795741200).s, "Fri 02:00"); /* 01:00 GMT */
	assert_string_equal(time_weekday(1793488500).s, "Sun 00:15"); /* Sat 23:15 GMT */
	assert_string_equal(time_weekday(1782000000).s, "Sun 02:00"); /* in summer */
}

static void rfc_3339_times_are_read(void **state)
{
	static const struct {
		const char *text;
		time_t t; /* -1: refused */
	} rows[] = { { "1970-01-01T00:00:00Z", 0 }, { "2027-02-27T16:31:00Z", 1803745860 },
		{ "2027-02-27t16:31:00.987654z", 1803745860 },
		{ "2027-02-27T18:01:00+01:30", 1803745860 },
		{ "2027-02-27T06:31:00-10:00", 1803745860 }, { "2027-02-27T16:31:00", -1 },
		{ "2027-02-27 16:31:00Z", -1 }, { "2027-02-27T16:31Z", -1 },
		{ "2027-02-27T16:31:00.Z", -1 }, { "2027-02-27T16:31:00+0130", -1 },
		{ "2027-02-27T16:31:00+01:3", -1 }, { "2027-02-27T16:31:00+24:00", -1 },
		{ "2027-02-27T16:31:00Z ", -1 }, { "2027-2-27T16:31:00Z", -1 },
		{ "2027-13-27T16:31:00Z", -1 }, { "2027-02-27T25:31:00Z", -1 }, { "", -1 },
		{ "Z", -1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		time_t t = -1;

		if (time_parse_rfc3339(rows[i].text, &t) != (rows[i].t != -1) ||
			t != rows[i].t)
			fail_msg("'%s' is %lld", rows[i].text, (long long)t);
	}
}

static void spans_have_their_largest_fitting_unit(void **state)
{
	static const struct {
		time_t seconds;
		const char *want;
	} rows[] = { { 0, "0 seconds" }, { 1, "1 second" }, { 90, "90 seconds" },
		{ 120, "2 minutes" }, { 7200, "2 hours" }, { 86400, "24 hours" },
		{ 172799, "47 hours" }, { 172800, "2 days" }, { 90 * 86400, "90 days" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(time_span(rows[i].seconds).s, rows[i].want);
}

static void durations_have_one_number_and_one_unit(void **state)
{
	static const struct {
		const char *s;
		int seconds;
	} good[] = { { "0", 0 }, { "90", 90 }, { "90s", 90 }, { "2m", 120 }, { "1h", 3600 },
		{ "30d", 2592000 }, { "2147483647", INT_MAX } };
	static const char *const bad[] = { "", "s", "-1", "+1", " 1", "1 ", "1.5h", "1w",
		"1hm", "1 h", "2147483648", "24856d", "99999999999999999999", "0x10" };
	int seconds;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(duration_parse(good[i].s, &seconds));
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (duration_parse(bad[i], &seconds))
			fail_msg("taken: %s", bad[i]);
}

static void a_deadline_is_what_is_left(void **state)
{
	(void)state;
	assert_int_equal(deadline_left(clock_ms() - 1), 0);
	assert_int_equal(deadline_left(INT64_MAX / 2), INT_MAX);
	assert_in_range(deadline_left(deadline_in(10)), 9000, 10000);
	assert_int_equal(deadline_first(3, 5), 3);
	assert_int_equal(deadline_first(5, 3), 3);
}

static void a_wait_ends_with_its_descriptor_or_its_deadline(void **state)
{
	struct err e;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_err(wait_fd(fds[0], POLLIN, deadline_in_ms(5), &e), &e, ERR_TIMEOUT,
		"timed out");
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_ok(wait_fd(fds[0], POLLIN, deadline_in_ms(5), &e), &e);
	close(fds[1]);
	close(fds[0]);
	assert_ok(clock_sleep_ms(1, &e), &e);
}

/* In a process of its own, since a flag once set stays. Returns where it went wrong. */
static int stopped_by(int signo)
{
	struct err e;

	stop_init();
	if (stop_requested() || stop_fd() < 0)
		return 1;
	raise(signo);
	if (!stop_requested())
		return 2;
	if (clock_sleep_ms(10000, &e) || e.kind != ERR_STOPPED)
		return 3;
	stop_shield();
	stop_shield();
	stop_unshield();
	if (stop_requested() || stop_fd() != -1 || !clock_sleep_ms(1, &e))
		return 4;
	stop_unshield();
	if (!stop_requested() || stop_fd() < 0)
		return 5;
	raise(signo == SIGINT ? SIGTERM : SIGINT);
	return 6;
}

static void the_first_signal_asks_and_the_second_ends(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			signal(signals[i], SIG_DFL);
			_exit(stopped_by(signals[i]));
		}
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
	}
}

static void an_ignored_hangup_stays_ignored(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		signal(SIGHUP, SIG_IGN);
		stop_init();
		raise(SIGHUP);
		_exit(stop_requested() ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_printed_as_openssl_and_rfc_3339_do),
		cmocka_unit_test(a_weekday_is_local),
		cmocka_unit_test(rfc_3339_times_are_read),
		cmocka_unit_test(spans_have_their_largest_fitting_unit),
		cmocka_unit_test(durations_have_one_number_and_one_unit),
		cmocka_unit_test(a_deadline_is_what_is_left),
		cmocka_unit_test(a_wait_ends_with_its_descriptor_or_its_deadline),
		cmocka_unit_test(the_first_signal_asks_and_the_second_ends),
		cmocka_unit_test(an_ignored_hangup_stays_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
