/*
 * run - all unit tests and fuzz replays as one program.
 *
 *	unit [-v] [NAME...]	NAME is a room or a file of tests: store, store.write,
 *fuzz.dns
 *
 * One, because a program under the sanitizers takes longer to start and to look for leaks
 * at its end than most of these tests take. As many workers as there are processors take
 * one suite after the other; each suite finds the environment, directory, mask and signals
 * as they were. A worker that dies fails the suite it was at, and another goes on; so it
 * does after a suite that has requested a stop.
 */
#include "run.h"
#include "base/stop.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 300 }; /* seconds for one suite: it hangs */

enum state { WAITS, RUNS, PASSED, FAILED };

struct row {
	bool wanted;
	enum state state;
	pid_t worker;
	int output; /* what the suite prints */
	int64_t ms;
	int64_t cpu_ms; /* with its children */
};

/* Shared by all workers. */
struct board {
	atomic_size_t next;
	struct row rows[];
};

/* What a test may change and the next must not see. */
struct surroundings {
	char **env; /* NULL-terminated */
	int dir;
	mode_t mask;
};

/* What is freed goes round again after 1 MB, not 256: fresh pages cost more than the tests.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=16:malloc_context_size=8";
}

/* A race ends the worker there and then, so that it's known whose it is. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1";
}

static struct board *board;
static int ends; /* what workers print when they end: leaks */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t cpu_ms(void)
{
	int64_t us = 0;

	for (int who = RUSAGE_CHILDREN; who <= RUSAGE_SELF; who++) {
		struct rusage u;

		getrusage(who, &u);
		us += (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) +
			u.ru_utime.tv_usec + u.ru_stime.tv_usec;
	}
	return us / 1000;
}

/* ---- a worker ---- */

static struct surroundings remember(void)
{
	struct surroundings s = { .dir = open(".", O_PATH | O_CLOEXEC), .mask = umask(0) };
	size_t n = 0;

	umask(s.mask);
	while (environ[n])
		n++;
	s.env = calloc(n + 1, sizeof *s.env);
	if (!s.env || s.dir < 0)
		die("surroundings");
	memcpy(s.env, environ, n * sizeof *s.env);
	return s;
}

static void restore(const struct surroundings *s)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGALRM, SIGCHLD,
		SIGUSR1, SIGUSR2 };
	sigset_t none;

	clearenv();
	for (char **env = s->env; *env; env++)
		putenv(*env);
	if (fchdir(s->dir) != 0)
		die("directory");
	umask(s->mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void print_to(int fd)
{
	fflush(stdout);
	if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		die("output");
}

static void run_suite(const struct suite *suite, struct row *row)
{
	int64_t begin = now_ms(), cpu_begin = cpu_ms();
	int failed;

	row->worker = getpid();
	row->state = RUNS;
	print_to(row->output);
	alarm(PATIENCE);
	failed = suite->run ? suite->run() : replay(suite->target, suite->inputs);
	alarm(0);
	row->ms = now_ms() - begin;
	row->cpu_ms = cpu_ms() - cpu_begin;
	row->state = failed ? FAILED : PASSED;
}

static void work(void)
{
	struct surroundings before = remember();
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* an abort leaves nothing unsaid */
	/* the last rooms' tests take longest, so they begin */
	while ((i = atomic_fetch_add(&board->next, 1)) < n_suites) {
		i = n_suites - 1 - i;
		if (board->rows[i].wanted) {
			restore(&before);
			run_suite(&suites[i], &board->rows[i]);
			if (stop_requested())
				break; /* for good: in this process all waits are over */
		}
	}
	print_to(ends);
	free(before.env);
	exit(0); /* here leaks are looked for */
}

/* ---- all of them ---- */

static void start_worker(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	work();
}

/* False: it ended badly with no suite under way, so by what it had left. */
static bool fail_suite_of(pid_t worker, int status)
{
	for (size_t i = 0; i < n_suites; i++) {
		struct row *row = &board->rows[i];

		if (row->state != RUNS || row->worker != worker)
			continue;
		row->state = FAILED;
		if (WIFSIGNALED(status))
			dprintf(row->output, "%s\n", strsignal(WTERMSIG(status)));
		return true;
	}
	return false;
}

static bool run_all(int width)
{
	bool clean = true;
	int status;
	pid_t pid;

	for (int i = 0; i < width; i++)
		start_worker();
	while ((pid = wait(&status)) > 0) {
		clean = (status == 0 || fail_suite_of(pid, status)) && clean;
		if (board->next < n_suites)
			start_worker();
	}
	return clean;
}

/* Whole, or only what must not be overlooked. */
static void show_output(int fd, bool whole)
{
	char line[4096];
	FILE *f = fdopen(fd, "r");

	if (!f)
		die("output");
	rewind(f);
	while (fgets(line, sizeof line, f))
		if (whole || strstr(line, "[  SKIPPED ]") || strstr(line, "!!!"))
			fputs(line, stdout);
	fclose(f);
}

static int report(bool verbose, bool clean, int64_t ms)
{
	size_t n = 0, failed = 0;

	for (size_t i = 0; i < n_suites; i++) {
		struct row *row = &board->rows[i];
		bool passed = row->state == PASSED;

		if (!row->wanted)
			continue;
		n++;
		failed += !passed;
		show_output(row->output, verbose || !passed);
		printf("%s %5jd ms %5jd ms cpu %s\n", passed ? "ok    " : "FAILED",
			(intmax_t)row->ms, (intmax_t)row->cpu_ms, suites[i].name);
	}
	show_output(ends, true);
	printf("%zu suites in %jd ms, %zu failed%s\n", n, (intmax_t)ms, failed,
		clean ? "" : "; a worker ended badly: see above");
	return n > 0 && failed == 0 && clean ? 0 : 1;
}

static bool matches(const char *name, const char *wanted)
{
	size_t len = strlen(wanted);

	return strncmp(name, wanted, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

static int output(void)
{
	int fd = memfd_create("output", MFD_CLOEXEC);

	if (fd < 0)
		die("output");
	return fd;
}

static void choose(char **names)
{
	size_t size = sizeof *board + n_suites * sizeof *board->rows;

	board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		die("mmap");
	ends = output();
	for (size_t i = 0; i < n_suites; i++) {
		struct row *row = &board->rows[i];

		row->wanted = !*names;
		for (char **name = names; *name; name++)
			row->wanted = row->wanted || matches(suites[i].name, *name);
		row->output = row->wanted ? output() : -1;
	}
}

static int processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	int64_t begin = now_ms();
	bool clean;
	int status;

	choose(argv + 1 + verbose);
	clean = run_all(2 * processors()); /* many of them wait */
	status = report(verbose, clean, now_ms() - begin);
	fflush(stdout);
	_exit(status); /* leaks were looked for in the workers */
}
