#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "renew/account.h"
#include "renew/renew.h"

#define REVOKE_SECONDS 60

/* The CA that issued it; the first of the settings where nobody remembers. */
static const struct ca_settings *issuer_of(
	const struct certificate *c, const struct store_state *st)
{
	struct err e;

	for (size_t i = 0; i < c->n_cas; i++)
		if (text_eq(account_directory(c->cas[i], &e), st->directory))
			return c->cas[i];
	return st->directory ? NULL : c->cas[0];
}

/* The account's word is enough where it is the account that ordered it. */
static bool by_account(struct account *a, const struct store_state *st)
{
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	bool found;
	struct err e;

	return st->account && account_look(a, &info, &found, &e) && found &&
		text_eq(acme_account_url(a->acme), st->account);
}

static bool revoke(const struct settings *s, const struct ca_settings *ca,
	const struct store_state *st, const struct bundle *b, const char *reason,
	bool *already, struct err *e)
{
	AUTO(account) struct account account = { 0 };
	AUTO(buf) struct buf der = BUF_EMPTY;
	const struct key *by = b->key;
	int number;

	if (!acme_reason_parse(reason, &number, e) ||
		!account_reach(&account, ca, s->accounts, e))
		return false;
	if (!text_eq(reason, "keyCompromise") && by_account(&account, st))
		by = NULL;
	cert_der(b->chain.certs[0], &der);
	return acme_revoke(
		account.acme, &der, by, number, already, deadline_in(REVOKE_SECONDS), e);
}

bool renew_revoke(const struct settings *s, const struct certificate *c,
	struct store *store, const char *reason, bool *already, struct err *e)
{
	AUTO(store_state) struct store_state st = { 0 };
	AUTO(bundle) struct bundle b = BUNDLE_EMPTY;
	const struct ca_settings *ca;

	if (!store_state_load(store, c->name, &st, e) || !store_read(store, c->name, &b, e))
		return false;
	ca = issuer_of(c, &st);
	if (!ca)
		return err_set(e, ERR_CONFIG,
			"it was issued by %s, which is none of its CAs in the settings",
			st.directory);
	if (!revoke(s, ca, &st, &b, reason, already, e))
		return false;
	if (!st.revoked || text_eq(reason, "keyCompromise")) {
		free(st.revoked);
		st.revoked = xstrdup(reason);
	}
	return store_state_save(store, c->name, &st, e);
}
