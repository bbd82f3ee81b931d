#include "ssh/private/login.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "ssh/private/agent.h"
#include "ssh/private/keyfile.h"
#include "ssh/private/known_hosts.h"
#include "ssh/private/unlock.h"

#include <stdio.h>
#include <string.h>

static const char *const usual_keys[] = { "~/.ssh/id_ed25519", "~/.ssh/id_ecdsa" };

/* Those that OpenSSH looks for besides; RSA keys are for any libssh2 a last resort. */
static const char *const openssh_keys[] = { "~/.ssh/id_rsa", "~/.ssh/id_ed25519_sk",
	"~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519-cert.pub", "~/.ssh/id_ecdsa-cert.pub" };

/* One login, and what became of each key. */
struct attempt {
	struct session *s;
	const struct ssh_config *c;
	int64_t deadline;
	struct buf tried;   /* "the agent's 2 keys, ~/.ssh/id_ed25519" */
	struct buf skipped; /* "; ~/.ssh/id_ecdsa is protected by a passphrase…" */
	bool rsa;           /* an RSA key was refused */
	bool agent_silent;  /* there should be an agent */
	bool beyond;        /* OpenSSH could use a key that we couldn't */
};

enum outcome { REFUSED, ACCEPTED, FAILED };

static void note(struct attempt *a, const char *what)
{
	buf_printf(&a->tried, "%s%s", a->tried.len ? ", " : "", what);
}

/* From 1.11 on, libssh2 can sign with RSA and SHA-2. */
static bool rsa_is_lost(void)
{
	return libssh2_version(0x010b00) == NULL;
}

/* libssh2's word for a refused key, or for a lost connection. */
static enum outcome judge(struct attempt *a, int rc, struct err *e)
{
	if (rc == 0)
		return ACCEPTED;
	if (!session_broke(a->s, rc))
		return REFUSED;
	/* As sshd does at its MaxAuthTries. */
	session_err(a->s, rc, "login", e);
	e->kind = ERR_AUTH;
	return FAILED;
}

/* libssh2 frees it by free(3): see session_new. */
static int on_sign(LIBSSH2_SESSION *session, unsigned char **signature, size_t *len,
	const unsigned char *data, size_t data_len, void **abstract)
{
	const struct signer *signer = *abstract;
	AUTO(buf) struct buf out = BUF_EMPTY;

	(void)session;
	if (!signer_sign(signer, data, data_len, &out))
		return -1;
	*len = out.len;
	*signature = (unsigned char *)buf_take(&out);
	return 0;
}

static enum outcome with_signer(
	struct attempt *a, const char *name, const struct keyfile *k, struct err *e)
{
	void *signer = k->signer;
	int rc;

	if (!SESSION_CALL(a->s, rc,
		    libssh2_userauth_publickey(a->s->session, a->c->user,
			    (const unsigned char *)k->blob.data, k->blob.len, on_sign,
			    &signer),
		    a->deadline, e))
		return FAILED;
	note(a, name);
	return judge(a, rc, e);
}

/* The error of a file that libssh2 can't make sense of, told apart from a refused key. */
static enum outcome with_file(struct attempt *a, const char *name, const struct keyfile *k,
	const char *passphrase, struct err *e)
{
	int rc;

	if (k->signer)
		return with_signer(a, name, k, e);
	if (!SESSION_CALL(a->s, rc,
		    libssh2_userauth_publickey_frommemory(a->s->session, a->c->user,
			    strlen(a->c->user), NULL, 0, k->text.data, k->text.len,
			    passphrase),
		    a->deadline, e))
		return FAILED;
	note(a, name);
	a->rsa = a->rsa || (rc != 0 && k->rsa);
	if (rc != 0 && rc != LIBSSH2_ERROR_AUTHENTICATION_FAILED &&
		!session_broke(a->s, rc)) {
		a->beyond = true;
		err_set(e, ERR_AUTH,
			"%s: libssh2 %s can't read this key; OpenSSH's own format does, of type "
			"ed25519 or ecdsa",
			name, libssh2_version(0));
		return FAILED;
	}
	return judge(a, rc, e);
}

/* Which of the agent's keys are worth a round trip, and one of the server's few tries. */
static bool usable(
	const struct libssh2_agent_publickey *id, const struct keyfile *only, bool rsa_turn)
{
	AUTO(str) char *type = key_blob_type(id->blob, id->blob_len);

	/* Signatures of FIDO keys have parts that libssh2 doesn't send. */
	if (!type || text_starts(type, "sk-"))
		return false;
	if (only && only->blob.len)
		return !rsa_turn && only->blob.len == id->blob_len &&
			memcmp(only->blob.data, id->blob, id->blob_len) == 0;
	return text_starts(type, "ssh-rsa") == rsa_turn;
}

/* FIDO keys, and certificates, of which libssh2 knows some: OpenSSH may do better. */
static void look_beyond(struct attempt *a, const struct libssh2_agent_publickey *id)
{
	AUTO(str) char *type = key_blob_type(id->blob, id->blob_len);

	if (type && !a->c->key_file &&
		(text_starts(type, "sk-") || strstr(type, "-cert-v01@")))
		a->beyond = true;
}

