#include "dane/dane.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "cert/tlsa.h"
#include "dane/private/dane.h"

enum {
	AGAIN_MS = 500,
	SIGNED_SECONDS = 5 /* to find out whether zones are signed */
};

void dane_free(struct dane *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_bases; i++)
		dns_tlsa_clear(&d->bases[i].look);
	free(d->bases);
	points_clear(d);
	announcements_clear(&d->known);
	providers_clear(&d->providers);
	arena_free(d->arena);
	free(d);
}

/* ---- looking ---- */

static void look_at(struct dane *d, struct base *const *list, size_t n)
{
	struct dns_tlsa **looks = xcalloc(n, sizeof(struct dns_tlsa *));

	for (size_t i = 0; i < n; i++) {
		struct dns_tlsa *t = &list[i]->look;

		dns_tlsa_clear(t);
		t->name = list[i]->name;
		t->config = providers_to_look(&d->providers, base_domain(list[i]));
		looks[i] = t;
	}
	dns_tlsa_look(looks, n);
	for (size_t i = 0; i < n; i++)
		gate_note(&d->known, looks[i], clock_now());
	free(looks);
}

static void look_at_all(struct dane *d)
{
	struct base **list = xcalloc(d->n_bases, sizeof(struct base *));

	for (size_t i = 0; i < d->n_bases; i++)
		list[i] = &d->bases[i];
	look_at(d, list, d->n_bases);
	free(list);
}

/* Without DNSSEC nobody may believe the records. */
static void warn_unsigned(const struct dane *d)
{
	const int64_t deadline = deadline_in(SIGNED_SECONDS);
	AUTO(buf) struct buf names = BUF_EMPTY;

	for (size_t i = 0; i < d->n_bases; i++) {
		const struct base *b = &d->bases[i];
		const char *place = b->look.place ? b->look.place : b->name;

		if (dns_is_unsigned(b->look.config, place, deadline))
			buf_printf(&names, "%s%s", names.len ? ", " : "", place);
	}
	if (names.len > 0)
		report_warn(d->request->report,
			"TLSA records that DNSSEC doesn't sign count for nobody: %s",
			names.data);
}

/* ---- judging ---- */

/* Does any record that all of them show fit it? *any: there is one that counts. */
static bool fits_any(const struct dns_tlsa *t, const struct chain *c, bool *any)
{
	bool fits = false;

	*any = false;
	for (size_t i = 0; i < t->n_views; i++)
		for (size_t k = 0; k < t->views[i].n; k++) {
			const char *record = t->views[i].records[k];

			*any |= tlsa_counts(record);
			fits |= gate_shown(t, record) && tlsa_fits(record, c);
		}
	return fits;
}

/* What is served now, by the records that there are. */
static bool is_refused_now(const struct dane *d, const struct point *p)
{
	const struct base *b = base_of(d, p);
	bool any;

	for (size_t i = 0; i < p->n_results && gate_sees_all(&b->look); i++) {
		const struct chain *served = &p->results[i].served;

		if (served->n > 0 && !fits_any(&b->look, served, &any) && any)
			return true;
	}
	return false;
}

/* Of the same service and name: several certificates are one warning. */
static bool is_told(const struct dane *d, const struct point *p)
{
	for (const struct point *q = d->points; q < p; q++)
		if (q->host == p->host && q->service == p->service && q->base == p->base &&
			is_refused_now(d, q))
			return true;
	return false;
}

static void judge(struct dane *d, struct point *p)
{
	const struct base *b = base_of(d, p);
	const struct gate g = gate_judge(&d->known, &b->look, p->chain, clock_now());

	p->blocked = g.stand != GATE_OPEN && !point_serves(p);
	p->failed = p->blocked &&
		(p->mode == TLSA_REQUIRE ||
			(b->err.kind != ERR_NONE && g.stand != GATE_WAIT));
	p->from = g.stand == GATE_WAIT ? g.from : 0;
}

/* ---- before ---- */

static void judge_all(struct dane *d)
{
	for (size_t i = 0; i < d->n_points; i++) {
		struct point *p = &d->points[i];

		if (!p->wanted)
			continue;
		judge(d, p);
		if (is_refused_now(d, p) && !is_told(d, p))
			tell_refused_now(d, p);
		if (!p->blocked || !d->request->force)
			continue;
		tell_passed(d, p);
		p->blocked = p->failed = false;
	}
}

