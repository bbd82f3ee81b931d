#include "ssh/ssh.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"
#include "ssh/private/choose.h"
#include "ssh/private/gate.h"
#include "ssh/private/hostkey.h"
#include "ssh/private/keyfile.h"
#include "ssh/private/known_lines.h"
#include "ssh/private/put.h"
#include "ssh/private/sftp.h"
#include "ssh/private/transport.h"
#include "ssh/private/unlock.h"
#include "ssh/private/vouch.h"

#include <libssh2.h>
#include <stdlib.h>

static void end(void)
{
	unlock_forget();
	keyfile_forget();
	known_lines_forget();
	libssh2_exit();
}

void ssh_init(void)
{
	if (libssh2_init(0) != 0)
		abort(); /* out of memory */
	atexit(end);
}

static struct ssh *new (const struct transport *by, void *t, char *carrier)
{
	struct ssh *s = xcalloc(1, sizeof *s);

	*s = (struct ssh){ .by = by, .t = t, .carrier = carrier };
	return s;
}

/* Reason is NULL where the inventory wants it so. */
static struct ssh *by_openssh(const struct ssh_config *c, struct known_hosts *known,
	const char *reason, struct refusal *why, struct err *e)
{
	bool vouched = true;
	struct err unvouched = { 0 };
	void *t;

	if (!child_found("ssh")) {
		err_set(e, ERR_IO, "OpenSSH's client, ssh, isn't installed, but needed: %s",
			reason ? reason : "the inventory says so (certpush_transport)");
		return NULL;
	}
	if (vouch_may(c, known))
		vouched = vouch_for_all(c, known, deadline_in(c->timeout), &unvouched);
	t = transport_openssh.open(c, known, deadline_in(c->timeout), why, e);
	if (!t && !vouched && e->kind == ERR_AUTH)
		vouch_failed(e, &unvouched);
	return t
		? new (&transport_openssh, t,
			  reason ? xasprintf("OpenSSH, as %s", reason) : xstrdup("OpenSSH"))
		: NULL;
}

static struct ssh *by_libssh2(const struct ssh_config *c, const struct known_hosts *known,
	struct refusal *why, struct err *e)
{
	void *t = transport_libssh2.open(c, known, deadline_in(c->timeout), why, e);

	return t ? new (&transport_libssh2, t, xasprintf("libssh2 %s", libssh2_version(0)))
		 : NULL;
}

/* A host key or a login that libssh2 could ask about properly isn't asked about twice. */
static struct ssh *by_either(const struct ssh_config *c, struct known_hosts *known,
	struct refusal *why, struct err *e)
{
	AUTO(str) char *reason = choose_openssh(c, known);
	struct ssh *s;

	if (reason)
		return by_openssh(c, known, reason, why, e);
	s = by_libssh2(c, known, why, e);
	if (s || !why->beyond)
		return s;
	reason = xstrdup(e->msg);
	return by_openssh(c, known, reason, why, e);
}

static struct ssh *by_choice(const struct ssh_config *c, struct known_hosts *known,
	struct refusal *why, struct err *e)
{
	struct ssh *s;

	*why = (struct refusal){ 0 };
	if (!gate_enter(c, deadline_in(c->timeout), e))
		return NULL;
	if (c->tunnels)
		s = by_openssh(c, known, "a tunnel is wanted", why, e);
	else if (c->carrier == SSH_AUTO)
		s = by_either(c, known, why, e);
	else
		s = c->carrier == SSH_LIBSSH2 ? by_libssh2(c, known, why, e)
					      : by_openssh(c, known, NULL, why, e);
	gate_leave(c);
	return s;
}

/* As ssh does: what nobody named is unlocked only if nothing else was let in. */
static struct ssh *by_locked(
	const struct ssh_config *c, struct known_hosts *known, struct err *e)
{
	struct ssh_config with = *c;
	struct refusal why = { .login = true };
	struct ssh *s = NULL;

	for (const char *const *key = usual_locked; *key && !s && why.login; key++) {
		with.key_file = *key;
		if (!is_locked(c, *key))
			continue;
		if (!unlock(&with, *key, e) && e->kind == ERR_STOPPED)
			return NULL;
		if (unlocked(*key))
			s = by_choice(&with, known, &why, e);
	}
	return s;
}

struct ssh *ssh_open(const struct ssh_config *c, struct err *e)
{
	AUTO(known_hosts) struct known_hosts known = KNOWN_HOSTS_EMPTY;
	struct refusal why;
	struct ssh *s;

	if (!hostkey_known(c, &known, e) || (c->key_file && !unlock(c, c->key_file, e)))
		return NULL;
	s = by_choice(c, &known, &why, e);
	if (s || c->key_file || !why.login || !c->passphrase.get)
		return s;
	return by_locked(c, &known, e);
}

void ssh_close(struct ssh *s)
{
	if (!s)
		return;
	sftp_free(s->sftp);
	s->by->close(s->t);
	free(s->carrier);
	free(s);
}

const char *ssh_host_key(const struct ssh *s)
{
	return s->by->host_key(s->t);
}

const char *ssh_carried_by(const struct ssh *s)
{
	return s->carrier;
}

static bool exec(struct ssh *s, const char *command, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	ssh_result_clear(r);
	r->status = -1;
	return s->by->usable(s->t, e) && s->by->exec(s->t, command, in, r, deadline, e);
}

/* Some hosts allow one channel at a time (MaxSessions 1): SFTP's makes way for it. */
bool ssh_talk(struct ssh *s, const char *command, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e)
{
	if (exec(s, command, in, r, deadline, e))
		return true;
	return e->kind == ERR_REMOTE && s->sftp && put_end(s, deadline, e) &&
		exec(s, command, in, r, deadline, e);
}

bool ssh_exec(struct ssh *s, const char *command, const void *input, size_t len,
	const char *last, struct ssh_result *r, int64_t deadline, struct err *e)
{
	return ssh_talk(s, command,
		&(struct input){ .data = input, .len = len, .last = last }, r, deadline, e);
}

bool ssh_goes_on(const struct ssh *s)
{
	return s->by->goes_on(s->t);
}

bool ssh_answered(const struct ssh_result *r, const char *last)
{
	return last && text_ends(r->out.data, last);
}

bool ssh_may_answer(const struct ssh_result *r, const char *last, struct err *e)
{
	return !last || r->out.len < SSH_MAX_OUTPUT ||
		err_set(e, ERR_PROTOCOL, "a command there prints without end");
}

bool ssh_lacks_sftp(const struct ssh *s)
{
	return s->lacks_sftp;
}

void ssh_result_clear(struct ssh_result *r)
{
	buf_clear(&r->out);
	buf_clear(&r->err);
	r->status = 0;
}
