#include "ssh/private/channel.h"
#include "base/clock.h"

#include <string.h>

enum { WINDOW = 2 << 20, PACKET = 32768, TRIES = 5, AGAIN_MS = 100 };

static bool refused(
	struct session *s, int rc, const char *request, const char *what, struct err *e)
{
	if (session_broke(s, rc))
		return session_err(s, rc, request, e);
	if (strcmp(request, "subsystem") == 0)
		return err_set(e, ERR_REMOTE,
			"the host has no %s (Subsystem in its sshd_config)", what);
	return err_set(e, ERR_REMOTE, "the host refuses %s", request);
}

/* A command that has ended may count for a while yet (MaxSessions 1). */
static LIBSSH2_CHANNEL *any(struct session *s, int64_t deadline, struct err *e)
{
	LIBSSH2_CHANNEL *c;

	for (int tries = 0;;) {
		int rc;

		c = libssh2_channel_open_ex(
			s->session, "session", 7, WINDOW, PACKET, NULL, 0);
		if (c)
			return c;
		rc = libssh2_session_last_errno(s->session);
		if (rc == LIBSSH2_ERROR_EAGAIN) {
			if (!session_wait(s, deadline, e))
				return NULL;
		} else if (session_broke(s, rc) || ++tries == TRIES) {
			refused(s, rc, "another channel (MaxSessions)", "", e);
			return NULL;
		} else if (!clock_sleep_ms(AGAIN_MS, e)) {
			return NULL;
		}
	}
}

LIBSSH2_CHANNEL *channel_open(struct session *s, const char *request, const char *what,
	int64_t deadline, struct err *e)
{
	LIBSSH2_CHANNEL *c = any(s, deadline, e);
	struct err ignored;
	int rc;

	/* If the wait fails, the channel is freed with the session, which is lost. */
	if (!c ||
		!SESSION_CALL(s, rc,
			libssh2_channel_process_startup(c, request,
				(unsigned)strlen(request), what, (unsigned)strlen(what)),
			deadline, e))
		return NULL;
	if (rc == 0)
		return c;
	refused(s, rc, request, what, e);
	if (!s->lost && !channel_close(s, c, deadline, &ignored))
		s->lost = true;
	return NULL;
}

ssize_t channel_read(struct session *s, LIBSSH2_CHANNEL *c, int stream, void *data,
	size_t len, struct err *e)
{
	ssize_t n = libssh2_channel_read_ex(c, stream, data, len);

	if (n > 0)
		return n;
	if (n == LIBSSH2_ERROR_EAGAIN)
		return CHANNEL_LATER;
	/* 0 is the end, even where libssh2_channel_eof denies it: that one counts
	 * what is unread of the other stream. */
	if (n == 0)
		return CHANNEL_END;
	session_err(s, (int)n, "reading from the host", e);
	return CHANNEL_BROKEN;
}

ssize_t channel_write(
	struct session *s, LIBSSH2_CHANNEL *c, const void *data, size_t len, struct err *e)
{
	ssize_t n;

	if (session_full(s))
		return CHANNEL_LATER;
	n = libssh2_channel_write_ex(c, 0, data, len);
	if (n >= 0)
		return n;
	if (n == LIBSSH2_ERROR_EAGAIN)
		return CHANNEL_LATER;
	if (n == LIBSSH2_ERROR_CHANNEL_CLOSED || n == LIBSSH2_ERROR_CHANNEL_EOF_SENT)
		return CHANNEL_END;
	session_err(s, (int)n, "writing to the host", e);
	return CHANNEL_BROKEN;
}

bool channel_close(struct session *s, LIBSSH2_CHANNEL *c, int64_t deadline, struct err *e)
{
	int rc;

	if (!SESSION_CALL(s, rc, libssh2_channel_free(c), deadline, e))
		return false;
	return rc == 0 || session_err(s, rc, "closing a channel", e);
}
