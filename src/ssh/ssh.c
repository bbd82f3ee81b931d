#include "ssh/ssh.h"
#include "base/clock.h"
#include "base/text.h"
#include "ssh/private/dial.h"
#include "ssh/private/gate.h"
#include "ssh/private/hostkey.h"
#include "ssh/private/keyfile.h"
#include "ssh/private/login.h"
#include "ssh/private/session.h"

#include <stdlib.h>

/* How long after a refused connection the second try waits. */
enum { AGAIN_MS = 500 };

static void end(void)
{
	keyfile_forget();
	libssh2_exit();
}

void ssh_init(void)
{
	if (libssh2_init(0) != 0)
		abort(); /* out of memory */
	atexit(end);
}

/* A proxy that died has told why on its standard error. */
static bool broken_proxy(const struct ssh *s, struct err *e)
{
	char line[160];

	dialed_complaint(s->proxy_err, line, sizeof line);
	return *line ? err_set(e, ERR_NET, "proxy command: %s", line) : false;
}

/* libssh2 takes any first line for the banner: sshd may also say "Exceeded MaxStartups". */
static const char *banner_of(const struct ssh *s)
{
	const char *line = libssh2_session_banner_get(s->session);

	return line && text_starts(line, "SSH-") ? line : NULL;
}

static bool no_handshake(struct ssh *s, int rc, struct err *e)
{
	const char *banner = banner_of(s);

	if (rc == LIBSSH2_ERROR_KEX_FAILURE || rc == LIBSSH2_ERROR_METHOD_NONE)
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

/* *again: the connection was closed before a word was said, as sshd's MaxStartups does. */
static bool shake_hands(struct ssh *s, int64_t deadline, bool *again, struct err *e)
{
	int rc;

	if (!SESSION_CALL(s, rc, libssh2_session_handshake(s->session, s->fd), deadline, e))
		return err_wrap(e, "SSH handshake");
	if (rc == 0)
		return true;
	*again = s->proxy == 0 && !banner_of(s) && session_broke(s, rc);
	return no_handshake(s, rc, e);
}

static struct ssh *try(const struct ssh_config *c, const struct known_hosts *known,
	int64_t deadline, bool *again, struct err *e)
{
	AUTO(session) struct ssh *s = NULL;
	struct dialed d;

	*again = false;
	if (!dial(c, deadline, &d, e))
		return NULL;
	s = session_new(&d, deadline);
	if (!hostkey_prefer(s, known, e) || !shake_hands(s, deadline, again, e) ||
		!hostkey_check(s, c, known, e) || !login(s, c, deadline, e))
		return NULL;
	return TAKE(s);
}

static struct ssh *through_gate(const struct ssh_config *c, const struct known_hosts *known,
	int64_t deadline, struct err *e)
{
	bool again;
	struct ssh *s = try(c, known, deadline, &again, e);

	if (s || !again || !clock_sleep_ms(AGAIN_MS, e))
		return s;
	return try(c, known, deadline, &again, e);
}

struct ssh *ssh_open(const struct ssh_config *c, struct err *e)
{
	AUTO(known_hosts) struct known_hosts known = KNOWN_HOSTS_EMPTY;
	int64_t deadline = deadline_in(c->timeout);
	struct ssh *s;

	if (!hostkey_known(c, &known, e) || !gate_enter(c->address, c->port, deadline, e))
		return NULL;
	s = through_gate(c, &known, deadline, e);
	gate_leave(c->address, c->port);
	return s;
}

void ssh_close(struct ssh *s)
{
	session_free(s);
}

const char *ssh_host_key(const struct ssh *s)
{
	return s->host_key;
}
