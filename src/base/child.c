#include "base/child.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MAX_OUTPUT ((size_t)1024 * 1024)
#define GRACE_MS   2000 /* between SIGTERM and SIGKILL */
#define LINGER_MS  100  /* for output that comes after the end (`exec > >(tee log)`) */
#define PATH_UNSET "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_AT    (sizeof "PATH=" - 1)

/* What of our environment a child may see. */
static const char *const basics[] = {
	"PATH=", "HOME=", "USER=", "LOGNAME=", "LANG=", "TZ=", "TMPDIR=", "SSH_AUTH_SOCK="
};

void child_result_clear(struct child_result *r)
{
	buf_clear(&r->out);
	buf_clear(&r->err);
	r->status = 0;
}

static const char *find(const char *const *env, const char *name)
{
	for (; env && *env; env++)
		if (text_starts(*env, name))
			return *env;
	return NULL;
}

/* The list is malloc'ed, its strings belong to environ and to env. */
static const char **environment(const char *const *env)
{
	size_t n = 0, own = 0;
	const char **list;

	while (env && env[own])
		own++;
	list = xcalloc(ARRAY_LEN(basics) + own + 2, sizeof *list);
	for (size_t i = 0; i < ARRAY_LEN(basics); i++) {
		const char *ours = find((const char *const *)environ, basics[i]);

		if (ours && !find(env, basics[i]))
			list[n++] = ours;
	}
	if (!find(list, "PATH=") && !find(env, "PATH="))
		list[n++] = PATH_UNSET;
	for (size_t i = 0; i < own; i++)
		list[n++] = env[i];
	return list;
}

/* Three descriptors for the child; the caller closes them. -1 is /dev/null. */
struct ends {
	int in, out, err;
};

static int standard(posix_spawn_file_actions_t *actions, int fd, int number)
{
	if (fd < 0)
		return posix_spawn_file_actions_addopen(
			actions, number, "/dev/null", O_RDWR, 0);
	return posix_spawn_file_actions_adddup2(actions, fd, number);
}

