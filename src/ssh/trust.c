#include "ssh/trust.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"
#include "ssh/private/gate.h"
#include "ssh/private/hostkey.h"
#include "ssh/private/known_edit.h"
#include "ssh/private/scan.h"

#include <string.h>

enum { MAX_FILE = 64 << 20 };

/* ---- asking ---- */

static const enum ssh_key_state states[] = { [KNOWN_SAME] = SSH_KEY_KNOWN,
	[KNOWN_NOT] = SSH_KEY_NEW,
	[KNOWN_CHANGED] = SSH_KEY_CHANGED,
	[KNOWN_OTHER_TYPE] = SSH_KEY_NEW,
	[KNOWN_REVOKED] = SSH_KEY_REVOKED };

static void judge(struct ssh_key *key, const struct known_hosts *known)
{
	const struct known_key *at;
	enum known_verdict verdict =
		known_hosts_check(known, key->blob.data, key->blob.len, &at);

	free(TAKE(key->old));
	key->state = states[verdict];
	key->file = key->state == SSH_KEY_NEW ? NULL : at->file;
	key->line = key->state == SSH_KEY_NEW ? 0 : at->line;
	if (key->state == SSH_KEY_CHANGED)
		key->old = hostkey_fingerprint(at->blob.data, at->blob.len);
}

static bool is_first_use(const struct known_hosts *known)
{
	for (size_t i = 0; i < known->n; i++)
		if (!known->keys[i].revoked)
			return false;
	return true;
}

bool ssh_keys_look_up(const struct ssh_config *c, struct ssh_keys *keys, struct err *e)
{
	AUTO(known_hosts) struct known_hosts known = KNOWN_HOSTS_EMPTY;

	if (!hostkey_known(c, &known, e))
		return false;
	for (size_t i = 0; i < keys->n; i++)
		judge(&keys->list[i], &known);
	keys->first_use = is_first_use(&known);
	return true;
}

static void keep(struct ssh_keys *keys, struct scanned_key *shown)
{
	GROW(keys->list, keys->n);
	keys->list[keys->n++] = (struct ssh_key){ .type = TAKE(shown->type),
		.blob = shown->blob,
		.fingerprint = hostkey_fingerprint(shown->blob.data, shown->blob.len) };
	buf_init(&shown->blob);
}

bool ssh_keys_ask(const struct ssh_config *c, struct ssh_keys *keys, struct err *e)
{
	AUTO(scanned_keys) struct scanned_keys shown = SCANNED_KEYS_EMPTY;
	bool ok;

	if (!gate_enter(c, deadline_in(c->timeout), e))
		return false;
	ok = scan(c, &shown, deadline_in(c->timeout), e);
	gate_leave(c);
	for (size_t i = 0; ok && i < shown.n; i++)
		keep(keys, &shown.list[i]);
	return ok && ssh_keys_look_up(c, keys, e);
}

void ssh_keys_clear(struct ssh_keys *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->list[i].type);
		free(k->list[i].fingerprint);
		free(k->list[i].old);
		buf_clear(&k->list[i].blob);
	}
	free(k->list);
	*k = (struct ssh_keys)SSH_KEYS_EMPTY;
}

/* ---- adding ---- */

const char *ssh_trust_file(const struct ssh_config *c)
{
	return hostkey_file(c);
}

bool ssh_trust_add(const struct ssh_config *c, const struct ssh_key *const *keys, size_t n,
	struct err *e)
{
	AUTO(str) char *path = fs_join(".", hostkey_file(c));
	AUTO(str) char *dir = fs_dirname(path);
	AUTO(str) char *name = hostkey_name(c);
	AUTO(buf) struct buf text = BUF_EMPTY;
	bool hashed;

	if (fs_exists(path) && !fs_read(path, MAX_FILE, &text, e))
		return false;
	hashed = known_edit_hashes(&text);
	for (size_t i = 0; i < n; i++)
		if (keys[i]->state == SSH_KEY_NEW)
			known_edit_add(&text, name, keys[i]->type, &keys[i]->blob, hashed);
	return fs_mkdirs(dir, 0700, e) && fs_rewrite(path, text.data, text.len, 0600, e);
}

bool ssh_trust_replace(const struct ssh_config *c, const struct ssh_key *key, struct err *e)
{
	AUTO(str) char *path = fs_join(".", key->file);
	AUTO(str) char *name = hostkey_name(c);
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (!fs_read(path, MAX_FILE, &text, e))
		return false;
	if (!known_edit_replace(&text, key->line, name, key->type, &key->blob, e))
		return err_wrap(e, "%s", key->file);
	return fs_rewrite(path, text.data, text.len, 0600, e);
}

/* ---- fingerprints ---- */

/* 43 digits of base64 that stand for 32 bytes. */
static bool is_fingerprint(const char *s, size_t len)
{
	static const char lead[] = "SHA256:";
	AUTO(buf) struct buf bytes = BUF_EMPTY, padded = BUF_EMPTY;

	if (len != sizeof lead - 1 + 43 || !text_starts(s, lead))
		return false;
	buf_add(&padded, s + sizeof lead - 1, 43);
	buf_putc(&padded, '=');
	return base64_decode(&bytes, padded.data, padded.len) && bytes.len == 32;
}

char *ssh_fingerprint_read(const char *text)
{
	static const char blanks[] = " \t\r\n";
	AUTO(str) char *found = NULL;

	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t len = strcspn(text, blanks);

		if (is_fingerprint(text, len)) {
			if (found)
				return NULL;
			found = xstrndup(text, len);
		}
		text += len;
	}
	return TAKE(found);
}
