#include "renew/private/records.h"
#include "base/alloc.h"
#include "base/text.h"

static void append(struct item *it, struct dns_record r)
{
	r.owner = it;
	it->records[it->n_records++] = r;
}

/* One whose value is made of the challenge's token. */
static bool add_proof(struct item *it, const struct providers *p,
	const struct acme_authorization *z, struct err *e)
{
	const struct acme *acme = it->account->acme;
	const enum acme_method m = item_method(it);
	const char *token = z->challenges[m].token;
	AUTO(buf) struct buf value = BUF_EMPTY, authorization = BUF_EMPTY;
	AUTO(buf) struct buf label = BUF_EMPTY;
	AUTO(str) char *name = NULL;
	struct dns_record r = { 0 };

	if (m == ACME_DNS_ACCOUNT_01)
		acme_account_label(acme, &label);
	r.config = providers_find(p, z->domain, label.len ? label.data : NULL, &name, e);
	if (!r.config)
		return false;
	acme_key_authorization(acme, token, &authorization);
	acme_dns01_value(acme, token, &value);
	r.name = name ? arena_strdup(it->arena, name) : NULL;
	r.domain = arena_strdup(it->arena, z->domain);
	r.token = arena_strdup(it->arena, token);
	r.authorization = arena_strdup(it->arena, authorization.data);
	r.value = arena_strdup(it->arena, value.data);
	append(it, r);
	return true;
}

char *records_standing_name(const char *domain)
{
	return xasprintf("_validation-persist.%s", domain);
}

/* The CA says by which names it may be known, and by which URI the account. */
static void add_standing(
	struct item *it, const struct providers *p, const struct acme_authorization *z)
{
	const struct acme_challenge *c = &z->challenges[ACME_DNS_PERSIST_01];
	const char *account = c->account ? c->account : acme_account_url(it->account->acme);
	const char **issuers = arena_calloc(it->arena, c->n_issuers, sizeof *issuers);
	struct dns_standing *s = arena_calloc(it->arena, 1, sizeof *s);
	AUTO(str) char *name = records_standing_name(z->domain);

	for (size_t i = 0; i < c->n_issuers; i++)
		issuers[i] = arena_strdup(it->arena, c->issuers[i]);
	*s = (struct dns_standing){
		.issuers = issuers,
		.n_issuers = c->n_issuers,
		.account = arena_strdup(it->arena, account),
		.wildcard = certificate_has_wildcard(it->certificate, z->domain),
	};
	append(it,
		(struct dns_record){
			.config = providers_to_look(p, z->domain),
			.domain = arena_strdup(it->arena, z->domain),
			.standing = s,
			.name = arena_strdup(it->arena, name),
		});
}

bool records_add(struct item *it, const struct providers *p,
	const struct acme_authorization *z, struct err *e)
{
	const enum acme_method m = item_method(it);

	/* a CA must not have records put where it likes */
	if (!certificate_has_domain(it->certificate, it->certificate->n_names, z->domain))
		return err_set(e, ERR_ACME,
			"the CA wants a record for %s, which isn't asked for", z->domain);
	if (!z->challenges[m].url)
		return err_set(e, ERR_ACME, "%s: the CA offers no %s challenge", z->domain,
			acme_method_name(m));
	if (m != ACME_DNS_PERSIST_01)
		return add_proof(it, p, z, e);
	add_standing(it, p, z);
	return true;
}
