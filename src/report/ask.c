/*
 * The one question that there may be, at the terminal.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "report/private/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 300, LONGEST = 4096 }; /* the kernel's own bound of a line */

static int terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
}

bool report_can_ask(const struct report *r)
{
	AUTO(fd) int fd = terminal();

	/* one in the background would be stopped */
	return fd >= 0 && tcgetpgrp(fd) == getpgrp() && isatty(fileno(r->streams.err));
}

/*
 * A signal that stops a run is seen by the wait for the answer, so the terminal is put back
 * first. The keys of those that would end or stop the process at once do nothing.
 */
static bool hide(int fd, struct termios *before)
{
	struct termios hidden;

	if (tcgetattr(fd, before) < 0)
		return false;
	hidden = *before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	hidden.c_lflag |= ICANON | ISIG;
	hidden.c_cc[VQUIT] = hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(fd, TCSAFLUSH, &hidden) == 0;
}

static bool put(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* The end of the terminal, and ^D, is an empty answer. */
static bool hear(int fd, struct buf *answer, struct err *e)
{
	const int64_t deadline = deadline_in(ANSWER_SECONDS);
	size_t before = answer->len;
	char *data;
	ssize_t n;

	buf_reserve(answer, LONGEST);
	data = answer->data + before;
	do {
		if (!wait_fd(fd, POLLIN, deadline, e))
			return e->kind == ERR_TIMEOUT
				? err_set(e, ERR_TIMEOUT, "nobody answered at the terminal")
				: false;
		n = read(fd, data, LONGEST);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return err_sys(e, "/dev/tty");
	answer->len += (size_t)n;
	answer->data[answer->len] = '\0';
	buf_truncate(answer, before + strcspn(data, "\r\n"));
	return true;
}

static bool converse(int fd, const char *question, struct buf *answer, struct err *e)
{
	return put(fd, question) ? hear(fd, answer, e) : err_sys(e, "/dev/tty");
}

static bool converse_hidden(int fd, const char *question, struct buf *answer, struct err *e)
{
	struct termios before;
	bool heard;

	if (!hide(fd, &before))
		return err_sys(e, "/dev/tty");
	heard = converse(fd, question, answer, e);
	/* its end wasn't echoed either */
	heard = (put(fd, "\n") || !heard || err_sys(e, "/dev/tty")) && heard;
	if (tcsetattr(fd, TCSAFLUSH, &before) < 0 && heard)
		return err_sys(e, "/dev/tty");
	return heard;
}

bool report_ask(struct report *r, const char *question, bool hidden, struct buf *answer,
	struct err *e)
{
	AUTO(str) char *tame = xstrdup(question);
	AUTO(fd) int fd = terminal();
	bool heard;

	if (fd < 0)
		return err_sys(e, "/dev/tty");
	text_tame(tame);
	report_hold(r);
	heard = (hidden ? converse_hidden : converse)(fd, tame, answer, e);
	report_release(r);
	return heard;
}
