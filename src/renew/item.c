#include "renew/private/item.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#define GENERATIONS 5

void item_init(struct item *it, const struct certificate *c)
{
	*it = (struct item){
		.certificate = c,
		.begun = STORE_ORDER_EMPTY,
		.arena = arena_new(),
	};
}

void item_clear(struct item *it)
{
	for (size_t i = 0; i < it->n_authorizations; i++)
		acme_authorization_clear(&it->authorizations[i]);
	free(it->authorizations);
	acme_order_clear(&it->order);
	store_order_clear(&it->begun);
	arena_free(it->arena);
}

static int64_t order_deadline(const struct desk *d)
{
	return deadline_in(d->settings->acme.timeout);
}

/* ---- the order ---- */

static bool same_names(const struct store_order *o, const struct certificate *c)
{
	if (o->n_names != c->n_names)
		return false;
	for (size_t i = 0; i < o->n_names; i++)
		if (!text_eq(o->names[i], c->names[i]))
			return false;
	return true;
}

/* A run that was killed between the store's write and the order's drop has left it behind.
 */
static bool done_already(const struct item *it, const struct desk *d)
{
	AUTO(chain) struct chain stored = { 0 };
	struct err e;

	return !it->certificate->reuse_key && store_has(d->store, it->certificate->name) &&
		store_read_chain(d->store, it->certificate->name, &stored, &e) &&
		cert_matches_key(stored.certs[0], it->begun.key);
}

/* Still the same wish, at the same CA, and not fulfilled yet. */
static bool fits(const struct item *it, const struct desk *d)
{
	const struct store_order *o = &it->begun;

	return text_eq(o->directory, d->directory) &&
		text_eq(o->account, acme_account_url(d->acme)) &&
		same_names(o, it->certificate) &&
		text_eq(key_name(o->key), it->certificate->key) && !done_already(it, d);
}

/*
 * Go on with the order that was begun, if it lives: *lives. A CA that can't be asked, or
 * wants no questions now, has said nothing about it: that is a failure.
 */
static bool resume(struct item *it, const struct desk *d, bool *lives, struct err *e)
{
	*lives = false;
	it->order.url = xstrdup(it->begun.url);
	if (acme_order_refresh(d->acme, &it->order, order_deadline(d), e)) {
		*lives = it->order.status <= ACME_VALID;
		return true;
	}
	return e->not_before == 0 && (e->kind == ERR_ACME || e->kind == ERR_PROTOCOL);
}

static struct key *key_for(const struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	AUTO(bundle) struct bundle old = BUNDLE_EMPTY;
	enum key_type type;

	if (!key_type_parse(c->key, &type)) {
		err_at(e, c->pos, "%s: not a key type", c->key);
		return NULL;
	}
	if (c->reuse_key && store_has(d->store, c->name)) {
		if (!store_read(d->store, c->name, &old, e))
			return NULL;
		if (text_eq(key_name(old.key), key_type_name(type)))
			return TAKE(old.key);
	}
	return key_generate(type, e);
}

/* A profile that is only preferred is done without where the CA doesn't have it. */
static bool new_order(struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	const struct acme_settings *s = &d->settings->acme;
	const int64_t deadline = order_deadline(d);
	struct acme_wish w = { c->names, c->n_names, s->profile, NULL };

	if (acme_order_new(d->acme, &w, &it->order, deadline, e))
		return true;
	if (!s->profile_optional || e->kind != ERR_CONFIG)
		return false;
	w.profile = NULL;
	return acme_order_new(d->acme, &w, &it->order, deadline, e);
}

/* Key, CSR and order are on disk before anything is validated or finalized. */
static bool begin_order(struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	struct store_order *o = &it->begun;

	store_order_clear(o);
	acme_order_clear(&it->order);
	o->key = key_for(it, d, e);
	if (!o->key || !key_make_csr(o->key, c->names, c->n_names, &o->csr, e) ||
		!new_order(it, d, e))
		return false;
	o->url = xstrdup(it->order.url);
	o->account = xstrdup(acme_account_url(d->acme));
	o->directory = xstrdup(d->directory);
	o->names = xcalloc(c->n_names, sizeof *o->names);
	for (; o->n_names < c->n_names; o->n_names++)
		o->names[o->n_names] = xstrdup(c->names[o->n_names]);
	return store_order_save(d->store, c->name, o, e);
}

