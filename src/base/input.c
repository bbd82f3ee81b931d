#include "base/input.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

size_t input_due(const struct input *in, size_t sent, const struct buf *out,
	const struct buf *err, bool *over)
{
	size_t may = in->may ? in->may(in->ctx, out, err) : in->len;

	*over = may == INPUT_OVER || (may >= in->len && !in->last);
	if (may == INPUT_OVER || may <= sent)
		return 0;
	return (may < in->len ? may : in->len) - sent;
}

static ssize_t post(int fd, const char *data, size_t len)
{
	ssize_t n;

	do
		n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n;
}

bool input_feed(const struct input *in, int *fd, size_t *sent, const struct buf *out,
	const struct buf *err)
{
	const char *data = in->data;
	bool over = false, read = true;
	size_t due = 0;
	ssize_t n = 1;

	if (*fd < 0)
		return false;
	while ((due = input_due(in, *sent, out, err, &over)) > 0 && n > 0) {
		n = post(*fd, data + *sent, due);
		*sent += n > 0 ? (size_t)n : 0;
		read = n > 0 || errno == EAGAIN;
	}
	if (read && (due > 0 || !over))
		return due > 0;
	close(*fd);
	*fd = -1;
	return false;
}
