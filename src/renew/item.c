#include "renew/private/item.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "renew/private/records.h"

#define GENERATIONS     5
#define ORDER_INTERVAL  3600 /* seconds */
#define ABANDON_SECONDS 15
#define DNSSEC_SECONDS  10

static void replace(char **text, const char *with)
{
	free(*text);
	*text = with ? xstrdup(with) : NULL;
}

void item_init(struct item *it, const struct certificate *c, struct store_state *state)
{
	*it = (struct item){
		.certificate = c,
		.state = state,
		.begun = STORE_ORDER_EMPTY,
		.arena = arena_new(),
	};
}

void item_again(struct item *it)
{
	const struct item was = *it;

	item_clear(it);
	item_init(it, was.certificate, was.state);
	it->urgent = was.urgent;
	it->fresh = was.fresh;
	it->trial = was.trial;
	it->turn = was.turn + 1;
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

static struct acme *acme_of(const struct item *it)
{
	return it->account->acme;
}

enum acme_method item_method(const struct item *it)
{
	enum acme_method m = ACME_DNS_01;

	/* the settings know no others */
	(void)acme_method_parse(challenge_of(it->certificate, it->account->ca), &m);
	return m;
}

static int64_t order_deadline(const struct item *it)
{
	return deadline_in(it->account->ca->timeout);
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

/* A key that is in other hands is not used again. */
static bool reuses_key(const struct item *it)
{
	return it->certificate->reuse_key && !it->fresh &&
		!text_eq(it->state->revoked, "keyCompromise");
}

static bool is_in_force(const struct item *it, const struct desk *d, const struct key *key)
{
	AUTO(chain) struct chain stored = { 0 };
	struct err e;

	return store_has(d->store, it->certificate->name) &&
		store_read_chain(d->store, it->certificate->name, &stored, &e) &&
		cert_matches_key(stored.certs[0], key);
}

/*
 * Still the same wish, at the same CA, and not fulfilled yet: a run that was killed between
 * the store's write and the order's drop has left it behind.
 */
static bool fits(const struct item *it, const struct desk *d)
{
	const struct store_order *o = &it->begun;

	return text_eq(o->directory, it->account->directory) &&
		text_eq(o->account, acme_account_url(acme_of(it))) &&
		same_names(o, it->certificate) &&
		text_eq(key_name(o->key), it->certificate->key) &&
		profile_fits(profile_of(it->certificate, it->account->ca), o->profile) &&
		(reuses_key(it) || !is_in_force(it, d, o->key));
}

/*
 * Go on with the order that was begun, if it lives: *lives. A CA that can't be asked, or
 * wants no questions now, has said nothing about it: that is a failure.
 */
static bool resume(struct item *it, bool *lives, struct err *e)
{
	*lives = false;
	it->order.url = xstrdup(it->begun.url);
	if (acme_order_refresh(acme_of(it), &it->order, order_deadline(it), e)) {
		*lives = it->order.status <= ACME_VALID;
		return true;
	}
	return e->not_before == 0 && (e->kind == ERR_ACME || e->kind == ERR_PROTOCOL);
}

/* The one that was made in advance; NULL if there is none that fits. */
static struct key *in_advance(
	const struct item *it, const struct desk *d, enum key_type type)
{
	const struct certificate *c = it->certificate;
	AUTO(key) struct key *next = NULL;
	struct err e;

	if (!store_next_key(d->store, c->name, &next, &e)) {
		report_warn(d->report, "%s: %s", c->name, e.msg);
		return NULL;
	}
	/* in force: a run was killed before it made another */
	if (!next || !text_eq(key_name(next), key_type_name(type)) ||
		is_in_force(it, d, next))
		return NULL;
	return TAKE(next);
}

static struct key *prepared(const struct item *it, const struct desk *d, enum key_type type)
{
	/* whoever has the one key may have this one too: it lay beside it */
	if (!it->certificate->next_key || it->fresh ||
		text_eq(it->state->revoked, "keyCompromise"))
		return NULL;
	return in_advance(it, d, type);
}

/* It is in force now, and the next one is another; but one that was passed over is still
 * the next one. */
static void prepare_next(struct item *it, const struct desk *d)
{
	const struct certificate *c = it->certificate;
	AUTO(key) struct key *next = NULL;
	enum key_type type;
	struct err e = { 0 };

	if (!c->next_key || !key_type_parse(c->key, &type))
		return;
	next = it->fresh ? in_advance(it, d, type) : NULL;
	if (!next) {
		next = key_generate(type, &e);
		if (next && !store_next_key_save(d->store, c->name, next, &e))
			key_free(TAKE(next));
	}
	it->has_next = next && key_sha256(next, &it->next);
	if (!it->has_next)
		report_warn(
			d->report, "%s: no key for the next renewal: %s", c->name, e.msg);
}

static struct key *key_for(const struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	AUTO(bundle) struct bundle old = BUNDLE_EMPTY;
	enum key_type type;
	struct key *next;

	if (!key_type_parse(c->key, &type)) {
		err_at(e, c->pos, "%s: not a key type", c->key);
		return NULL;
	}
	if (reuses_key(it) && store_has(d->store, c->name)) {
		if (!store_read(d->store, c->name, &old, e))
			return NULL;
		if (text_eq(key_name(old.key), key_type_name(type)))
			return TAKE(old.key);
	}
	next = prepared(it, d, type);
	return next ? next : key_generate(type, e);
}

/* What the order replaces, to the CA and account that issued it: others refuse (RFC 9773
 * 5). */
static const char *predecessor(const struct item *it)
{
	const struct store_state *st = it->state;
	const bool theirs = acme_has_renewal_info(acme_of(it)) &&
		text_eq(st->directory, it->account->directory) &&
		text_eq(st->account, acme_account_url(acme_of(it)));

	return theirs ? st->renewal_id : NULL;
}

/* A profile that is only preferred is done without where the CA doesn't have it. */
static bool new_order(struct item *it, struct err *e)
{
	const struct certificate *c = it->certificate;
	const struct profile *profile = profile_of(c, it->account->ca);
	const int64_t deadline = order_deadline(it);
	struct acme_wish w = { c->names, c->n_names, profile->name, predecessor(it) };

	if (acme_order_new(acme_of(it), &w, &it->order, deadline, e)) {
		it->begun.profile = w.profile ? xstrdup(w.profile) : NULL;
		return true;
	}
	if (!profile->optional || e->not_before ||
		(e->kind != ERR_CONFIG && e->kind != ERR_ACME))
		return false;
	w.profile = NULL;
	return acme_order_new(acme_of(it), &w, &it->order, deadline, e);
}

static struct sha256_hex names_print(const struct certificate *c)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct sha256 d;

	for (size_t i = 0; i < c->n_names; i++)
		buf_printf(&text, "%s\n", c->names[i]);
	d = sha256_of(text.data, text.len);
	return sha256_hex(&d);
}

/*
 * CAs count orders for one set of names, and Let's Encrypt gives five a week: a run that
 * goes wrong in a loop must not use them up.
 */
static bool note_order(const struct item *it, const struct desk *d, struct err *e)
{
	const struct sha256_hex names = names_print(it->certificate);
	struct store_state *st = it->state;
	const time_t now = clock_now();

	if (!d->force && text_eq(st->ordered_names, names.s) &&
		text_eq(st->ordered_at, it->account->directory) && st->ordered <= now &&
		now - st->ordered < ORDER_INTERVAL)
		return err_set(e, ERR_REFUSED,
			"ordered %s ago: one order an hour for the same names, but with --force%s%s",
			time_span(now - st->ordered).s,
			st->last_error ? "; last time: " : "",
			st->last_error ? st->last_error : "");
	st->ordered = now;
	replace(&st->ordered_names, names.s);
	replace(&st->ordered_at, it->account->directory);
	return store_state_save(d->store, it->certificate->name, st, e);
}

/*
 * What never reached the CA, or wasn't refused by it, it hasn't counted. Key and CSR are
 * written before: an order must not be lost since there is no room to write it down.
 */
static bool order_counted(struct item *it, const struct desk *d, struct err *e)
{
	struct err left;

	if (!note_order(it, d, e))
		return false;
	if (store_order_save(d->store, it->certificate->name, &it->begun, e) &&
		new_order(it, e))
		return true;
	if (e->kind == ERR_ACME)
		return false;
	it->state->ordered = 0;
	if (!store_state_save(d->store, it->certificate->name, it->state, &left))
		report_warn(d->report, "%s: %s", it->certificate->name, left.msg);
	return false;
}

/* Key, CSR and order are on disk before anything is validated or finalized. */
static bool begin_order(struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	struct store_order *o = &it->begun;
	struct err left;

	store_order_clear(o);
	acme_order_clear(&it->order);
	o->key = key_for(it, d, e);
	if (!o->key || !key_make_csr(o->key, c->names, c->n_names, &o->csr, e))
		return false;
	o->account = xstrdup(acme_account_url(acme_of(it)));
	o->directory = xstrdup(it->account->directory);
	o->names = xcalloc(c->n_names, sizeof *o->names);
	for (; o->n_names < c->n_names; o->n_names++)
		o->names[o->n_names] = xstrdup(c->names[o->n_names]);
	if (!order_counted(it, d, e)) {
		if (!store_order_drop(d->store, c->name, &left))
			report_warn(d->report, "%s: %s", c->name, left.msg);
		return false;
	}
	o->url = xstrdup(it->order.url);
	/* dropped first: the room it had is what it will have */
	return store_order_drop(d->store, c->name, e) &&
		store_order_save(d->store, c->name, o, e);
}

static bool caa_permits(const struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	const struct acme_meta *meta = acme_meta(acme_of(it));
	const struct dns_caa who = {
		.issuers = (const char *const *)meta->caa,
		.n_issuers = meta->n_caa,
		.account = acme_account_url(acme_of(it)),
		.method = acme_method_name(item_method(it)),
	};

	for (size_t i = 0; i < c->n_names && meta->n_caa > 0; i++) {
		const char *domain = certificate_domain(c->names[i]);
		const bool wildcard = domain != c->names[i];

		if (!dns_caa(providers_to_look(d->providers, domain), domain, wildcard,
			    &who, e))
			return false;
	}
	return true;
}

/* How the name servers of its name i are asked. */
static const struct dns_config *config_for(
	const struct item *it, const struct desk *d, size_t i)
{
	return providers_to_look(
		d->providers, certificate_domain(it->certificate->names[i]));
}

/* All of one dns entry at once, as they share most of what is asked. Whatever can't be told
 * in that time isn't waited for. */
static bool dnssec_holds(const struct item *it, const struct desk *d, struct err *e)
{
	const struct certificate *c = it->certificate;
	const int64_t deadline = deadline_in(DNSSEC_SECONDS);
	const char **domains = arena_calloc(it->arena, c->n_names, sizeof *domains);

	for (size_t i = 0; i < c->n_names; i++) {
		const struct dns_config *config = config_for(it, d, i);
		bool first = true;
		size_t n = 0;

		for (size_t k = 0; k < c->n_names; k++)
			if (config_for(it, d, k) == config) {
				first &= k >= i;
				domains[n++] = certificate_domain(c->names[k]);
			}
		if (first && !dns_dnssec(config, domains, n, deadline, e))
			return false;
	}
	return true;
}

/* Before an order is spent on what the CA would have to refuse. */
static bool preflight(const struct item *it, const struct desk *d, struct err *e)
{
	return caa_permits(it, d, e) && dnssec_holds(it, d, e);
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

static bool take(struct item *it, const char *url, struct bundle *b,
	struct acme_alternates *others, struct err *e)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;

	return acme_certificate(acme_of(it), url, &pem, others, order_deadline(it), e) &&
		bundle_from_pem(b, pem.data, pem.len, it->begun.key, e) && check(it, b, e);
}

/* An order that was done with before: what it has is what the store has. */
static bool was_fetched(struct item *it, const struct desk *d)
{
	const char *name = it->certificate->name;
	AUTO(bundle) struct bundle again = BUNDLE_EMPTY;
	AUTO(chain) struct chain stored = { 0 };
	struct sha256 a, b;
	struct err e;

	if (it->order.status != ACME_VALID || !store_has(d->store, name) ||
		!store_read_chain(d->store, name, &stored, &e) ||
		!take(it, it->order.certificate, &again, NULL, &e))
		return false;
	a = cert_sha256(again.chain.certs[0]);
	b = cert_sha256(stored.certs[0]);
	return sha256_eq(&a, &b);
}

static bool find_order(struct item *it, const struct desk *d, struct err *e)
{
	const char *name = it->certificate->name;
	bool found, lives = false;

	/* A damaged one is as good as none: what it was begun for can be begun again. */
	if (store_order_load(d->store, name, &it->begun, &found, e) && found &&
		it->begun.url && fits(it, d) && !resume(it, &lives, e))
		return false;
	return (lives && !was_fetched(it, d)) ||
		(store_order_drop(d->store, name, e) && preflight(it, d, e) &&
			begin_order(it, d, e));
}

/* ---- authorizations and their records ---- */

static bool find_authorizations(struct item *it, const struct desk *d, struct err *e)
{
	const struct acme_order *o = &it->order;

	it->authorizations = xcalloc(o->n_authorizations, sizeof *it->authorizations);
	it->records = arena_calloc(it->arena, o->n_authorizations, sizeof *it->records);
	for (size_t i = 0; i < o->n_authorizations; i++) {
		struct acme_authorization *z = &it->authorizations[it->n_authorizations++];

		if (!acme_authorization_get(
			    acme_of(it), o->authorizations[i], z, order_deadline(it), e))
			return false;
		if (z->status == ACME_PENDING) {
			if (!records_add(it, d->providers, z, e))
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
static bool validate(struct item *it, struct err *e)
{
	const int64_t deadline = order_deadline(it);

	for (size_t i = 0; i < it->n_authorizations; i++)
		if (it->authorizations[i].status == ACME_PENDING &&
			!acme_challenge_ready(acme_of(it), &it->authorizations[i],
				item_method(it), deadline, e))
			return false;
	for (size_t i = 0; i < it->n_authorizations; i++)
		if (it->authorizations[i].status == ACME_PENDING &&
			!acme_authorization_wait(
				acme_of(it), &it->authorizations[i], deadline, e))
			return false;
	return true;
}

static bool finalize(struct item *it, struct err *e)
{
	struct acme_order *o = &it->order;
	const int64_t deadline = order_deadline(it);

	if (o->status == ACME_PENDING &&
		(!validate(it, e) ||
			!acme_order_wait(acme_of(it), o, ACME_PENDING, deadline, e)))
		return false;
	if (o->status == ACME_READY &&
		!acme_order_finalize(acme_of(it), o, &it->begun.csr, deadline, e))
		return false;
	if (o->status == ACME_PROCESSING &&
		!acme_order_wait(acme_of(it), o, ACME_PROCESSING, deadline, e))
		return false;
	if (o->status == ACME_VALID)
		return true;
	if (o->problem.kind != ERR_NONE)
		*e = o->problem;
	else
		err_set(e, ERR_ACME, "the CA gave the order up and doesn't say why");
	return false;
}

/* By the topmost issuer's name, or by the fingerprint of its certificate. */
static bool is_preferred(const struct chain *c, const struct desk *d, const char *wanted)
{
	struct sha256 want, issuer;

	if (!sha256_from_hex(wanted, &want))
		return text_eq(cert_issuer_name(c->certs[c->n - 1]), wanted);
	return d->trust && chain_issuer(c, d->trust, &issuer) && sha256_eq(&issuer, &want);
}

/* What can't be had of the others is no reason to do without a certificate. */
static void prefer(struct item *it, const struct desk *d, struct bundle *b,
	const struct acme_alternates *others)
{
	const struct certificate *c = it->certificate;
	const char *wanted =
		c->preferred_chain ? c->preferred_chain : it->account->ca->preferred_chain;
	struct err e;

	if (!wanted || is_preferred(&b->chain, d, wanted))
		return;
	for (size_t i = 0; i < others->n; i++) {
		AUTO(bundle) struct bundle other = BUNDLE_EMPTY;

		if (!take(it, others->urls[i], &other, NULL, &e)) {
			report_warn(d->report, "%s: another chain: %s", c->name, e.msg);
			continue;
		}
		if (!is_preferred(&other.chain, d, wanted))
			continue;
		bundle_clear(b);
		*b = other;
		other = (struct bundle)BUNDLE_EMPTY;
		return;
	}
	report_warn(d->report,
		"%s: none of the CA's chains ends at '%s': it has its first one, by '%s'",
		c->name, wanted, cert_issuer_name(b->chain.certs[b->chain.n - 1]));
}

static bool get(struct item *it, const struct desk *d, struct bundle *b, struct err *e)
{
	AUTO(acme_alternates) struct acme_alternates others = { 0 };
	bool passing;

	if (take(it, it->order.certificate, b, &others, e)) {
		prefer(it, d, b, &others);
		return true;
	}
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
	it->issued = true;
	prepare_next(it, d);
	return store_order_drop(d->store, name, e);
}

bool item_finish(struct item *it, const struct desk *d, struct err *e)
{
	return finalize(it, e) && fetch(it, d, e);
}

/* ---- what the next run must know ---- */

/* Doubles from an hour; under a day, so that a daily run tries every day. */
static time_t pause_after(int failures)
{
	const time_t longest = (time_t)12 * 3600;
	const time_t pause = failures < 5 ? (time_t)3600 << (failures - 1) : longest;

	return pause < longest ? pause : longest;
}

/* What the CA refused it would refuse again; what didn't get so far may be tried at once.
 */
static void note_failure(struct store_state *st, const struct item *it)
{
	st->failures++;
	replace(&st->last_error, it->err.msg);
	/* a bound of the CA that was asked first stays, where another one fails too */
	if (it->turn > 0 && (st->not_before > clock_now() || st->retry_at > clock_now()))
		return;
	st->not_before = it->err.not_before;
	st->retry_at = acme_refused(&it->err) ? clock_now() + pause_after(st->failures) : 0;
	replace(&st->limited_by, it->account ? it->account->directory : NULL);
}

static void note_success(struct store_state *st, const struct item *it)
{
	st->failures = 0;
	st->not_before = st->retry_at = 0;
	st->issued = clock_now();
	replace(&st->last_error, NULL);
	replace(&st->revoked, NULL);
	replace(&st->limited_by, NULL);
	replace(&st->directory, it->account->directory);
	replace(&st->account, it->begun.account);
	replace(&st->order, it->begun.url);
	replace(&st->profile, it->begun.profile);
}

/* An order that the CA has refused is of no more use; one that was only interrupted is. */
static bool dead(const struct item *it)
{
	return it->spoilt || (it->order.url && acme_refused(&it->err));
}

/* CAs limit how many authorizations can be open: best effort, some know no such request. */
static void abandon(struct item *it)
{
	const int64_t deadline = deadline_in(ABANDON_SECONDS);
	struct err ignored;

	for (size_t i = 0; i < it->n_authorizations; i++) {
		const struct acme_authorization *z = &it->authorizations[i];

		if (z->status == ACME_PENDING &&
			!acme_authorization_deactivate(
				acme_of(it), z->url, deadline, &ignored))
			return;
	}
}

void item_remember(struct item *it, const struct desk *d)
{
	const char *name = it->certificate->name;
	struct err e = { 0 };

	if (it->err.kind == ERR_STOPPED)
		return;
	if (it->err.kind == ERR_NONE)
		note_success(it->state, it);
	else if (it->err.kind != ERR_REFUSED)
		note_failure(it->state, it);
	if (dead(it))
		abandon(it);
	if (!store_state_save(d->store, name, it->state, &e) ||
		(dead(it) && !store_order_drop(d->store, name, &e)))
		if (it->err.kind == ERR_NONE)
			it->err = e;
}