static bool look(struct dane *d, struct err *e)
{
	if (!announcements_load(d->request->store, &d->known, e))
		return false;
	providers_read(&d->providers, d->request->settings);
	report_emit(d->request->report,
		&(struct event){ .kind = EVENT_STEP, .detail = "looking at TLSA records" });
	points_ask(d);
	look_at_all(d);
	if (stop_requested())
		return err_set(e, ERR_STOPPED, "interrupted");
	return d->request->dry || announcements_save(d->request->store, &d->known, e);
}

struct dane *dane_begin(const struct dane_request *r, struct err *e)
{
	AUTO(dane) struct dane *d = xcalloc(1, sizeof *d);

	d->request = r;
	d->arena = arena_new();
	points_find(d);
	if (d->n_bases == 0 || !look(d, e))
		return NULL;
	warn_unsigned(d);
	for (size_t i = 0; i < d->n_bases; i++)
		if (d->bases[i].managed)
			publish(d, &d->bases[i]);
	judge_all(d);
	tell_services(d, true);
	for (size_t i = 0; i < d->n_bases; i++)
		if (d->bases[i].err.kind != ERR_NONE)
			tell_unpublished(d, &d->bases[i]);
	for (size_t i = 0; r->dry && i < d->n_bases; i++)
		if (d->bases[i].managed)
			withdraw(d, &d->bases[i]);
	return TAKE(d);
}

bool dane_permits(const struct dane *d, const struct host *h, const struct service *s)
{
	for (size_t i = 0; d && i < d->n_points; i++) {
		const struct point *p = &d->points[i];

		if (p->wanted && p->blocked && p->host == h && p->service == s)
			return false;
	}
	return true;
}

/* ---- after ---- */

/* Is there anything of it that its name servers may not show yet? */
static bool is_pending(const struct dane *d, const struct base *b)
{
	if (b->published)
		return true;
	for (size_t i = 0; i < d->n_points; i++) {
		const struct point *p = &d->points[i];

		if (base_of(d, p) == b && b->managed && p->wanted && p->blocked &&
			!p->failed && !p->from)
			return true;
	}
	return false;
}

static bool is_out(const struct dane *d, const struct base *b)
{
	for (size_t i = 0; i < d->known.n; i++) {
		const struct announced *a = &d->known.list[i];

		if (text_eq(a->name, b->name) && a->added && !a->seen)
			return false;
	}
	return b->look.err.kind == ERR_NONE;
}

/* As long as the settings give name servers to show a record; others' time counts as well.
 */
static void await(struct dane *d, struct base *b)
{
	const int64_t deadline = deadline_in(b->look.config->timeout);
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct event ev = { .kind = EVENT_STEP };
	struct err stopped;

	buf_printf(&text, "waiting for the name servers of %s", b->name);
	ev.detail = text.data;
	report_emit(d->request->report, &ev);
	do
		look_at(d, &b, 1);
	while (!is_out(d, b) && deadline_left(deadline) > 0 &&
		clock_sleep_ms(AGAIN_MS, &stopped));
}

static void judge_held(struct dane *d)
{
	for (size_t i = 0; i < d->n_points; i++) {
		struct point *p = &d->points[i];
		const struct base *b = base_of(d, p);
		struct gate g;

		if (!p->wanted || !p->blocked || p->failed)
			continue;
		g = gate_judge(&d->known, &b->look, p->chain, clock_now());
		p->from = g.from;
		p->failed =
			g.stand != GATE_OPEN && g.stand != GATE_WAIT && !stop_requested();
	}
}

static bool any_managed(const struct dane *d)
{
	for (size_t i = 0; i < d->n_bases; i++)
		if (d->bases[i].managed)
			return true;
	return false;
}

static void finish(struct dane *d)
{
	struct err e = { 0 };

	for (size_t i = 0; i < d->n_bases; i++)
		if (is_pending(d, &d->bases[i]))
			await(d, &d->bases[i]);
	judge_held(d);
	if (any_managed(d) && !stop_requested())
		points_ask(d);
	for (size_t i = 0; i < d->n_bases && !stop_requested(); i++)
		if (d->bases[i].managed)
			withdraw(d, &d->bases[i]);
	if (!announcements_save(d->request->store, &d->known, &e))
		report_warn(d->request->report, "%s", e.msg);
}

struct dane_total dane_end(struct dane *d)
{
	const struct dane_total none = { 0 };

	if (!d)
		return none;
	if (!d->request->dry)
		finish(d);
	tell_services(d, false);
	return d->total;
}
