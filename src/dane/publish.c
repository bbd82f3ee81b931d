#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cert/tlsa.h"
#include "dane/private/dane.h"

#include <string.h>

/* Texts of records, each once; in the arena. */
struct records {
	const char **list;
	size_t n;
};

static void records_clear(struct records *r)
{
	free(r->list);
}
DEFINE_AUTO_VALUE(struct records, records, records_clear)

static void add(const struct dane *d, struct records *r, struct sha256 key)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	tlsa_of_key(&key, &text);
	if (text_among(r->list, r->n, text.data))
		return;
	GROW(r->list, r->n);
	r->list[r->n++] = arena_strdup(d->arena, text.data);
}

static bool is_of(const struct dane *d, const struct point *p, const struct base *b)
{
	return base_of(d, p) == b;
}

/* The key of its certificate's next renewal, if one is made in advance. */
static void add_next(const struct dane *d, struct records *r, const struct point *p)
{
	const char *name = p->certificate;
	const struct certificate *c = settings_certificate(d->request->settings, name);
	AUTO(key) struct key *next = NULL;
	struct sha256 key;
	struct err e;

	if (!c || !c->next_key)
		return;
	if (!store_next_key(d->request->store, name, &next, &e))
		report_warn(d->request->report, "%s: %s", name, e.msg);
	else if (next && key_sha256(next, &key))
		add(d, r, key);
}

/* Of the keys that are to be served, and of those that come next. */
static void add_wanted(const struct dane *d, struct records *r, const struct base *b)
{
	for (size_t i = 0; i < d->n_points; i++)
		if (is_of(d, &d->points[i], b)) {
			add(d, r, cert_key_sha256(d->points[i].chain->certs[0]));
			add_next(d, r, &d->points[i]);
		}
}

/* A dry run takes the push for done. */
static bool stays(const struct dane *d, const struct point *p)
{
	return !d->request->dry || !p->wanted || p->blocked;
}

static void add_served(const struct dane *d, struct records *r, const struct base *b)
{
	for (size_t i = 0; i < d->n_points; i++) {
		const struct point *p = &d->points[i];

		for (size_t k = 0; is_of(d, p, b) && stays(d, p) && k < p->n_results; k++)
			if (p->results[k].served.n > 0)
				add(d, r, cert_key_sha256(p->results[k].served.certs[0]));
	}
}

/* Whose it is; that of a key which nothing is to serve stands beside another's. */
static const char *certificate_of(
	const struct dane *d, const struct base *b, const char *record)
{
	const struct point *found = NULL;

	for (size_t i = 0; i < d->n_points; i++) {
		const struct point *p = &d->points[i];

		if (is_of(d, p, b) && (!found || tlsa_fits(record, p->chain)))
			found = p;
	}
	return found ? found->certificate : NULL;
}

static void tell(const struct dane *d, const struct base *b, enum event_kind kind,
	const char *record)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct event ev = { .kind = kind, .item = b->name, .dry = d->request->dry };

	buf_printf(&text, "TLSA %s", record);
	ev.certificate = certificate_of(d, b, record);
	ev.detail = text.data;
	report_emit(d->request->report, &ev);
}

/* ---- the first records of a name ---- */

static bool is_ours(const struct probe_result *r)
{
	return r->verdict != PROBE_FOREIGN && r->verdict != PROBE_UNTRUSTED &&
		r->verdict != PROBE_WRONG_NAME;
}

/*
 * As long as there is none, nobody is refused. With the first one all are who are served
 * another key than it says: what is served now must be among them.
 */
static bool add_first(const struct dane *d, struct records *r, struct base *b)
{
	if (!gate_sees_all(&b->look))
		return err_set(&b->err, ERR_DNS, "whether there are any can't be told: %s",
			b->look.err.kind ? b->look.err.msg : "not all name servers answer");
	for (size_t i = 0; i < d->n_points; i++) {
		const struct point *p = &d->points[i];

		if (!is_of(d, p, b))
			continue;
		if (p->silent)
			return err_set(&b->err, ERR_REFUSED,
				"it would be the first, and what %s's %s serves now can't be told",
				p->host->name, p->service->name);
		for (size_t k = 0; k < p->n_results; k++)
			if (!is_ours(&p->results[k]))
				return err_set(&b->err, ERR_REFUSED,
					"it would be the first, and %s's %s serves a foreign certificate now",
					p->host->name, p->service->name);
	}
	add_served(d, r, b);
	return true;
}

/* ---- in ---- */

static bool save(const struct dane *d, struct err *e)
{
	return announcements_save(d->request->store, &d->known, e);
}

static const struct dns_config *config_of(
	const struct dane *d, const struct base *b, const char *place, struct err *e)
{
	return providers_at(&d->providers, base_domain(b), place, e);
}

/* *fresh: it wasn't ours before. */
static bool journal(struct dane *d, const struct base *b, const struct records *r,
	bool *fresh, struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		struct announced *a = announcements_add(&d->known, b->name, r->list[i]);

		fresh[i] = !a->added;
		if (!fresh[i])
			continue;
		a->added = clock_now();
		free(a->place);
		a->place = xstrdup(b->look.place);
	}
	return save(d, e);
}

