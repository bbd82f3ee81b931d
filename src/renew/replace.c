/*
 * What is replaced is remembered in the store before its successor is ordered, and
 * forgotten when it is revoked: whatever happens between, the next run goes on.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "renew/private/replaced.h"
#include "renew/private/revoke.h"

static const char compromised[] = "keyCompromise";

void replacement_clear(struct replacement *r)
{
	free(r->reason);
	*r = (struct replacement){ 0 };
}

bool is_replaced(const struct store_replaced *r, const struct cert *leaf)
{
	const struct sha256 a = cert_key_sha256(r->old.chain.certs[0]);
	const struct sha256 b = cert_key_sha256(leaf);

	return sha256_eq(&a, &b);
}

/* What is compromised stays that, whatever is said of it later. */
static const char *reason_of(
	const char *given, const char *before, const struct store_state *st)
{
	if (text_eq(before, compromised) || text_eq(st->revoked, compromised))
		return compromised;
	if (given)
		return given;
	if (before)
		return before;
	return st->revoked ? st->revoked : "superseded";
}

bool replacement_look(const struct certificate *c, const struct store *store,
	const char *reason, struct replacement *r, struct err *e)
{
	AUTO(store_replaced) struct store_replaced old = STORE_REPLACED_EMPTY;
	AUTO(store_state) struct store_state st = { 0 };
	AUTO(chain) struct chain chain = { 0 };
	struct err unread;
	bool found;

	if (!store_has(store, c->name))
		return err_set(e, ERR_REFUSED,
			"not in the store: nothing to replace; certpush renew %s", c->name);
	if (!store_read_chain(store, c->name, &chain, e) ||
		!store_replaced_load(store, c->name, &old, &found, e))
		return false;
	/* what it knew is lost then, and that is no reason not to replace it */
	if (!store_state_load(store, c->name, &st, &unread))
		st = (struct store_state){ 0 };
	r->begun = found;
	r->issued = found && !is_replaced(&old, chain.certs[0]);
	r->not_after = cert_not_after(found ? old.old.chain.certs[0] : chain.certs[0]);
	r->reason = xstrdup(reason_of(reason, old.reason, &st));
	return true;
}

/*
 * An order that was begun may have the very key, or the next one; and whoever has the key
 * may have the next one too: it lay beside it.
 */
static bool throw_away(
	const char *name, struct store *store, const char *reason, struct err *e)
{
	return store_order_drop(store, name, e) &&
		(!text_eq(reason, compromised) || store_next_key_drop(store, name, e));
}

static bool remember(const char *name, struct store *store, const char *reason,
	struct store_replaced *old, struct err *e)
{
	AUTO(store_state) struct store_state st = { 0 };
	struct err unread;

	if (!store_read(store, name, &old->old, e) || !throw_away(name, store, reason, e))
		return false;
	if (store_state_load(store, name, &st, &unread))
		old->directory = TAKE(st.directory);
	old->reason = xstrdup(reason);
	return store_replaced_save(store, name, old, e);
}

bool replacement_begin(const struct certificate *c, struct store *store,
	const struct replacement *r, struct err *e)
{
	AUTO(store_replaced) struct store_replaced old = STORE_REPLACED_EMPTY;
	bool found;

	if (!store_replaced_load(store, c->name, &old, &found, e))
		return false;
	if (!found)
		return remember(c->name, store, r->reason, &old, e);
	if (text_eq(old.reason, r->reason))
		return true;
	if (text_eq(r->reason, compromised) && !store_next_key_drop(store, c->name, e))
		return false;
	free(old.reason);
	old.reason = xstrdup(r->reason);
	return store_replaced_save(store, c->name, &old, e);
}

bool replacement_end(const struct settings *s, const struct certificate *c,
	struct store *store, const char **what, struct err *e)
{
	AUTO(store_replaced) struct store_replaced old = STORE_REPLACED_EMPTY;
	const struct cert *leaf;
	bool found, already = false, expired;

	if (!store_replaced_load(store, c->name, &old, &found, e))
		return false;
	if (!found)
		return err_set(e, ERR_REFUSED, "nothing of it is being replaced");
	leaf = old.old.chain.certs[0];
	expired = cert_not_after(leaf) <= clock_now();
	if (!expired &&
		!revoke_bundle(s, c, old.directory, &old.old, &old.reason, &already, e))
		return false;
	*what = expired ? "it has expired" : already ? "it was already" : NULL;
	return store_revoked_add(store, c->name, leaf, old.reason,
		       text_eq(old.reason, compromised), e) &&
		store_replaced_drop(store, c->name, e);
}
