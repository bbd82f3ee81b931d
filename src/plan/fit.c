#include "base/clock.h"
#include "plan/plan.h"

bool plan_fit(const struct bundle *b, const char *const *names, size_t n_names,
	const struct trust *trust, struct err *e)
{
	const struct cert *leaf = b->chain.certs[0];
	const struct time_text from = time_openssl(cert_not_before(leaf));
	const struct time_text to = time_openssl(cert_not_after(leaf));
	const time_t now = clock_now();

	if (!cert_matches_key(leaf, b->key))
		return err_set(e, ERR_REFUSED, "the key isn't the certificate's");
	if (now < cert_not_before(leaf))
		return err_set(e, ERR_REFUSED, "not valid before %s", from.s);
	if (now > cert_not_after(leaf))
		return err_set(e, ERR_REFUSED, "expired on %s", to.s);
	if (names && !cert_has_names(leaf, names, n_names))
		return err_set(e, ERR_REFUSED,
			"isn't for the names in the settings: renew it first");
	if (!chain_verify(&b->chain, trust, e)) {
		e->kind = ERR_REFUSED;
		return false;
	}
	return true;
}

/* Of a check by name those certificates are shown that are for it. */
static bool shown_to_servers(const struct service *s, const struct cert *leaf)
{
	for (size_t i = 0; i < s->n_checks; i++) {
		const struct check *c = &s->checks[i];

		if (c->client_auth && (!c->name || cert_covers(leaf, c->name)))
			return true;
	}
	return s->client_auth;
}

bool plan_fit_for(const struct bundle *b, const struct service *s, struct err *e)
{
	const struct cert *leaf = b->chain.certs[0];

	return !shown_to_servers(s, leaf) || cert_is_for_clients(leaf) ||
		err_set(e, ERR_REFUSED,
			"isn't for TLS clients (clientAuth), which the service wants it for");
}