/* The agent's keys in turn, or the one that `only` is the file of. RSA goes last. */
static enum outcome with_agent(
	struct attempt *a, const struct keyfile *only, int *tried, struct err *e)
{
	AUTO(agent) struct agent g = AGENT_EMPTY;
	struct libssh2_agent_publickey *id, *last;

	if (!agent_open(&g, a->s, NULL, &a->agent_silent))
		return REFUSED;
	for (int turn = 0; turn < 2; turn++) {
		last = NULL;
		while (libssh2_agent_get_identity(g.agent, &id, last) == 0) {
			enum outcome outcome;
			int rc;

			last = id;
			look_beyond(a, id);
			if (!usable(id, only, turn == 1))
				continue;
			++*tried;
			if (!SESSION_CALL(a->s, rc,
				    libssh2_agent_userauth(g.agent, a->c->user, id),
				    a->deadline, e))
				return FAILED;
			a->rsa = a->rsa || (rc != 0 && turn == 1);
			outcome = judge(a, rc, e);
			if (outcome != REFUSED)
				return outcome;
		}
	}
	return REFUSED;
}

static enum outcome locked_file(
	struct attempt *a, const char *name, const struct keyfile *k, struct err *e)
{
	const char *passphrase = unlocked(name);
	AUTO(buf) struct buf hint = BUF_EMPTY;
	int tried = 0;
	enum outcome outcome;

	if (passphrase)
		return with_file(a, name, k, passphrase, e);
	outcome = with_agent(a, k, &tried, e);
	if (outcome == REFUSED && tried == 0) {
		unlock_hint(&hint, name);
		err_set(e, ERR_AUTH,
			"%s is protected by a passphrase, and no agent has it: %s", name,
			hint.data);
		return FAILED;
	}
	note(a, name);
	a->rsa = a->rsa || k->rsa;
	return outcome;
}

static enum outcome named_file(struct attempt *a, const char *name, struct err *e)
{
	AUTO(str) char *path = fs_join(".", name);
	const struct keyfile *k = keyfile_get(path, e);

	if (!k) {
		e->kind = ERR_AUTH;
		return FAILED;
	}
	return k->encrypted ? locked_file(a, name, k, e) : with_file(a, name, k, NULL, e);
}

static enum outcome all_of_agent(struct attempt *a, struct err *e)
{
	int tried = 0;
	enum outcome outcome = with_agent(a, NULL, &tried, e);
	char text[48];

	snprintf(text, sizeof text, "the agent's %d key%s", tried, tried == 1 ? "" : "s");
	if (tried)
		note(a, text);
	return outcome;
}

/* A usual key that can't be used is passed over: nobody asked for it. */
static enum outcome usual_file(struct attempt *a, const char *name, struct err *e)
{
	AUTO(str) char *path = fs_join(".", name);
	enum outcome outcome;

	if (!fs_exists(path))
		return REFUSED;
	outcome = named_file(a, name, e);
	if (outcome != FAILED || e->kind != ERR_AUTH || a->s->ended)
		return outcome;
	buf_printf(&a->skipped, "; %s", e->msg);
	return REFUSED;
}

static enum outcome unnamed(struct attempt *a, struct err *e)
{
	enum outcome outcome = all_of_agent(a, e);

	for (size_t i = 0; i < ARRAY_LEN(usual_keys) && outcome == REFUSED; i++)
		outcome = usual_file(a, usual_keys[i], e);
	for (size_t i = 0; i < ARRAY_LEN(openssh_keys) && outcome == REFUSED; i++) {
		AUTO(str) char *path = fs_join(".", openssh_keys[i]);

		a->beyond = a->beyond || fs_exists(path);
	}
	return outcome;
}

static bool refused(const struct attempt *a, struct err *e)
{
	if (a->tried.len == 0)
		return err_set(e, ERR_AUTH,
			"no key to log in with: %s, no usable ~/.ssh/id_ed25519 or "
			"~/.ssh/id_ecdsa; name one (ansible_ssh_private_key_file)%s",
			a->agent_silent ? "the agent doesn't answer" : "no agent with keys",
			a->skipped.data);
	if (a->rsa && rsa_is_lost())
		return err_set(e, ERR_AUTH,
			"login as %s refused (%s): libssh2 %s can't use RSA keys with this "
			"server; use an ed25519 or ecdsa key%s",
			a->c->user, a->tried.data, libssh2_version(0), a->skipped.data);
	return err_set(e, ERR_AUTH, "login as %s refused: tried %s%s", a->c->user,
		a->tried.data, a->skipped.data);
}

bool login(struct session *s, const struct ssh_config *c, int64_t deadline,
	struct refusal *why, struct err *e)
{
	struct attempt a = { s, c, deadline, BUF_EMPTY, BUF_EMPTY, false, false, false };
	enum outcome outcome =
		c->key_file ? named_file(&a, c->key_file, e) : unnamed(&a, e);

	if (outcome == REFUSED)
		refused(&a, e);
	why->login = outcome != ACCEPTED && e->kind == ERR_AUTH && !s->ended;
	why->beyond = why->login && (a.beyond || (a.rsa && rsa_is_lost()));
	buf_clear(&a.tried);
	buf_clear(&a.skipped);
	return outcome == ACCEPTED;
}