static bool find_order(struct item *it, const struct desk *d, struct err *e)
{
	const char *name = it->certificate->name;
	bool found, lives = false;

	/* A damaged one is as good as none: what it was begun for can be begun again. */
	if (store_order_load(d->store, name, &it->begun, &found, e) && found &&
		fits(it, d) && !resume(it, d, &lives, e))
		return false;
	return lives || (store_order_drop(d->store, name, e) && begin_order(it, d, e));
}

/* ---- authorizations and their records ---- */

/* A CA must not have records put where it likes. */
static bool is_ours(const struct certificate *c, const char *domain)
{
	for (size_t i = 0; i < c->n_names; i++) {
		const char *name = c->names[i];

		if (text_eq(text_starts(name, "*.") ? name + 2 : name, domain))
			return true;
	}
	return false;
}

static bool add_record(struct item *it, const struct desk *d,
	const struct acme_authorization *z, struct err *e)
{
	AUTO(buf) struct buf value = BUF_EMPTY;
	struct dns_record r = { .owner = it };

	if (!is_ours(it->certificate, z->domain))
		return err_set(e, ERR_ACME,
			"the CA wants a record for %s, which isn't asked for", z->domain);
	if (!z->challenge)
		return err_set(
			e, ERR_ACME, "%s: the CA offers no dns-01 challenge", z->domain);
	r.config = providers_for(d->providers, z->domain, e);
	if (!r.config)
		return false;
	acme_dns01_value(d->acme, z->token, &value);
	r.domain = arena_strdup(it->arena, z->domain);
	r.token = arena_strdup(it->arena, z->token);
	r.value = arena_strdup(it->arena, value.data);
	it->records[it->n_records++] = r;
	return true;
}

static bool find_authorizations(struct item *it, const struct desk *d, struct err *e)
{
	const struct acme_order *o = &it->order;

	it->authorizations = xcalloc(o->n_authorizations, sizeof *it->authorizations);
	it->records = arena_calloc(it->arena, o->n_authorizations, sizeof *it->records);
	for (size_t i = 0; i < o->n_authorizations; i++) {
		struct acme_authorization *z = &it->authorizations[it->n_authorizations++];

		if (!acme_authorization_get(
			    d->acme, o->authorizations[i], z, order_deadline(d), e))
			return false;
		if (z->status == ACME_PENDING) {
			if (!add_record(it, d, z, e))
				return false;
		} else if (z->status != ACME_VALID) {
			return err_set(e, ERR_ACME,
				"%s: the CA's authorization is dead: %s", z->domain,
				z->problem.msg);
		}
	}
	return true;
}

bool item_begin(struct item *it, const struct desk *d, struct err *e)
{
	if (!find_order(it, d, e))
		return false;
	return it->order.status != ACME_PENDING || find_authorizations(it, d, e);
}

/* ---- validation, finalization ---- */

/* Tell the CA of all, then wait for each: it validates them side by side. */
static bool validate(struct item *it, const struct desk *d, struct err *e)
{
	const int64_t deadline = order_deadline(d);

	for (size_t i = 0; i < it->n_authorizations; i++)
		if (it->authorizations[i].status == ACME_PENDING &&
			!acme_challenge_ready(d->acme, &it->authorizations[i], deadline, e))
			return false;
	for (size_t i = 0; i < it->n_authorizations; i++)
		if (it->authorizations[i].status == ACME_PENDING &&
			!acme_authorization_wait(
				d->acme, &it->authorizations[i], deadline, e))
			return false;
	return true;
}