static int prepare(posix_spawn_file_actions_t *actions, const struct child_spec *spec,
	const struct ends *ends)
{
	int rc = standard(actions, ends->in, STDIN_FILENO);

	if (rc == 0)
		rc = standard(actions, ends->out, STDOUT_FILENO);
	if (rc == 0)
		rc = standard(actions, ends->err, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	if (rc == 0 && spec->dir)
		rc = posix_spawn_file_actions_addchdir_np(actions, spec->dir);
	return rc;
}

/* A group of its own, and signals as a program expects them: we ignore SIGPIPE, it not. */
static void fresh_signals(posix_spawnattr_t *attr)
{
	sigset_t set;

	sigfillset(&set);
	posix_spawnattr_setsigdefault(attr, &set);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(attr, &set);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setflags(attr,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static bool start(
	const struct child_spec *spec, const struct ends *ends, pid_t *pid, struct err *e)
{
	const char **env = environment(spec->env);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	fresh_signals(&attr);
	rc = prepare(&actions, spec, ends);
	/* exec doesn't write to its lists; the prototype can't say so */
	if (rc == 0)
		rc = posix_spawnp(pid, spec->argv[0], &actions, &attr,
			(char *const *)(uintptr_t)spec->argv,
			(char *const *)(uintptr_t)env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(env);
	if (rc == ENOEXEC)
		return err_set(e, ERR_IO, "%s: no program (a script begins with #!/bin/sh)",
			spec->argv[0]);
	errno = rc;
	return rc == 0 || err_sys(e, "%s", spec->argv[0]);
}

/* A descriptor that reads as these bytes: memory, nothing of it on disk. */
static bool memory_input(const void *data, size_t len, int *fd, struct err *e)
{
	const char *p = data;

	*fd = memfd_create("input", MFD_CLOEXEC);
	if (*fd < 0)
		return err_sys(e, "memfd_create");
	while (len > 0) {
		ssize_t n = write(*fd, p, len);

		if (n < 0 && errno != EINTR)
			return err_sys(e, "memfd");
		p += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	lseek(*fd, 0, SEEK_SET);
	return true;
}

struct stream {
	int fd; /* -1 at its end */
	struct buf *buf;
	size_t max;
};

/* What goes in and comes out. */
struct streams {
	struct stream s[2];
	int in; /* -1: it is memory, or nothing */
	size_t sent;
	const struct input *talk;
};

static bool talk(struct streams *streams)
{
	return streams->in >= 0 &&
		input_feed(streams->talk, &streams->in, &streams->sent, streams->s[0].buf,
			streams->s[1].buf);
}

/* One read per turn, so that a child that never stops talking doesn't hide its deadline. */
static void drain(struct stream *s)
{
	size_t room = s->max - s->buf->len;
	char data[16384];
	ssize_t n = read(s->fd, data, sizeof data);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		buf_add(s->buf, data, (size_t)n < room ? (size_t)n : room);
		return;
	}
	close(s->fd);
	s->fd = -1;
}

/* Its end, seen without reaping: while it is a zombie, nobody else can have its number. */
static bool ended(int pidfd, int ms)
{
	int64_t deadline = deadline_in_ms(ms);
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&fd, 1, deadline_left(deadline));
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The whole group: politely, then not. */
static int end_group(pid_t pid, int pidfd, int grace_ms)
{
	kill(-pid, SIGTERM);
	kill(-pid, SIGCONT);
	if (pidfd >= 0)
		ended(pidfd, grace_ms ? grace_ms : GRACE_MS);
	kill(-pid, SIGKILL);
	return reap(pid);
}

/* poll's answer, with what it told seen to; *over once the child has ended. */
static int watch(struct streams *streams, int pidfd, int64_t deadline, bool *over)
{
	const bool more = talk(streams);
	struct pollfd fds[] = { { streams->s[0].fd, POLLIN, 0 },
		{ streams->s[1].fd, POLLIN, 0 }, { pidfd, POLLIN, 0 },
		{ pidfd < 0 ? -1 : stop_fd(), POLLIN, 0 },
		{ more ? streams->in : -1, POLLOUT, 0 } };
	int n = poll(fds, ARRAY_LEN(fds), deadline_left(deadline));

	if (n < 0 && errno == EINTR)
		return 0;
	for (int i = 0; n > 0 && i < 2; i++)
		if (fds[i].revents)
			drain(&streams->s[i]);
	if (n > 0 && fds[2].revents)
		*over = true;
	return n;
}

/*
 * Read until it has ended and both streams too. A grandchild may hold them open for
 * ever, so they are waited for no longer than LINGER_MS after the end.
 */
static bool follow(
	const struct child_spec *spec, int pidfd, struct streams *streams, struct err *e)
{
	bool over = false;
	int64_t linger;

	while (!over) {
		if (watch(streams, pidfd, spec->deadline, &over) < 0)
			return err_sys(e, "poll");
		if (over)
			break;
		if (stop_requested())
			return err_set(e, ERR_STOPPED, "%s: interrupted", spec->argv[0]);
		if (deadline_left(spec->deadline) == 0)
			return err_set(e, ERR_TIMEOUT, "%s: took too long, and was ended",
				spec->argv[0]);
	}
	linger = deadline_in_ms(LINGER_MS);
	while ((streams->s[0].fd >= 0 || streams->s[1].fd >= 0) &&
		deadline_left(linger) > 0)
		if (watch(streams, -1, linger, &over) < 0)
			break;
	return true;
}

static bool attend(const struct child_spec *spec, pid_t pid, struct streams *streams,
	struct child_result *r, struct err *e)
{
	AUTO(fd) int pidfd = pidfd_open(pid, 0);
	bool done;

	done = pidfd < 0 ? err_sys(e, "pidfd_open") : follow(spec, pidfd, streams, e);
	r->status = done ? reap(pid) : end_group(pid, pidfd, spec->grace_ms);
	return done;
}

/* Memory, so that there is nothing to write while it runs; or a socket to talk over. */
static bool open_input(
	const struct child_spec *spec, int *theirs, struct streams *streams, struct err *e)
{
	int pair[2];

	if (spec->input)
		return memory_input(spec->input, spec->input_len, theirs, e);
	if (!spec->talk)
		return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	streams->talk = spec->talk;
	streams->in = pair[0];
	*theirs = pair[1];
	return true;
}

bool child_run(const struct child_spec *spec, struct child_result *r, struct err *e)
{
	size_t max = spec->max_output ? spec->max_output : MAX_OUTPUT;
	int in = -1, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	struct streams streams = { .in = -1 };
	bool done;
	pid_t pid = 0;

	if (!open_input(spec, &in, &streams, e))
		done = false;
	else if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		done = err_sys(e, "pipe");
	else
		done = start(spec, &(struct ends){ in, out[1], err[1] }, &pid, e);
	auto_fd(&in);
	auto_fd(&out[1]);
	auto_fd(&err[1]);
	buf_reset(&r->out);
	buf_reset(&r->err);
	streams.s[0] = (struct stream){ out[0], &r->out, max };
	streams.s[1] = (struct stream){ err[0], &r->err, max };
	if (done) {
		fcntl(out[0], F_SETFL, O_NONBLOCK);
		fcntl(err[0], F_SETFL, O_NONBLOCK);
		done = attend(spec, pid, &streams, r, e);
	}
	auto_fd(&streams.in);
	auto_fd(&streams.s[0].fd);
	auto_fd(&streams.s[1].fd);
	return done;
}

bool child_start(const struct child_spec *spec, int *fd, pid_t *pid, struct err *e)
{
	int pair[2];
	bool started;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	started = start(spec,
		&(struct ends){ pair[1], pair[1], spec->err_fd > 0 ? spec->err_fd : -1 },
		pid, e);
	close(pair[1]);
	if (started)
		*fd = pair[0];
	else
		close(pair[0]);
	return started;
}

void child_end(pid_t pid)
{
	AUTO(fd) int pidfd = pidfd_open(pid, 0);

	end_group(pid, pidfd, GRACE_MS);
}

bool child_found(const char *name)
{
	const char *own = find((const char *const *)environ, "PATH=");
	const char *dir = (own ? own : PATH_UNSET) + PATH_AT;

	for (;;) {
		size_t len = strcspn(dir, ":");
		AUTO(str) char *path = xasprintf("%.*s/%s", (int)len, dir, name);

		if (len > 0 && access(path, X_OK) == 0)
			return true;
		if (!dir[len])
			return false;
		dir += len + 1;
	}
}
