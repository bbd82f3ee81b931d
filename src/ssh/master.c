#include "ssh/private/master.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/wait.h"
#include "ssh/private/complaint.h"
#include "ssh/private/known_edit.h"
#include "ssh/private/openssh_args.h"
#include "ssh/private/vouch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

/* ssh binds SOCKET.0123456789abcdef before it renames that: 108 bytes are the most. */
enum { MAX_LOG = 1 << 20, LOOK_MS = 10 };

/* Behind the socket's name: a known_hosts of keys that somebody vouched for. */
#define VOUCHED "k"

/*
 * $1 is the socket, the rest is ssh's command line. What waits in the background tidies up
 * where we couldn't, if we were killed.
 */
static const char tethered[] = "exec 3<&0 </dev/null\n"
			       "{ read -r _ <&3; rm -f \"$1\" \"$1" VOUCHED
			       "\"; rmdir \"${1%/*}\"; kill 0; } >/dev/null 2>&1 &\n"
			       "shift\n"
			       "exec \"$@\" 3<&- >&2\n";

/* What ssh would take for something else than itself must not be in the path. */
static bool fits(const char *dir)
{
	return dir && *dir == '/' && strlen(dir) < 40 && !strpbrk(dir, "%$\"' \\") &&
		access(dir, W_OK | X_OK) == 0;
}

static bool make_place(struct master *m, struct err *e)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *parent = fits(runtime) ? runtime : "/tmp";
	char dir[sizeof m->socket - 2];

	snprintf(dir, sizeof dir, "%s/certpush-XXXXXX", parent);
	if (!mkdtemp(dir))
		return err_sys(e, "%s", dir);
	snprintf(m->socket, sizeof m->socket, "%s/s", dir);
	return true;
}

static void remove_place(struct master *m)
{
	AUTO(str) char *vouched = xasprintf("%s" VOUCHED, m->socket);
	char *slash = strrchr(m->socket, '/');

	if (!slash)
		return;
	unlink(m->socket);
	unlink(vouched);
	*slash = '\0';
	rmdir(m->socket);
}

/* They are this one connection's: its only host is meant, whatever ssh calls it. */
static bool write_vouched(
	const struct master *m, const struct known_hosts *k, char **path, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	*path = NULL;
	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].vouched)
			known_edit_add(
				&text, "*", k->keys[i].type, &k->keys[i].blob, false);
	if (text.len == 0)
		return true;
	*path = xasprintf("%s" VOUCHED, m->socket);
	return fs_write(*path, text.data, text.len, 0600, e);
}

static bool start(struct master *m, const struct ssh_config *c, const struct known_hosts *k,
	int64_t deadline, struct err *e)
{
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words w = { .arena = arena };
	AUTO(str) char *vouched = NULL;
	struct child_spec spec = { .deadline = deadline };
	int fd;

	words_add(&w, "sh");
	words_add(&w, "-c");
	words_add(&w, "%s", tethered);
	words_add(&w, "ssh");
	words_add(&w, "%s", m->socket);
	if (!write_vouched(m, k, &vouched, e) ||
		!openssh_args(c, m->socket, vouched, &w, e))
		return false;
	m->log = memfd_create("ssh", MFD_CLOEXEC);
	if (m->log < 0)
		return err_sys(e, "memfd_create");
	spec.argv = words_end(&w);
	spec.err_fd = m->log;
	if (!child_start(&spec, &fd, &m->pid, e))
		return false;
	m->tether = fd;
	m->pidfd = pidfd_open(m->pid, 0);
	return m->pidfd >= 0 || err_sys(e, "pidfd_open");
}

void master_log(const struct master *m, struct buf *out)
{
	char data[4096];
	ssize_t n;

	while (out->len < MAX_LOG &&
		(n = pread(m->log, data, sizeof data, (off_t)out->len)) > 0)
		buf_add(out, data, (size_t)n);
}

/* ssh makes the socket once it is logged in. *ended: it has given up. */
static bool ready(struct master *m, int64_t deadline, bool *ended, struct err *e)
{
	while (access(m->socket, F_OK) != 0) {
		int64_t look = deadline_first(deadline, deadline_in_ms(LOOK_MS));

		*ended = wait_fd(m->pidfd, POLLIN, look, e);
		if (*ended)
			return false;
		if (e->kind != ERR_TIMEOUT || deadline_left(deadline) == 0)
			return err_wrap(e, "login by OpenSSH");
	}
	return true;
}

static char *shown_key(const struct known_hosts *k, const char *log)
{
	char *key = complaint_host_key(log);

	return key && vouch_any(k) ? vouch_tell(key) : key;
}

struct master *master_open(const struct ssh_config *c, const struct known_hosts *k,
	int64_t deadline, bool *again, struct err *e)
{
	AUTO(master) struct master *m = xcalloc(1, sizeof *m);
	AUTO(buf) struct buf log = BUF_EMPTY;
	bool ended = false;

	*again = false;
	m->pidfd = m->tether = m->log = -1;
	if (!make_place(m, e) || !start(m, c, k, deadline, e))
		return NULL;
	if (ready(m, deadline, &ended, e)) {
		master_log(m, &log);
		m->host_key = shown_key(k, log.data);
		return TAKE(m);
	}
	if (ended) {
		master_log(m, &log);
		*again = complaint_too_early(log.data);
		complaint_err(c, k, log.data, e);
	}
	return NULL;
}

void master_close(struct master *m)
{
	if (!m)
		return;
	if (m->pid > 0)
		child_end(m->pid);
	remove_place(m);
	auto_fd(&m->tether);
	auto_fd(&m->pidfd);
	auto_fd(&m->log);
	free(m->host_key);
	free(m);
}
