#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/wait.h"
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

/* A run of `sh -c script`, ten seconds at most. */
static struct child_spec shell(const char **argv, const char *script)
{
	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = script;
	argv[3] = NULL;
	return (struct child_spec){ .argv = argv, .deadline = deadline_in(10) };
}

static void output_errors_and_status_come_back_apart(void **state)
{
	static const struct {
		const char *script, *out, *err;
		int status;
	} rows[] = { { "echo hello", "hello\n", "", 0 },
		{ "echo no >&2; exit 3", "", "no\n", 3 },
		{ "kill -9 $$", "", "", 128 + SIGKILL }, { "cat", "", "", 0 },
		{ "exit 127", "", "", 127 }, { "kill -PIPE $$", "", "", 128 + SIGPIPE } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
		const char *argv[4];
		struct child_spec spec = shell(argv, rows[i].script);
		struct err e;

		assert_ok(child_run(&spec, &r, &e), &e);
		assert_string_equal(r.out.data, rows[i].out);
		assert_string_equal(r.err.data, rows[i].err);
		assert_int_equal(r.status, rows[i].status);
	}
}

static void input_of_any_size_is_read_to_its_end(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	static char text[300000];
	const char *argv[4];
	struct child_spec spec = shell(argv, "cat");
	struct err e;

	(void)state;
	memset(text, 'x', sizeof text);
	spec.input = text;
	spec.input_len = sizeof text;
	assert_ok(child_run(&spec, &r, &e), &e);
	assert_int_equal(r.out.len, sizeof text);
	assert_memory_equal(r.out.data, text, sizeof text);
}

/* An answer to each thing that was said; or none, and the end. */
static size_t answers(const void *ctx, const struct buf *out, const struct buf *err)
{
	const size_t *turns = ctx;

	if (err->len > 0)
		return INPUT_OVER;
	return out->len < *turns ? 2 * out->len : SIZE_MAX - 1;
}

static void input_may_wait_for_what_is_printed(void **state)
{
	static const struct {
		const char *script, *out;
	} rows[] = {
		{ "printf 1; read a; printf 2; read b; printf \"$a$b\"; cat", "12abc\n" },
		{ "printf 1; read a; echo no >&2; read b || printf end; cat", "1end" },
		{ "exit", "" },
		{ "exec <&-; printf 12; sleep 0.1; printf 3", "123" },
	};
	static const size_t turns = 2;
	static const struct input in = { "a\nb\nc\n", 6, answers, &turns, NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
		const char *argv[4];
		struct child_spec spec = shell(argv, rows[i].script);
		struct err e;

		spec.talk = &in;
		assert_ok(child_run(&spec, &r, &e), &e);
		assert_string_equal(r.out.data, rows[i].out);
	}
}

static void the_environment_holds_the_basics_and_what_was_given(void **state)
{
	static const char *const env[] = { "CERTPUSH_NAME=www", "LANG=C", NULL };
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *argv[4];
	struct child_spec spec = shell(argv,
		"echo \"$CERTPUSH_NAME.$LANG.$PASSWORD.$LD_PRELOAD.$BASH_ENV\"; env | grep -c ^LANG=");
	struct err e;

	(void)state;
	setenv("PASSWORD", "secret", 1);
	setenv("BASH_ENV", "/tmp/x", 1);
	setenv("LANG", "de_DE", 1);
	spec.env = env;
	assert_ok(child_run(&spec, &r, &e), &e);
	assert_string_equal(r.out.data, "www.C...\n1\n");
}

