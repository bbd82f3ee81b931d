/*
 * What the user has to publish: the records that dns-persist-01 wants to find, the aliases
 * that the settings speak of, and the TLSA records of keys that were made in advance,
 * unless pushes do that.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "cert/tlsa.h"
#include "renew/private/records.h"
#include "renew/private/seats.h"
#include "renew/renew.h"
#include "store/account.h"

enum { LOOK_SECONDS = 5 };

/* A record that must stand, and its parts. */
struct wanted {
	const struct certificate *certificate;
	struct dns_config config; /* that of the settings, with less patience */
	struct dns_standing standing;
	char *account;
};

struct search {
	const struct settings *settings;
	const struct inventory *inventory;
	struct report *report;
	struct providers providers;
	struct seats seats;
	struct wanted *wanted;
	struct dns_record *records; /* as wanted */
	size_t n;
};

static void search_clear(struct search *s)
{
	dns_records_clear(s->records, s->n);
	for (size_t i = 0; i < s->n; i++)
		free(s->wanted[i].account);
	free(s->wanted);
	free(s->records);
	providers_clear(&s->providers);
	seats_clear(&s->seats);
}
DEFINE_AUTO_VALUE(struct search, search, search_clear)

static bool wants_standing(const struct certificate *c)
{
	return text_eq(challenge_of(c, c->cas[0]), acme_method_name(ACME_DNS_PERSIST_01));
}

static void tell(const struct search *s, const struct certificate *c, const char *name,
	const char *text)
{
	const struct event ev = {
		.kind = EVENT_RECORD,
		.certificate = c->name,
		.item = name,
		.detail = text,
	};

	report_emit(s->report, &ev);
}

/* ---- dns-persist-01 ---- */

/* What the CA is called, and our account there. */
static bool know_ca(
	const struct search *s, const struct certificate *c, char **account, struct err *e)
{
	const struct seat *seat = seat_of(&s->seats, c->cas[0]);
	AUTO(account_record) struct account_record r = { 0 };

	if (!seat->reached) {
		*e = seat->err;
		return false;
	}
	if (acme_meta(seat->account.acme)->n_caa == 0)
		return err_set(e, ERR_ACME,
			"%s doesn't say in advance what a record has to name it by: renew tells it",
			c->cas[0]->name);
	if (!account_record_load(seat->account.dir, &r, e))
		return false;
	if (!r.url)
		return err_set(e, ERR_ACME,
			"there is no account at %s yet, which the record has to name: certpush account register",
			c->cas[0]->name);
	*account = TAKE(r.url);
	return true;
}

static bool is_there(const struct search *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->records[i].name, name))
			return true;
	return false;
}

static void want(struct search *s, const struct certificate *c, const char *domain,
	const char *account)
{
	const struct acme_meta *meta =
		acme_meta(seat_of(&s->seats, c->cas[0])->account.acme);
	AUTO(str) char *name = records_standing_name(domain);

	if (is_there(s, name))
		return;
	GROW(s->wanted, s->n);
	GROW(s->records, s->n);
	s->wanted[s->n] = (struct wanted){
		.certificate = c,
		.config = *providers_to_look(&s->providers, domain),
		.account = xstrdup(account),
		.standing = { .issuers = (const char *const *)meta->caa,
			.n_issuers = meta->n_caa,
			.wildcard = certificate_has_wildcard(c, domain) },
	};
	s->wanted[s->n].config.timeout = LOOK_SECONDS;
	s->records[s->n++] = (struct dns_record){ .domain = domain, .name = TAKE(name) };
}

static void want_all(struct search *s, const struct certificate *c)
{
	AUTO(str) char *account = NULL;
	struct err e;

	if (!know_ca(s, c, &account, &e)) {
		report_warn(s->report, "%s: %s", c->name, e.msg);
		return;
	}
	for (size_t i = 0; i < c->n_names; i++)
		want(s, c, certificate_domain(c->names[i]), account);
}

/* Once the arrays don't move any more. */
static void join(struct search *s)
{
	for (size_t i = 0; i < s->n; i++) {
		s->wanted[i].standing.account = s->wanted[i].account;
		s->records[i].config = &s->wanted[i].config;
		s->records[i].standing = &s->wanted[i].standing;
	}
}

static void tell_records(const struct search *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct dns_record *r = &s->records[i];
		AUTO(buf) struct buf text = BUF_EMPTY, data = BUF_EMPTY;

		dns_standing_text(r->standing, &text);
		buf_printf(&data, "TXT \"%s\"", text.data);
		if (r->visible)
			report_note(s->report, "%s: %s. is published: %s",
				s->wanted[i].certificate->name, r->name, data.data);
		else
			tell(s, s->wanted[i].certificate, r->name, data.data);
	}
}

