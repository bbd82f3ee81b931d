#include "ssh/private/vouch.h"
#include "base/alloc.h"
#include "ssh/private/scan.h"

bool vouch_may(const struct ssh_config *c, const struct known_hosts *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (!k->keys[i].revoked)
			return false;
	return c->vouch && !k->authority;
}

bool vouch_any(const struct known_hosts *k)
{
	return k->n > 0 && k->keys[k->n - 1].vouched;
}

static void add(struct known_hosts *k, struct scanned_key *shown)
{
	GROW(k->keys, k->n);
	k->keys[k->n++] = (struct known_key){
		.type = TAKE(shown->type), .blob = shown->blob, .vouched = true
	};
	buf_init(&shown->blob);
}

static bool is_good(const struct ssh_config *c, const struct known_hosts *k,
	const struct buf *blob, struct err *e)
{
	const struct known_key *at;

	if (known_hosts_check(k, blob->data, blob->len, &at) == KNOWN_REVOKED)
		return err_set(e, ERR_AUTH, "it is revoked");
	return c->vouch->vouches(c->vouch->ctx, c->address, blob->data, blob->len, e);
}

bool vouch_for_all(
	const struct ssh_config *c, struct known_hosts *k, int64_t deadline, struct err *e)
{
	AUTO(scanned_keys) struct scanned_keys shown = SCANNED_KEYS_EMPTY;
	struct err others;

	if (!scan(c, &shown, deadline, e))
		return false;
	/* what is told is of the key that we like best */
	for (size_t i = 0; i < shown.n; i++)
		if (is_good(c, k, &shown.list[i].blob, i == 0 ? e : &others))
			add(k, &shown.list[i]);
	return vouch_any(k);
}

bool vouch_failed(struct err *e, const struct err *why)
{
	AUTO(str) char *text = xstrdup(e->msg);

	return err_set(e, e->kind, "%s (%s)", text, why->msg);
}

char *vouch_tell(char *key)
{
	char *told = xasprintf("%s (by SSHFP)", key);

	free(key);
	return told;
}
