#include "ssh/private/hostkey.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"
#include "ssh/private/vouch.h"

#include <string.h>

/* Key types in the order we like them, and the algorithms that they can sign with. */
static const struct {
	const char *type, *algorithm;
} types[HOSTKEY_TYPES] = {
	{ "ssh-ed25519", "ssh-ed25519" },
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256" },
	{ "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384" },
	{ "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521" },
	{ "ssh-rsa", "rsa-sha2-512" },
	{ "ssh-rsa", "rsa-sha2-256" },
	{ "ssh-rsa", "ssh-rsa" },
};

bool hostkey_type(size_t i, const char **type, const char **algorithm)
{
	if (i >= ARRAY_LEN(types))
		return false;
	*type = types[i].type;
	*algorithm = types[i].algorithm;
	return true;
}

static const char *const usual_files[] = { "~/.ssh/known_hosts", "~/.ssh/known_hosts2",
	"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2" };

const char *hostkey_file(const struct ssh_config *c)
{
	return c->known_hosts ? c->known_hosts : usual_files[0];
}

/* HostKeyAlias, which only OpenSSH honours; NULL: none. */
static const char *alias(const struct ssh_config *c)
{
	static const char lead[] = "-oHostKeyAlias=";

	for (const char *const *o = c->options; o && *o; o++)
		if (text_starts(*o, lead))
			return *o + sizeof lead - 1;
	return NULL;
}

char *hostkey_name(const struct ssh_config *c)
{
	const char *other = alias(c);
	char *name = other      ? xstrdup(other)
		: c->port == 22 ? xstrdup(c->address)
				: xasprintf("[%s]:%d", c->address, c->port);

	text_lower(name);
	return name;
}

bool hostkey_known(const struct ssh_config *c, struct known_hosts *k, struct err *e)
{
	const char *const *files = c->known_hosts ? &c->known_hosts : usual_files;
	size_t n = c->known_hosts ? 1 : ARRAY_LEN(usual_files);
	const char *other = alias(c);

	for (size_t i = 0; i < n; i++) {
		AUTO(str) char *path = fs_join(".", files[i]);

		/* Messages call a file as the user does. */
		if (!known_hosts_read(k, files[i], path, other ? other : c->address,
			    other ? 22 : c->port, e))
			return false;
	}
	return true;
}

static bool on_file(const struct known_hosts *k, const char *type, bool other_port)
{
	for (size_t i = 0; i < k->n; i++)
		if (!k->keys[i].revoked && k->keys[i].other_port == other_port &&
			text_eq(k->keys[i].type, type))
			return true;
	return false;
}

/* What this libssh2 can. It drops other names itself, but by a memcpy onto itself. */
struct supported {
	const char **names;
	int n;
};

static bool supports(const struct supported *all, const char *algorithm)
{
	for (int i = 0; i < all->n; i++)
		if (text_eq(all->names[i], algorithm))
			return true;
	return false;
}

static void order(
	const struct known_hosts *k, const struct supported *all, struct buf *list)
{
	/* In three turns: those on file, those on file for port 22, the others. */
	for (int turn = 0; turn < 3; turn++)
		for (size_t i = 0; i < ARRAY_LEN(types); i++) {
			bool exact = on_file(k, types[i].type, false);
			bool bare = on_file(k, types[i].type, true);

			if (turn ==
					(exact                 ? 0
							: bare ? 1
							       : 2) &&
				supports(all, types[i].algorithm))
				buf_printf(list, "%s%s", list->len ? "," : "",
					types[i].algorithm);
		}
}

bool hostkey_prefer(struct session *s, const struct known_hosts *k, struct err *e)
{
	AUTO(buf) struct buf list = BUF_EMPTY;
	struct supported all;
	int rc;

	all.n = libssh2_session_supported_algs(
		s->session, LIBSSH2_METHOD_HOSTKEY, &all.names);
	if (all.n <= 0)
		return session_err(s, all.n, "host key types", e);
	order(k, &all, &list);
	libssh2_free(s->session, all.names);
	rc = libssh2_session_method_pref(s->session, LIBSSH2_METHOD_HOSTKEY, list.data);
	return rc == 0 || session_err(s, rc, "choosing host key types", e);
}

