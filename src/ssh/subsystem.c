#include "ssh/private/subsystem.h"
#include "base/alloc.h"
#include "ssh/private/channel.h"

bool subsystem_open(struct session *s, int64_t deadline, struct err *e)
{
	s->subsystem = channel_open(s, "subsystem", "sftp", deadline, e);
	return s->subsystem != NULL;
}

/* Standard error is dropped, but must be read: it takes up room in the window. */
static bool receive(
	struct session *s, struct buf *in, bool *moved, bool *end, struct err *e)
{
	char data[16384];
	ssize_t n = channel_read(s, s->subsystem, 0, data, sizeof data, e);
	ssize_t other;

	if (n == CHANNEL_BROKEN)
		return false;
	if (n > 0) {
		buf_add(in, data, (size_t)n);
		wipe(data, (size_t)n); /* it may be of a key */
	}
	other = channel_read(s, s->subsystem, 1, data, sizeof data, e);
	*moved = n > 0 || other > 0;
	*end = n == CHANNEL_END && other <= 0;
	return other != CHANNEL_BROKEN;
}

static bool transmit(struct session *s, const struct buf *out, size_t *sent, struct err *e)
{
	ssize_t n = 1;

	while (*sent < out->len && n > 0) {
		n = channel_write(s, s->subsystem, out->data + *sent, out->len - *sent, e);
		*sent += n > 0 ? (size_t)n : 0;
	}
	return n != CHANNEL_BROKEN;
}

bool subsystem_move(struct session *s, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	size_t before = in->len;

	for (;;) {
		size_t from = *sent;
		bool moved, end;

		if (!transmit(s, out, sent, e) || !receive(s, in, &moved, &end, e))
			return false;
		if (in->len > before)
			return true;
		if (end)
			return err_set(e, ERR_REMOTE, "the host's SFTP server ended");
		if (!session_pause(s, moved || *sent > from, deadline, e))
			return false;
	}
}

bool subsystem_close(struct session *s, int64_t deadline, struct err *e)
{
	LIBSSH2_CHANNEL *c = TAKE(s->subsystem);

	if (!c || s->lost || channel_close(s, c, deadline, e))
		return true;
	s->lost = true;
	return false;
}