static void look(struct search *s)
{
	const struct settings *all = s->settings;
	bool any = false;

	for (size_t i = 0; i < all->n_certificates; i++) {
		const struct certificate *c = &all->certificates[i];

		if (!wants_standing(c))
			continue;
		seat_of(&s->seats, c->cas[0])->wanted = true;
		any = true;
	}
	if (!any)
		return;
	providers_read(&s->providers, all);
	seats_reach(&s->seats);
	for (size_t i = 0; i < all->n_certificates; i++)
		if (wants_standing(&all->certificates[i]))
			want_all(s, &all->certificates[i]);
	join(s);
	dns_wait(s->records, s->n, NULL, NULL);
	tell_records(s);
}

/* ---- aliases that the settings speak of ---- */

/* Is _acme-challenge.DOMAIN the alias that it is said to be? */
static void tell_alias(const struct search *s, const struct certificate *c,
	const char *domain, const char *alias)
{
	AUTO(str) char *name = dns_challenge_name(NULL, domain);
	AUTO(buf) struct buf data = BUF_EMPTY;
	AUTO(str) char *place = NULL;
	struct err e;

	place = dns_trace(providers_to_look(&s->providers, domain), name, &e);
	buf_printf(&data, "CNAME %s.", alias);
	if (!place)
		report_warn(s->report, "%s: %s", c->name, e.msg);
	else if (!text_eq(place, alias))
		tell(s, c, name, data.data);
}

static void tell_aliases(struct search *s, const struct certificate *c)
{
	for (size_t i = 0; i < c->n_names; i++) {
		const char *domain = certificate_domain(c->names[i]);
		const struct dns_settings *d = settings_dns_for(s->settings, domain);

		/* with the wildcard beside it, it is told by the first of the two */
		if (!d || !d->alias || wants_standing(c) ||
			certificate_has_domain(c, i, domain))
			continue;
		providers_read(&s->providers, s->settings);
		tell_alias(s, c, domain, d->alias);
	}
}

/* ---- keys in advance ---- */

/* What counts for one of the service's checks that shows the certificate; the strictest. */
static enum tlsa mode_of(const struct service *s, const struct cert *leaf)
{
	enum tlsa found = TLSA_NONE;

	for (size_t i = 0; i < s->n_checks && found != TLSA_REQUIRE; i++) {
		const struct check *c = &s->checks[i];
		const enum tlsa mode = check_tlsa(s, c);

		if (mode != TLSA_NONE && (!c->name || cert_covers(leaf, c->name)))
			found = mode;
	}
	return found;
}

/* Is a push to publish it, wherever there is to be one? */
static bool is_managed(const struct search *s, struct store *store, const char *name)
{
	const struct inventory *inv = s->inventory;
	AUTO(chain) struct chain chain = { 0 };
	bool managed = false;
	struct err e;

	if (!store_read_chain(store, name, &chain, &e))
		return false;
	for (size_t i = 0; i < inv->n_hosts; i++)
		for (size_t k = 0; k < inv->hosts[i].n_services; k++) {
			const struct service *service = &inv->hosts[i].services[k];
			enum tlsa mode;

			if (!text_among(
				    service->certificates, service->n_certificates, name))
				continue;
			mode = mode_of(service, chain.certs[0]);
			if (mode == TLSA_REQUIRE)
				return false;
			managed |= mode == TLSA_MANAGE;
		}
	return managed;
}

static void tell_key(
	const struct search *s, struct store *store, const struct certificate *c)
{
	AUTO(key) struct key *next = NULL;
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct sha256 print;
	struct err e;

	if (!c->next_key)
		return;
	if (!store_next_key(store, c->name, &next, &e)) {
		report_warn(s->report, "%s: %s", c->name, e.msg);
		return;
	}
	if (!next || !key_sha256(next, &print) || is_managed(s, store, c->name))
		return;
	buf_puts(&text, "TLSA ");
	tlsa_of_key(&print, &text);
	buf_puts(&text, " (its next key)");
	tell(s, c, NULL, text.data);
}

void renew_tell_records(const struct settings *settings, const struct inventory *inventory,
	struct store *store, struct report *report)
{
	AUTO(search)
	struct search s = {
		.settings = settings, .inventory = inventory, .report = report
	};

	seats_init(&s.seats, settings, 4);
	look(&s);
	for (size_t i = 0; i < settings->n_certificates; i++) {
		tell_aliases(&s, &settings->certificates[i]);
		tell_key(&s, store, &settings->certificates[i]);
	}
}
