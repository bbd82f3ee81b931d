#include "probe/private/lines.h"
#include "base/wait.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static bool fill(struct lines *l, struct err *e)
{
	ssize_t n;

	memmove(l->data, l->data + l->start, lines_pending(l));
	l->end -= l->start;
	l->start = 0;
	do {
		if (!wait_fd(l->fd, POLLIN, l->deadline, e))
			return false;
		n = recv(l->fd, l->data + l->end, sizeof l->data - l->end, 0);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0) {
		err_sys(e, "receive");
		e->kind = ERR_NET;
		return false;
	}
	if (n == 0)
		return err_set(e, ERR_NET, "the server closed the connection");
	l->end += (size_t)n;
	return true;
}

const char *lines_read(struct lines *l, struct err *e)
{
	char *line, *lf;
	size_t len;

	while (!(lf = memchr(l->data + l->start, '\n', lines_pending(l)))) {
		if (lines_pending(l) == sizeof l->data) {
			err_set(e, ERR_PROTOCOL, "a line of over %zu bytes",
				sizeof l->data);
			return NULL;
		}
		if (!fill(l, e))
			return NULL;
	}
	line = l->data + l->start;
	len = (size_t)(lf - line);
	l->start += len + 1;
	if (memchr(line, '\0', len)) {
		err_set(e, ERR_PROTOCOL, "a line with a NUL in it");
		return NULL;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return line;
}

const unsigned char *lines_bytes(struct lines *l, size_t n, struct err *e)
{
	const char *taken;

	if (n > sizeof l->data) {
		err_set(e, ERR_PROTOCOL, "an answer of %zu bytes, where %zu are the most",
			n, sizeof l->data);
		return NULL;
	}
	while (lines_pending(l) < n)
		if (!fill(l, e))
			return NULL;
	taken = l->data + l->start;
	l->start += n;
	return (const unsigned char *)taken;
}

bool lines_write(struct lines *l, const char *text, struct err *e)
{
	return lines_send(l, text, strlen(text), e);
}

bool lines_send(struct lines *l, const void *data, size_t len, struct err *e)
{
	const char *text = data;

	l->said = true;
	while (len > 0) {
		ssize_t n;

		if (!wait_fd(l->fd, POLLOUT, l->deadline, e))
			return false;
		n = send(l->fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			err_sys(e, "send");
			e->kind = ERR_NET;
			return false;
		}
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return true;
}
