/*
 * The one question, at a terminal of our own: what it shows, and how that is left.
 */
#include "base/buf.h"
#include "base/stop.h"
#include "check.h"
#include "report/private/report.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>

#define QUESTION "Enter passphrase for key '/k': "
#define UNTAMED  "Is\x1b[1m it? "
#define TAME     "Is [1m it? "
#define CLEARED  "\r\x1b[K"

/* What the process at the terminal tells by its status. */
enum end { ANSWERED, NOTHING, STOPPED, NOBODY, ELSE };

struct screen {
	int fd, terminal; /* its two sides */
	pid_t pid;
	struct termios before;
	char shown[2000];
	size_t len;
};

/* ---- at the terminal ---- */

static enum end told(bool asked, const struct buf *answer, const struct err *e)
{
	if (!asked)
		return e->kind == ERR_STOPPED ? STOPPED : ELSE;
	if (answer->len == 0)
		return NOTHING;
	return strcmp(answer->data, "open sesame ") == 0 ? ANSWERED : ELSE;
}

static enum end asks_this(const char *question, bool hidden)
{
	const struct report_options o = { .progress = true };
	struct report *r = report_new(&o);
	struct buf answer = BUF_EMPTY;
	struct err e = { 0 };
	enum end end = NOBODY;

	stop_init();
	if (report_can_ask(r)) {
		report_emit(r, &(struct event){ .kind = EVENT_STEP, .detail = "looking" });
		end = told(report_ask(r, question, hidden, &answer, &e), &answer, &e);
	}
	buf_clear(&answer);
	report_free(r);
	return end;
}

static enum end asks(void)
{
	return asks_this(QUESTION, true);
}

static enum end asks_openly(void)
{
	return asks_this(UNTAMED, false);
}

static enum end asks_with_errors_elsewhere(void)
{
	return freopen("/dev/null", "w", stderr) ? asks() : ELSE;
}

static enum end asks_without_terminal(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setsid();
		_exit((int)asks());
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		? (enum end)WEXITSTATUS(status)
		: ELSE;
}

static enum end asks_in_the_background(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setpgid(0, 0);
		_exit((int)asks());
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		? (enum end)WEXITSTATUS(status)
		: ELSE;
}

/* ---- in front of it ---- */

static void begin(struct screen *s, enum end (*run)(void))
{
	memset(s, 0, sizeof *s);
	assert_int_equal(openpty(&s->fd, &s->terminal, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(s->terminal, &s->before), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		close(s->fd);
		_exit(login_tty(s->terminal) == 0 ? (int)run() : ELSE);
	}
}

/* Until that is on the screen. */
static void see(struct screen *s, const char *text)
{
	while (!strstr(s->shown, text)) {
		struct pollfd fd = { s->fd, POLLIN, 0 };
		ssize_t n = poll(&fd, 1, 60000) == 1
			? read(s->fd, s->shown + s->len, sizeof s->shown - 1 - s->len)
			: 0;

		if (n <= 0)
			fail_msg("'%s' is not in: %s", text, s->shown);
		s->len += (size_t)n;
	}
}

static void type(const struct screen *s, const char *keys)
{
	assert_int_equal(write(s->fd, keys, strlen(keys)), strlen(keys));
}

/* It has ended so, and the terminal is as it was before. */
static void over(struct screen *s, enum end want)
{
	struct termios after;
	int status;

	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
	assert_int_equal(tcgetattr(s->terminal, &after), 0);
	assert_int_equal(after.c_lflag, s->before.c_lflag);
	assert_memory_equal(after.c_cc, s->before.c_cc, sizeof after.c_cc);
	close(s->fd);
	close(s->terminal);
}

static void answers_are_heard_and_not_shown(void **state)
{
	static const struct {
		const char *keys;
		enum end end;
	} rows[] = {
		{ "open sesame \n", ANSWERED },
		{ "open zezame \x15open sesame \r", ANSWERED }, /* ^U: the line anew */
		{ "\n", NOTHING },
		{ "\x04", NOTHING }, /* ^D */
		{ "open\n", ELSE },
		{ "\x1c\x1a\n", ELSE }, /* ^\ and ^Z neither end nor stop it */
		{ "\x03", STOPPED },
		{ "open ses\x03", STOPPED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct screen s;

		begin(&s, asks);
		see(&s, CLEARED "looking");
		/* the progress line makes way for it */
		see(&s, CLEARED QUESTION);
		type(&s, rows[i].keys);
		see(&s, QUESTION "\r\n");
		over(&s, rows[i].end);
		if (strstr(s.shown, "open"))
			fail_msg("shown: %s", s.shown);
	}
}

static void others_are_shown(void **state)
{
	static const struct {
		const char *keys;
		enum end end;
	} rows[] = {
		{ "open sesame \n", ANSWERED },
		{ "\n", NOTHING },
		{ "\x04", NOTHING },
		{ "\x03", STOPPED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct screen s;

		begin(&s, asks_openly);
		see(&s, CLEARED TAME);
		type(&s, rows[i].keys);
		if (rows[i].end == ANSWERED)
			see(&s, TAME "open sesame \r\n");
		over(&s, rows[i].end);
	}
}

static void signals_end_it(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct screen s;

		begin(&s, asks);
		see(&s, QUESTION);
		kill(s.pid, signals[i]);
		over(&s, STOPPED);
	}
}

static void nobody_is_there(void **state)
{
	static enum end (*const runs[])(void) = { asks_with_errors_elsewhere,
		asks_without_terminal, asks_in_the_background };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		struct screen s;

		begin(&s, runs[i]);
		over(&s, NOBODY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_heard_and_not_shown),
		cmocka_unit_test(others_are_shown),
		cmocka_unit_test(signals_end_it),
		cmocka_unit_test(nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
