#include "ssh/private/put.h"
#include "ssh/private/channel.h"
#include "ssh/private/sftp.h"
#include "ssh/private/staging.h"
#include "ssh/ssh.h"

/* Standard error is dropped, but must be read: it takes up room in the window. */
static bool receive(struct ssh *s, struct buf *in, bool *moved, bool *end, struct err *e)
{
	char data[16384];
	ssize_t n = channel_read(s, s->sftp_channel, 0, data, sizeof data, e);
	ssize_t other;

	if (n == CHANNEL_BROKEN)
		return false;
	if (n > 0)
		buf_add(in, data, (size_t)n);
	other = channel_read(s, s->sftp_channel, 1, data, sizeof data, e);
	*moved = n > 0 || other > 0;
	*end = n == CHANNEL_END && other <= 0;
	return other != CHANNEL_BROKEN;
}

static bool transmit(struct ssh *s, const struct buf *out, size_t *sent, struct err *e)
{
	ssize_t n = 1;

	while (*sent < out->len && n > 0) {
		n = channel_write(
			s, s->sftp_channel, out->data + *sent, out->len - *sent, e);
		*sent += n > 0 ? (size_t)n : 0;
	}
	return n != CHANNEL_BROKEN;
}

static bool move(void *ctx, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	struct ssh *s = ctx;
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

static bool begin(struct ssh *s, int64_t deadline, struct err *e)
{
	if (!session_usable(s, e))
		return false;
	if (s->sftp)
		return true;
	s->sftp_channel = channel_open(s, "subsystem", "sftp", deadline, e);
	if (!s->sftp_channel)
		return false;
	s->sftp = sftp_new((struct sftp_pipe){ move, s });
	return true;
}

bool put_end(struct ssh *s, int64_t deadline, struct err *e)
{
	LIBSSH2_CHANNEL *c = TAKE(s->sftp_channel);

	sftp_free(TAKE(s->sftp));
	return !c || channel_close(s, c, deadline, e);
}

/* After a failure nobody knows which answers are still to come. */
static bool give_up(struct ssh *s, int64_t deadline)
{
	struct err ignored;

	if (!s->lost && !put_end(s, deadline, &ignored))
		s->lost = true;
	return false;
}

bool ssh_put(struct ssh *s, const char *dir, const struct ssh_file *files, size_t n,
	char **path, int64_t deadline, struct err *e)
{
	if (!begin(s, deadline, e))
		return false;
	sftp_forget(s->sftp);
	return staging_put(s->sftp, dir, files, n, path, deadline, e) ||
		give_up(s, deadline);
}

bool ssh_remove(struct ssh *s, const char *dir, int64_t deadline, struct err *e)
{
	if (!begin(s, deadline, e))
		return false;
	sftp_forget(s->sftp);
	return staging_remove(s->sftp, dir, deadline, e) || give_up(s, deadline);
}
