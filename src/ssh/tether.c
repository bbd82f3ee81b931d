#include "ssh/private/tether.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/wait.h"
#include "base/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { MAX_LOG = 1 << 20 };

/* What may be in the directory; `s` is a master's socket. */
static const char *const names[] = { "s", "ask", "phrase", TETHER_KNOWN_HOSTS };

/*
 * $1 is the directory, the rest is the command line. What waits in the background tidies up
 * where we couldn't, if we were killed.
 */
static const char tethered[] =
	"exec 3<&0 </dev/null\n"
	"{ read -r _ <&3; cd \"$1\" && rm -f s ask phrase " TETHER_KNOWN_HOSTS
	"; rmdir \"$1\"; kill 0; } "
	">/dev/null 2>&1 &\n"
	"shift\n"
	"exec \"$@\" 3<&- >&2\n";

/* What ssh would take for something else than itself must not be in the path. */
static bool fits(const char *dir)
{
	return dir && *dir == '/' && strlen(dir) < 40 && !strpbrk(dir, "%$\"' \\") &&
		access(dir, W_OK | X_OK) == 0;
}

static bool runs_programs(const char *dir)
{
	struct statvfs fs;

	return statvfs(dir, &fs) == 0 && !(fs.f_flag & ST_NOEXEC);
}

static const char *parent(bool with_program)
{
	const char *const list[] = { getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp",
		"/dev/shm" };

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (fits(list[i]) && (!with_program || runs_programs(list[i])))
			return list[i];
	return NULL;
}

static void words_of_script(struct buf *b, const char *const *questions)
{
	buf_puts(b, "#!/bin/sh\ncase $1 in\n");
	for (const char *const *q = questions; *q; q++) {
		buf_shell_word(b, *q);
		buf_puts(b, q[1] ? "|" : ")\n");
	}
	buf_puts(b,
		"exec head -n 1 \"${0%/*}/phrase\" ;;\n"
		"*) exit 1 ;;\nesac\n");
}

/* Short, and without a sync: it needn't outlive us. */
static bool write_script(const char *path, const char *const *questions, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

	words_of_script(&text, questions);
	return (fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len) ||
		err_sys(e, "%s", path);
}

static bool prepare_answer(struct tether *t, const struct tether_answer *a, struct err *e)
{
	AUTO(str) char *script = xasprintf("%s/ask", t->dir);
	AUTO(str) char *fifo = xasprintf("%s/phrase", t->dir);

	if (!write_script(script, a->questions, e))
		return false;
	if (mkfifo(fifo, 0600) < 0)
		return err_sys(e, "%s", fifo);
	/* also for reading: what is written waits for its reader */
	t->fifo = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fifo < 0)
		return err_sys(e, "%s", fifo);
	t->answer = a->text;
	tether_feed(t);
	return true;
}

bool tether_place(struct tether *t, const struct tether_answer *a, struct err *e)
{
	const char *in = parent(a != NULL);

	if (!in)
		return err_set(e, ERR_IO,
			a ? "OpenSSH takes a passphrase only from a program, and none may run in "
			    "$XDG_RUNTIME_DIR, /tmp, /var/tmp or /dev/shm (noexec): use ssh-add"
			  : "no directory for OpenSSH's socket: neither $XDG_RUNTIME_DIR nor "
			    "/tmp, /var/tmp or /dev/shm can be written to");
	snprintf(t->dir, sizeof t->dir, "%s/certpush-XXXXXX", in);
	if (!mkdtemp(t->dir)) {
		err_sys(e, "%s", t->dir);
		t->dir[0] = '\0';
		return false;
	}
	return !a || prepare_answer(t, a, e);
}

bool tether_start(
	struct tether *t, const char *const *argv, int64_t deadline, struct err *e)
{
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words w = { .arena = arena };
	AUTO(str) char *program = xasprintf("SSH_ASKPASS=%s/ask", t->dir);
	const char *const env[] = { program, "SSH_ASKPASS_REQUIRE=force", NULL };
	struct child_spec spec = { .deadline = deadline };

	words_add(&w, "sh");
	words_add(&w, "-c");
	words_add(&w, "%s", tethered);
	words_add(&w, "%s", argv[0]);
	words_add(&w, "%s", t->dir);
	for (; *argv; argv++)
		words_add(&w, "%s", *argv);
	t->log = memfd_create("ssh", MFD_CLOEXEC);
	if (t->log < 0)
		return err_sys(e, "memfd_create");
	spec.argv = words_end(&w);
	spec.env = t->answer ? env : NULL;
	spec.err_fd = t->log;
	if (!child_start(&spec, &t->line, &t->pid, e))
		return false;
	t->pidfd = pidfd_open(t->pid, 0);
	return t->pidfd >= 0 || err_sys(e, "pidfd_open");
}

void tether_feed(struct tether *t)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	int waiting = 0;

	if (t->fifo < 0 || ioctl(t->fifo, FIONREAD, &waiting) < 0 || waiting > 0)
		return;
	buf_printf(&line, "%s\n", t->answer);
	if (write(t->fifo, line.data, line.len) < 0)
		errno = 0; /* nobody is answered, and says so */
}

void tether_log_since(const struct tether *t, off_t from, struct buf *out)
{
	char data[4096];
	ssize_t n;

	while (out->len < MAX_LOG &&
		(n = pread(t->log, data, sizeof data, from + (off_t)out->len)) > 0)
		buf_add(out, data, (size_t)n);
}

void tether_log(const struct tether *t, struct buf *out)
{
	tether_log_since(t, 0, out);
}

off_t tether_printed(const struct tether *t)
{
	struct stat st;

	return fstat(t->log, &st) == 0 ? st.st_size : 0;
}

static void remove_place(const char *dir)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(str) char *path = xasprintf("%s/%s", dir, names[i]);

		unlink(path);
	}
	rmdir(dir);
}

void tether_answered(struct tether *t)
{
	auto_fd(&t->fifo);
	t->fifo = -1;
}

void tether_end(struct tether *t)
{
	if (t->pid > 0)
		child_end(t->pid);
	if (*t->dir)
		remove_place(t->dir);
	auto_fd(&t->line);
	auto_fd(&t->pidfd);
	auto_fd(&t->log);
	auto_fd(&t->fifo);
	*t = (struct tether)TETHER_EMPTY;
}