static bool finalize(struct item *it, const struct desk *d, struct err *e)
{
	struct acme_order *o = &it->order;
	const int64_t deadline = order_deadline(d);

	if (o->status == ACME_PENDING &&
		(!validate(it, d, e) ||
			!acme_order_wait(d->acme, o, ACME_PENDING, deadline, e)))
		return false;
	if (o->status == ACME_READY &&
		!acme_order_finalize(d->acme, o, &it->begun.csr, deadline, e))
		return false;
	if (o->status == ACME_PROCESSING &&
		!acme_order_wait(d->acme, o, ACME_PROCESSING, deadline, e))
		return false;
	if (o->status == ACME_VALID)
		return true;
	if (o->problem.kind != ERR_NONE)
		*e = o->problem;
	else
		err_set(e, ERR_ACME, "the CA gave the order up and doesn't say why");
	return false;
}

/* A CA is a stranger too: is it what was asked for? */
static bool check(const struct item *it, const struct bundle *b, struct err *e)
{
	const struct certificate *c = it->certificate;
	const struct cert *leaf = b->chain.certs[0];

	if (!cert_has_names(leaf, c->names, c->n_names))
		return err_set(e, ERR_ACME, "the CA issued a certificate for other names");
	if (cert_not_after(leaf) <= clock_now())
		return err_set(e, ERR_ACME, "the CA issued a certificate that has expired");
	return true;
}

static bool get(struct item *it, const struct desk *d, struct bundle *b, struct err *e)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	bool passing;

	if (acme_certificate(
		    d->acme, it->order.certificate, &pem, NULL, order_deadline(d), e) &&
		bundle_from_pem(b, pem.data, pem.len, it->begun.key, e) && check(it, b, e))
		return true;
	/* What the CA made of this order won't get better by asking for it again. */
	passing = e->kind == ERR_NET || e->kind == ERR_TIMEOUT || e->kind == ERR_STOPPED;
	it->spoilt = !passing && e->not_before == 0;
	return false;
}

static bool fetch(struct item *it, const struct desk *d, struct err *e)
{
	const char *name = it->certificate->name;
	AUTO(bundle) struct bundle b = BUNDLE_EMPTY;

	if (!get(it, d, &b, e) || !store_write(d->store, name, &b, GENERATIONS, e))
		return false;
	it->not_after = cert_not_after(b.chain.certs[0]);
	it->fingerprint = cert_sha256(b.chain.certs[0]);
	return store_order_drop(d->store, name, e);
}

bool item_finish(struct item *it, const struct desk *d, struct err *e)
{
	return finalize(it, d, e) && fetch(it, d, e);
}

/* ---- what the next run must know ---- */

static void replace(char **text, const char *with)
{
	free(*text);
	*text = with ? xstrdup(with) : NULL;
}

static void note_failure(struct store_state *st, const struct item *it)
{
	st->failures++;
	st->not_before = it->err.not_before;
	replace(&st->last_error, it->err.msg);
}

static void note_success(
	struct store_state *st, const struct item *it, const struct desk *d)
{
	st->failures = 0;
	st->not_before = 0;
	st->issued = clock_now();
	replace(&st->last_error, NULL);
	replace(&st->directory, d->directory);
	replace(&st->account, it->begun.account);
	replace(&st->order, it->begun.url);
}

/* An order that the CA has refused is of no more use; one that was only interrupted is. */
static bool dead(const struct item *it)
{
	return it->spoilt ||
		(it->order.url && it->err.kind == ERR_ACME && it->err.not_before == 0);
}

void item_remember(struct item *it, const struct desk *d)
{
	const char *name = it->certificate->name;
	AUTO(store_state) struct store_state st = { 0 };
	struct err e = { 0 };

	if (it->err.kind == ERR_STOPPED)
		return;
	if (!store_state_load(d->store, name, &st, &e))
		st = (struct store_state){ 0 };
	if (it->err.kind == ERR_NONE)
		note_success(&st, it, d);
	else
		note_failure(&st, it);
	if (!store_state_save(d->store, name, &st, &e) ||
		(dead(it) && !store_order_drop(d->store, name, &e)))
		if (it->err.kind == ERR_NONE)
			it->err = e;
}
