#include "base/clock.h"
#include "cert/tlsa.h"
#include "dane/private/dane.h"

#define TTL_USUAL 3600 /* of a record that the user is told to publish */

static bool lacks(const struct dns_tlsa_view *v, const struct chain *c)
{
	for (size_t i = 0; i < v->n; i++)
		if (tlsa_fits(v->records[i], c))
			return false;
	return !v->no_route;
}

/* "ns3.example.net (192.0.2.3): no such name, and 2 more" */
static void name_lacking(const struct base *b, const struct chain *c, struct buf *out)
{
	const struct dns_tlsa_view *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < b->look.n_views; i++) {
		if (!lacks(&b->look.views[i], c))
			continue;
		if (!first)
			first = &b->look.views[i];
		n++;
	}
	if (!first) {
		buf_puts(out, b->look.err.kind ? b->look.err.msg : "nobody can be asked");
		return;
	}
	buf_printf(out, "%s (%s): %s", first->showing.server, first->showing.address,
		first->n > 0 ? "other records" : first->showing.answer);
	if (n > 1)
		buf_printf(out, ", and %zu more", n - 1);
}

static void explain(const struct dane *d, const struct point *p, struct buf *out)
{
	const struct base *b = base_of(d, p);
	const struct sha256 key = cert_key_sha256(p->chain->certs[0]);

	if (p->mode == TLSA_MANAGE && b->err.kind != ERR_NONE && !p->from) {
		buf_printf(out, "its TLSA record at %s can't be published: %s", b->name,
			b->err.msg);
		return;
	}
	if (p->from) {
		buf_printf(out,
			"the TLSA record of its new key is out, but not yet for twice its TTL of %d s: pushed from %s on",
			b->look.ttl, time_openssl(p->from).s);
		return;
	}
	if (p->mode == TLSA_MANAGE) {
		buf_printf(out, "its TLSA record at %s isn't shown: ", b->name);
	} else {
		buf_printf(out,
			"before its new key can be served, publish: %s. %d IN TLSA ",
			b->look.place ? b->look.place : b->name,
			b->look.ttl ? b->look.ttl : TTL_USUAL);
		tlsa_of_key(&key, out);
		buf_puts(out, " - ");
	}
	name_lacking(b, p->chain, out);
}

static void tell(const struct dane *d, const struct point *p, enum event_kind kind,
	const char *detail)
{
	const struct event ev = { .kind = kind,
		.host = p->host->name,
		.service = p->service->name,
		.detail = detail,
		.dry = d->request->dry };

	report_emit(d->request->report, &ev);
}

void tell_refused_now(const struct dane *d, const struct point *p)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_printf(&text,
		"no TLSA record of %s fits what is served now: clients that go by them refuse it",
		base_of(d, p)->name);
	tell(d, p, EVENT_WARNING, text.data);
}

void tell_passed(const struct dane *d, const struct point *p)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_puts(&text, "pushed with --force: ");
	explain(d, p, &text);
	tell(d, p, EVENT_WARNING, text.data);
}

static bool same_service(const struct point *a, const struct point *b)
{
	return a->host == b->host && a->service == b->service;
}

/* Of the service whose points begin at i: what is to be told, or NULL where there is
 * nothing, or it was; *next is behind them. */
static struct point *worst(const struct dane *d, size_t i, size_t *next)
{
	struct point *found = NULL;
	bool told = false;

	for (*next = i;
		*next < d->n_points && same_service(&d->points[i], &d->points[*next]);
		++*next) {
		struct point *p = &d->points[*next];

		if (!p->wanted || !p->blocked)
			continue;
		if (p->told)
			told = true;
		if (!found || (p->failed && !found->failed) ||
			(p->failed == found->failed && p->from > found->from))
			found = p;
	}
	return told ? NULL : found;
}

static void tell_blocked(struct dane *d, struct point *p)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	p->told = true;
	if (p->failed) {
		explain(d, p, &text);
		tell(d, p, EVENT_FAILED, text.data);
		d->total.refused++;
		return;
	}
	if (p->from)
		buf_printf(&text,
			"from %s on, when its new TLSA record has been out for twice its TTL",
			time_openssl(p->from).s);
	else
		buf_puts(&text, "when its new TLSA record has been out for twice its TTL");
	tell(d, p, EVENT_HELD, text.data);
	d->total.held++;
	if (p->from > d->total.from)
		d->total.from = p->from;
}

void tell_services(struct dane *d, bool before)
{
	size_t next;

	for (size_t i = 0; i < d->n_points; i = next) {
		struct point *p = worst(d, i, &next);

		if (p && (p->failed || !before))
			tell_blocked(d, p);
	}
}

void tell_unpublished(const struct dane *d, const struct base *b)
{
	for (size_t i = 0; i < d->n_points; i++)
		if (base_of(d, &d->points[i]) == b && d->points[i].failed)
			return;
	report_warn(d->request->report, "a TLSA record at %s can't be published: %s",
		b->name, b->err.msg);
}