char *hostkey_fingerprint(const void *blob, size_t len)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct sha256 d = sha256_of(blob, len);

	buf_puts(&b, "SHA256:");
	base64_encode(&b, d.bytes, sizeof d.bytes);
	while (b.len && b.data[b.len - 1] == '=')
		buf_truncate(&b, b.len - 1);
	return buf_take(&b);
}

/* "ssh-ed25519 SHA256:…" */
static char *describe(const char *blob, size_t len, const char *type)
{
	AUTO(str) char *fingerprint = hostkey_fingerprint(blob, len);

	return xasprintf("%s %s", type, fingerprint);
}

static bool not_known(const struct ssh_config *c, const struct known_hosts *k,
	const char *key, struct err *e)
{
	return err_set(e, ERR_AUTH,
		"host key of %s isn't known: %s%s; is that the right one? certpush hosts trust %s",
		c->address, key, k->authority ? ", by no @cert-authority either" : "",
		c->name);
}

static bool changed(const struct ssh_config *c, const struct known_key *at, const char *key,
	struct err *e)
{
	return err_set(e, ERR_AUTH,
		"host key of %s has changed: it is now %s, not the one in %s:%d; unless someone "
		"is listening in, the host was set up anew: then certpush hosts trust --replace %s",
		c->address, key, at->file, at->line, c->name);
}

static bool refuse(const struct ssh_config *c, const struct known_hosts *k,
	enum known_verdict verdict, const struct known_key *at, const char *key,
	struct err *e)
{
	switch (verdict) {
	case KNOWN_REVOKED:
		return err_set(e, ERR_AUTH, "host key of %s is revoked in %s:%d: %s",
			c->address, at->file, at->line, key);
	case KNOWN_CHANGED:
		return changed(c, at, key, e);
	case KNOWN_OTHER_TYPE:
		not_known(c, k, key, e);
		return err_wrap(e, "only its %s key is on file (%s:%d)", at->type, at->file,
			at->line);
	case KNOWN_SAME:
	case KNOWN_NOT:
	default:
		return not_known(c, k, key, e);
	}
}

bool hostkey_check(struct session *s, const struct ssh_config *c,
	const struct known_hosts *k, struct err *e)
{
	size_t len = 0;
	int ignored;
	const char *blob = libssh2_session_hostkey(s->session, &len, &ignored);
	AUTO(str) char *type = blob ? key_blob_type(blob, len) : NULL;
	const struct known_key *at;
	enum known_verdict verdict;
	struct err why = { 0 };

	if (!type)
		return err_set(e, ERR_PROTOCOL, "%s showed no host key", c->address);
	free(s->host_key);
	s->host_key = describe(blob, len, type);
	verdict = known_hosts_check(k, blob, len, &at);
	if (verdict == KNOWN_SAME)
		return true;
	if (verdict != KNOWN_NOT || !vouch_may(c, k))
		return refuse(c, k, verdict, at, s->host_key, e);
	if (c->vouch->vouches(c->vouch->ctx, c->address, blob, len, &why)) {
		s->host_key = vouch_tell(TAKE(s->host_key));
		return true;
	}
	refuse(c, k, verdict, at, s->host_key, e);
	return vouch_failed(e, &why);
}

/* The key on file that is described so. */
static const struct known_key *described(
	const struct known_hosts *k, const char *key, const char *type)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct buf *blob = &k->keys[i].blob;
		AUTO(str) char *text = describe(blob->data, blob->len, type);

		if (text_eq(text, key))
			return &k->keys[i];
	}
	return NULL;
}

bool hostkey_refused(const struct ssh_config *c, const struct known_hosts *k,
	const char *key, struct err *e)
{
	/* a certificate's type is its key's and more: ssh-ed25519-cert-v01@openssh.com */
	const char *end = strchr(key, ' '), *cert = strstr(key, "-cert-v01@");
	AUTO(str)
	char *type = xstrndup(key, (size_t)((cert && cert < end ? cert : end) - key));
	AUTO(str) char *plain = xasprintf("%s%s", type, end);
	const struct known_key *at = described(k, plain, type);
	enum known_verdict verdict;

	if (at && at->revoked)
		return refuse(c, k, KNOWN_REVOKED, at, plain, e);
	if (at)
		return err_set(e, ERR_AUTH,
			"host key of %s is on file (%s:%d), but OpenSSH looks for another name "
			"(HostKeyAlias): %s",
			c->address, at->file, at->line, plain);
	verdict = known_hosts_of_type(k, type, &at);
	return refuse(c, k, verdict, at, plain, e);
}