static void disown(struct dane *d, const struct base *b, const char *record)
{
	struct announced *a = announcements_find(&d->known, b->name, record);

	if (!a)
		return;
	a->added = 0;
	if (!a->seen)
		announcements_drop(&d->known, a);
}

static struct dns_record tlsa_at(const struct base *b, const struct dns_config *config,
	const char *place, const char *record)
{
	return (struct dns_record){
		.config = config,
		.type = DNS_TLSA,
		.domain = b->name,
		.token = "-",
		.value = record,
		.ttl = b->look.ttl,
		.name = xstrdup(place),
	};
}

static void settle(struct dane *d, struct base *b, const struct dns_record *list,
	const struct records *r, const bool *fresh)
{
	struct err unsaved;

	for (size_t i = 0; i < r->n; i++) {
		if (list[i].err.kind != ERR_NONE)
			b->err = list[i].err;
		else if (fresh[i])
			tell(d, b, EVENT_PUBLISHED, r->list[i]);
		b->published |= fresh[i];
		if (fresh[i] && !list[i].presented)
			disown(d, b, r->list[i]);
	}
	if (!save(d, &unsaved))
		b->err = unsaved;
}

static void add_records(struct dane *d, struct base *b, const struct records *r)
{
	const struct dns_config *config = config_of(d, b, b->look.place, &b->err);
	struct dns_record *list = xcalloc(r->n, sizeof *list);
	bool *fresh = xcalloc(r->n, sizeof *fresh);

	if (config && journal(d, b, r, fresh, &b->err)) {
		for (size_t i = 0; i < r->n; i++)
			list[i] = tlsa_at(b, config, b->look.place, r->list[i]);
		dns_present(list, r->n, NULL);
		settle(d, b, list, r, fresh);
	}
	dns_records_clear(list, r->n);
	free(list);
	free(fresh);
}

void publish(struct dane *d, struct base *b)
{
	AUTO(records) struct records wanted = { 0 }, missing = { 0 };

	add_wanted(d, &wanted, b);
	if (!gate_any(&b->look) && !add_first(d, &wanted, b))
		return;
	for (size_t i = 0; i < wanted.n; i++)
		if (!gate_shown(&b->look, wanted.list[i])) {
			GROW(missing.list, missing.n);
			missing.list[missing.n++] = wanted.list[i];
		}
	for (size_t i = 0; d->request->dry && i < missing.n; i++)
		tell(d, b, EVENT_PUBLISHED, missing.list[i]);
	if (missing.n > 0 && !d->request->dry)
		add_records(d, b, &missing);
}

/* ---- out ---- */

/* What the store holds is pushed again by the next run, also after a rollback. */
static void add_stored(const struct dane *d, struct records *r, const struct base *b)
{
	for (size_t i = 0; i < d->n_points; i++) {
		const char *name = d->points[i].certificate;
		AUTO(chain) struct chain chain = { 0 };
		struct err e;

		if (is_of(d, &d->points[i], b) && store_has(d->request->store, name) &&
			store_read_chain(d->request->store, name, &chain, &e))
			add(d, r, cert_key_sha256(chain.certs[0]));
	}
}

static bool any_silent(const struct dane *d, const struct base *b)
{
	for (size_t i = 0; i < d->n_points; i++)
		if (is_of(d, &d->points[i], b) && d->points[i].silent)
			return true;
	return false;
}

/* Each that is served has a record of its own, so that nothing hangs on what goes. */
static bool all_shown(const struct base *b, const struct records *served)
{
	for (size_t i = 0; i < served->n; i++)
		if (!gate_shown(&b->look, served->list[i]))
			return false;
	return true;
}

static void take_out(struct dane *d, struct base *b, const char *record)
{
	struct announced *a = announcements_find(&d->known, b->name, record);
	struct err e = { 0 };
	const struct dns_config *config = config_of(d, b, a->place, &e);
	struct dns_record r = tlsa_at(b, config, a->place, record);

	r.presented = true;
	if (config) {
		dns_cleanup(&r, 1, NULL);
		e = r.err;
	}
	if (e.kind != ERR_NONE) {
		report_warn(d->request->report,
			"%s: the TLSA record %s is still there, the next run will try again: %s",
			b->name, record, e.msg);
	} else {
		tell(d, b, EVENT_WITHDRAWN, record);
		announcements_drop(&d->known, a);
	}
	dns_records_clear(&r, 1);
}

void withdraw(struct dane *d, struct base *b)
{
	AUTO(records) struct records keep = { 0 }, served = { 0 }, gone = { 0 };

	add_served(d, &served, b);
	if (d->blind || any_silent(d, b) || !all_shown(b, &served))
		return;
	add_wanted(d, &keep, b);
	add_stored(d, &keep, b);
	add_served(d, &keep, b);
	for (size_t i = 0; i < d->known.n; i++) {
		const struct announced *a = &d->known.list[i];

		if (!text_eq(a->name, b->name) || !a->added ||
			text_among(keep.list, keep.n, a->record))
			continue;
		GROW(gone.list, gone.n);
		gone.list[gone.n++] = arena_strdup(d->arena, a->record);
	}
	for (size_t i = 0; i < gone.n; i++)
		if (d->request->dry)
			tell(d, b, EVENT_WITHDRAWN, gone.list[i]);
		else
			take_out(d, b, gone.list[i]);
}
