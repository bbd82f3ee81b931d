#include "ssh/private/dial.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/resolve.h"
#include "base/wait.h"
#include "ssh/private/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Out of its AUTO(fd). */
static int keep(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

/* Whether it works shows in the handshake; what it prints is kept for the message then. */
static bool start(
	const char *const *argv, int64_t deadline, struct dialed *d, struct err *e)
{
	AUTO(fd) int log = memfd_create("proxy", MFD_CLOEXEC);
	AUTO(fd) int fd = -1;
	struct child_spec spec = { .argv = argv, .deadline = deadline, .err_fd = log };

	if (log < 0)
		return err_sys(e, "memfd_create");
	if (!child_start(&spec, &fd, &d->proxy, e))
		return err_wrap(e, "proxy command");
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		child_end(d->proxy);
		return err_sys(e, "proxy command");
	}
	d->fd = keep(&fd);
	d->proxy_err = keep(&log);
	return true;
}

static bool proxied(
	const struct ssh_config *c, int64_t deadline, struct dialed *d, struct err *e)
{
	char **argv = argv_split(c->proxy_command);
	bool ok;

	if (!argv)
		return err_set(e, ERR_CONFIG,
			"proxy command: unbalanced quotes or empty: %s", c->proxy_command);
	ok = start((const char *const *)argv, deadline, d, e);
	free(argv);
	return ok;
}

static bool connect_one(const struct addrinfo *a, int64_t deadline, int *fd, struct err *e)
{
	AUTO(fd)
	int s = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int on = 1;
	socklen_t len = sizeof(int);
	int cause = 0;

	if (s < 0)
		return err_sys(e, "socket");
	if (connect(s, a->ai_addr, a->ai_addrlen) < 0) {
		if (errno != EINPROGRESS)
			cause = errno;
		else if (!wait_fd(s, POLLOUT, deadline, e))
			return false;
		else
			(void)getsockopt(s, SOL_SOCKET, SO_ERROR, &cause, &len);
	}
	if (cause) {
		errno = cause;
		return err_sys(e, "connect");
	}
	(void)setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	*fd = keep(&s);
	return true;
}

static bool connected(const struct ssh_config *c, int64_t deadline, int *fd, struct err *e)
{
	AUTO(addrinfo) struct addrinfo *list = NULL;
	int n = 0;

	if (!resolve(c->address, c->port, SOCK_STREAM, deadline, &list, e))
		return false;
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		n++;
	/* A silent address must leave time for the next one. */
	for (const struct addrinfo *a = list; a; a = a->ai_next, n--) {
		if (connect_one(a, deadline_in_ms(deadline_left(deadline) / n), fd, e))
			return true;
		if (e->kind == ERR_STOPPED)
			return false;
	}
	e->kind = e->kind == ERR_IO ? ERR_NET : e->kind;
	return err_wrap(e, "%s port %d", c->address, c->port);
}

bool dial(const struct ssh_config *c, int64_t deadline, struct dialed *d, struct err *e)
{
	*d = (struct dialed){ .fd = -1, .proxy = 0, .proxy_err = -1 };
	return c->proxy_command ? proxied(c, deadline, d, e)
				: connected(c, deadline, &d->fd, e);
}

void dialed_end(const struct dialed *d)
{
	close(d->fd);
	if (d->proxy > 0)
		child_end(d->proxy);
	if (d->proxy_err >= 0)
		close(d->proxy_err);
}

void dialed_complaint(int proxy_err, char *line, size_t size)
{
	char text[1024];
	off_t end = proxy_err < 0 ? 0 : lseek(proxy_err, 0, SEEK_END);
	off_t from = end > (off_t)sizeof text - 1 ? end - (off_t)sizeof text + 1 : 0;
	ssize_t n = end > 0 ? pread(proxy_err, text, sizeof text - 1, from) : 0;
	const char *last;

	while (n > 0 && (unsigned char)text[n - 1] <= ' ')
		n--;
	text[n > 0 ? n : 0] = '\0';
	last = strrchr(text, '\n');
	snprintf(line, size, "%s", last ? last + 1 : text);
	for (char *p = line; *p; p++)
		*p = printable(*p);
}