static void without_a_PATH_of_ours_there_is_a_usual_one(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	AUTO(str) char *path = xstrdup(getenv("PATH"));
	const char *argv[4];
	struct child_spec spec = shell(argv, "echo $PATH");
	struct err e;

	(void)state;
	unsetenv("PATH");
	assert_ok(child_run(&spec, &r, &e), &e);
	setenv("PATH", path, 1);
	assert_string_equal(r.out.data,
		"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
}

static void no_descriptor_but_the_three_is_inherited(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	AUTO(fd) int leak = open("/dev/null", O_RDONLY); /* NOLINT: it has no O_CLOEXEC */
	AUTO(fd) int far = fcntl(leak, F_DUPFD, 200);
	const char *argv[4];
	struct child_spec spec = shell(argv,
		"for i in 3 4 5 6 7 8 9 10 11 12 200; do "
		"[ ! -e /proc/$$/fd/$i ] || readlink /proc/$$/fd/$i; done");
	struct err e;

	(void)state;
	assert_true(far >= 200);
	assert_ok(child_run(&spec, &r, &e), &e);
	assert_string_equal(r.out.data, "");
}

static void signals_are_as_a_program_expects_them(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *argv[4];
	struct child_spec spec = shell(argv, "grep -E '^Sig(Blk|Ign)' /proc/self/status");
	const unsigned long long ordinary = 0x7fffffff; /* 32 and 33 are the C library's */
	unsigned long long blocked, ignored;
	sigset_t set, old;
	struct err e;

	(void)state;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	assert_ok(child_run(&spec, &r, &e), &e);
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_int_equal(
		sscanf(r.out.data, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked & ordinary, 0);
	assert_int_equal(ignored & ordinary, 0);
}

static void what_is_no_program_is_told(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = { { "script", "script: no program (a script begins with #!/bin/sh)" },
		{ "none", "none: No such file" },
		{ "locked", "locked: Permission denied" } };
	AUTO(str) char *script = fs_join(*state, "script");
	AUTO(str) char *locked = fs_join(*state, "locked");
	struct err e;

	assert_ok(fs_write(script, "echo\n", 5, 0700, &e), &e);
	assert_ok(fs_write(locked, "echo\n", 5, 0600, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
		AUTO(str) char *path = fs_join(*state, rows[i].name);
		const char *argv[] = { path, NULL };
		struct child_spec spec = { .argv = argv, .deadline = deadline_in(10) };

		assert_err(child_run(&spec, &r, &e), &e, ERR_IO, rows[i].text);
	}
}

static void it_runs_where_it_is_told_to(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *argv[4];
	struct child_spec spec = shell(argv, "pwd");
	struct err e;

	(void)state;
	spec.dir = "/usr";
	assert_ok(child_run(&spec, &r, &e), &e);
	assert_string_equal(r.out.data, "/usr\n");
	spec.dir = "/none";
	assert_err(child_run(&spec, &r, &e), &e, ERR_IO, "No such file");
}

static void output_beyond_the_bound_is_dropped(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *argv[4];
	struct child_spec spec =
		shell(argv, "head -c 200000 /dev/zero | tr '\\0' x; echo end >&2");
	struct err e;

	(void)state;
	spec.max_output = 1000;
	assert_ok(child_run(&spec, &r, &e), &e);
	assert_int_equal(r.out.len, 1000);
	assert_string_equal(r.err.data, "end\n");
}

/* False: it had not begun by then. */
static bool ended_by_deadline(const char *script, int ms)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *argv[4];
	struct child_spec spec = shell(argv, script);
	struct err e;

	spec.deadline = deadline_in_ms(ms);
	spec.grace_ms = 10;
	spec.max_output = 8;
	assert_err(child_run(&spec, &r, &e), &e, ERR_TIMEOUT, "/bin/sh: took too long");
	assert_true(r.status == 128 + SIGTERM || r.status == 128 + SIGKILL);
	if (r.out.len == 0)
		return false;
	assert_string_equal(r.out.data, "started\n");
	return true;
}

static void a_deadline_ends_the_whole_group(void **state)
{
	/* quiet; deaf to SIGTERM; never silent */
	static const char *const scripts[] = { "echo started; sleep 60 & sleep 60",
		"echo started; trap '' TERM; sleep 60; sleep 60", "echo started; yes" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		int64_t begin = clock_ms();

		/* on a busy machine it takes more than that to have begun at all */
		for (int ms = 20; !ended_by_deadline(scripts[i], ms); ms *= 2)
			assert_true(ms < 10000);
		assert_true(clock_ms() - begin < 30000);
	}
}

static void a_grandchild_that_holds_the_pipe_hangs_nobody(void **state)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *argv[4];
	struct child_spec spec = shell(argv, "sleep 60 & echo $!");
	struct err e;
	pid_t left;

	(void)state;
	assert_ok(child_run(&spec, &r, &e), &e);
	left = (pid_t)atoi(r.out.data);
	assert_int_equal(r.status, 0);
	assert_true(left > 1);
	assert_int_equal(kill(left, SIGKILL), 0);
}

static void a_talker_has_one_socket_and_ends_when_told(void **state)
{
	AUTO(fd) int errors = memfd_create("errors", MFD_CLOEXEC);
	AUTO(fd) int fd = -1;
	const char *argv[4];
	struct child_spec spec =
		shell(argv, "echo complaint >&2; read x; echo \"got $x\"; sleep 60");
	char text[64] = "";
	struct err e;
	pid_t pid;

	(void)state;
	spec.err_fd = errors;
	assert_ok(child_start(&spec, &fd, &pid, &e), &e);
	assert_int_equal(write(fd, "word\n", 5), 5);
	assert_int_equal(read(fd, text, sizeof text), 9);
	assert_string_equal(text, "got word\n");
	child_end(pid);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(pread(errors, text, sizeof text, 0), 10);
	assert_memory_equal(text, "complaint\n", 10);
}

static void a_talker_that_cannot_start_leaves_nothing(void **state)
{
	const char *argv[] = { "/none", NULL };
	struct child_spec spec = { .argv = argv };
	struct err e;
	int fd = -1;
	pid_t pid;

	(void)state;
	assert_err(child_start(&spec, &fd, &pid, &e), &e, ERR_IO, "/none: No such file");
	assert_int_equal(fd, -1);
}

static void programs_are_found_in_the_path(void **state)
{
	static const struct {
		const char *path, *name;
		bool found;
	} rows[] = {
		{ "/nowhere:/bin", "sh", true },
		{ "/bin", "sh", true },
		{ "::/bin:", "sh", true },
		{ "/nowhere", "sh", false },
		{ "", "sh", false },
		{ "/bin", "no-such-program", false },
		{ NULL, "sh", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].path)
			setenv("PATH", rows[i].path, 1);
		else
			unsetenv("PATH");
		assert_int_equal(child_found(rows[i].name), rows[i].found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_errors_and_status_come_back_apart),
		cmocka_unit_test(input_of_any_size_is_read_to_its_end),
		cmocka_unit_test(input_may_wait_for_what_is_printed),
		cmocka_unit_test(the_environment_holds_the_basics_and_what_was_given),
		cmocka_unit_test(without_a_PATH_of_ours_there_is_a_usual_one),
		cmocka_unit_test(no_descriptor_but_the_three_is_inherited),
		cmocka_unit_test(signals_are_as_a_program_expects_them),
		scratch_test(what_is_no_program_is_told),
		cmocka_unit_test(it_runs_where_it_is_told_to),
		cmocka_unit_test(output_beyond_the_bound_is_dropped),
		cmocka_unit_test(a_deadline_ends_the_whole_group),
		cmocka_unit_test(a_grandchild_that_holds_the_pipe_hangs_nobody),
		cmocka_unit_test(a_talker_has_one_socket_and_ends_when_told),
		cmocka_unit_test(a_talker_that_cannot_start_leaves_nothing),
		cmocka_unit_test(programs_are_found_in_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
