#include "base/text.h"
#include "ssh/private/dial.h"
#include "ssh/private/exec.h"
#include "ssh/private/hostkey.h"
#include "ssh/private/login.h"
#include "ssh/private/patience.h"
#include "ssh/private/session.h"
#include "ssh/private/subsystem.h"
#include "ssh/private/transport.h"

/* A proxy that died has told why on its standard error. */
static bool broken_proxy(const struct session *s, struct err *e)
{
	char line[160];

	dialed_complaint(s->proxy_err, line, sizeof line);
	return *line ? err_set(e, ERR_NET, "proxy command: %s", line) : false;
}

/* libssh2 takes any first line for the banner: sshd may also say "Exceeded MaxStartups". */
static const char *banner_of(const struct session *s)
{
	const char *line = libssh2_session_banner_get(s->session);

	return line && text_starts(line, "SSH-") ? line : NULL;
}

static bool no_algorithm(int rc)
{
	return rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_METHOD_NONE;
}

static bool no_handshake(struct session *s, int rc, struct err *e)
{
	const char *banner = banner_of(s);

	if (no_algorithm(rc))
		return err_set(e, ERR_AUTH,
			"no algorithm in common with %s: libssh2 %s wants an ed25519 or ecdsa host "
			"key%s",
			banner ? banner : "the server", libssh2_version(0),
			libssh2_version(0x010b00)
				? ""
				: ", a cipher aes-ctr, and a MAC hmac-sha2 that isn't -etm");
	if (s->proxy > 0 && !banner && session_broke(s, rc)) {
		session_err(s, rc, "proxy command", e);
		return broken_proxy(s, e);
	}
	return session_err(s, rc, banner ? "key exchange" : "no SSH banner", e);
}

static bool shake_hands(
	struct session *s, int64_t deadline, struct refusal *why, struct err *e)
{
	int rc;

	if (!SESSION_CALL(s, rc, libssh2_session_handshake(s->session, s->fd), deadline, e))
		return err_wrap(e, "SSH handshake");
	if (rc == 0)
		return true;
	why->again =
		!banner_of(s) && session_broke(s, rc) && patience_for_proxy(s->proxy_err);
	why->beyond = no_algorithm(rc);
	return no_handshake(s, rc, e);
}

static struct session *try(const struct ssh_config *c, const struct known_hosts *known,
	int64_t deadline, struct refusal *why, struct err *e)
{
	AUTO(session) struct session *s = NULL;
	struct dialed d;

	*why = (struct refusal){ 0 };
	if (!dial(c, deadline, &d, e))
		return NULL;
	s = session_new(&d, deadline);
	if (!hostkey_prefer(s, known, e) || !shake_hands(s, deadline, why, e) ||
		!hostkey_check(s, c, known, e) || !login(s, c, deadline, why, e))
		return NULL;
	return TAKE(s);
}

static void *open_session(const struct ssh_config *c, const struct known_hosts *known,
	int64_t deadline, struct refusal *why, struct err *e)
{
	struct patience p = PATIENCE;
	struct session *s = try(c, known, deadline, why, e);

	while (!s && why->again && patience_wait(&p, deadline, e))
		s = try(c, known, deadline, why, e);
	return s;
}

static void close_session(void *t)
{
	session_free(t);
}

static const char *host_key(const void *t)
{
	const struct session *s = t;

	return s->host_key;
}

static bool usable(const void *t, struct err *e)
{
	return session_usable(t, e);
}

static bool exec(void *t, const char *command, const struct input *in, struct ssh_result *r,
	int64_t deadline, struct err *e)
{
	return session_exec(t, command, in, r, deadline, e);
}

static bool goes_on(const void *t)
{
	return ((const struct session *)t)->command != NULL;
}

static bool sftp_open(void *t, int64_t deadline, struct err *e)
{
	return subsystem_open(t, deadline, e);
}

static bool sftp_move(void *t, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	return subsystem_move(t, out, sent, in, deadline, e);
}

static bool sftp_close(void *t, int64_t deadline, struct err *e)
{
	return subsystem_close(t, deadline, e);
}

const struct transport transport_libssh2 = { open_session, close_session, host_key, usable,
	exec, goes_on, sftp_open, sftp_move, sftp_close, NULL };
