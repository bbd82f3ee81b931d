#include "renew/private/revoke.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "renew/account.h"

#define REVOKE_SECONDS 60

static bool has_account(struct account *a)
{
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	bool found;
	struct err e;

	return account_look(a, &info, &found, &e) && found;
}

/*
 * By the account, if it is the one that ordered it, or else by the certificate's own key.
 * CAs take what the key signs as its compromise, whatever the reason (Boulder: and block
 * it), so *compromised then.
 */
static bool revoke(const struct settings *s, const struct ca_settings *ca,
	const struct bundle *b, int reason, bool *already, bool *compromised, struct err *e)
{
	AUTO(account) struct account account = { 0 };
	AUTO(buf) struct buf der = BUF_EMPTY;

	*compromised = reason == ACME_KEY_COMPROMISE;
	if (!account_check(ca, e) || !account_reach(&account, ca, s->accounts, e))
		return false;
	cert_der(b->chain.certs[0], &der);
	if (!*compromised && has_account(&account)) {
		if (acme_revoke(account.acme, &der, NULL, reason, already,
			    deadline_in(REVOKE_SECONDS), e))
			return true;
		if (!acme_refused(e))
			return false;
	}
	*compromised = true;
	return acme_revoke(account.acme, &der, b->key, reason, already,
		deadline_in(REVOKE_SECONDS), e);
}

bool revoke_bundle(const struct settings *s, const struct certificate *c,
	const char *directory, const struct bundle *b, char **reason, bool *already,
	struct err *e)
{
	const struct ca_settings *ca =
		directory ? account_ca(s->cas, s->n_cas, directory) : c->cas[0];
	bool compromised;
	int number;

	if (!ca)
		return err_set(e, ERR_CONFIG,
			"it was issued by %s, which is no CA of the settings", directory);
	if (!acme_reason_parse(*reason, &number, e) ||
		!revoke(s, ca, b, number, already, &compromised, e))
		return false;
	free(*reason);
	*reason = xstrdup(acme_reason_name(compromised ? ACME_KEY_COMPROMISE : number));
	return true;
}

bool renew_revoke(const struct settings *s, const struct certificate *c,
	struct store *store, int reason, bool *already, struct err *e)
{
	AUTO(str) char *word = xstrdup(acme_reason_name(reason));
	AUTO(store_state) struct store_state st = { 0 };
	AUTO(bundle) struct bundle b = BUNDLE_EMPTY;
	struct err unread;
	bool compromised;

	if (!store_read(store, c->name, &b, e))
		return false;
	/* what it knew is lost then, and that is no reason not to revoke */
	if (!store_state_load(store, c->name, &st, &unread))
		st = (struct store_state){ 0 };
	if (!revoke_bundle(s, c, st.directory, &b, &word, already, e))
		return false;
	compromised = text_eq(word, acme_reason_name(ACME_KEY_COMPROMISE));
	if (compromised || !st.revoked) {
		free(st.revoked);
		st.revoked = TAKE(word);
	}
	return store_revoked_add(
		       store, c->name, b.chain.certs[0], st.revoked, compromised, e) &&
		store_state_save(store, c->name, &st, e);
}
