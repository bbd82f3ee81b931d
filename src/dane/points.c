#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dane/private/dane.h"
#include "work/crew.h"

#include <string.h>

enum { ASK_MS = 10000 };

const char *point_name(struct arena *a, const struct check *c, const struct cert *leaf)
{
	const char *name = c->name ? c->name : cert_name_to_ask(leaf, a);
	const int port = probe_port(c->protocol, c->port);

	return name ? arena_printf(a, "_%d._tcp.%s", port, name) : NULL;
}

const char *base_domain(const struct base *b)
{
	static const char before[] = "._tcp.";

	return strstr(b->name, before) + sizeof before - 1;
}

static bool is_pushed_to(const struct dane_request *r, const struct host *h)
{
	for (size_t i = 0; i < r->n_hosts; i++)
		if (r->hosts[i] == h)
			return true;
	return false;
}

/* Is it pushed to? With all of its certificates, or not at all. */
static bool is_wanted(
	const struct dane_request *r, const struct host *h, const struct service *s)
{
	if (!is_pushed_to(r, h) || !r->wanted(r->ctx, h, s))
		return false;
	for (size_t i = 0; i < s->n_certificates; i++)
		if (!r->bundle(r->ctx, s->certificates[i]))
			return false;
	return true;
}

/* NULL: the store has none, or it can't be read, which has been told. */
static const struct chain *stored_chain(struct dane *d, const char *certificate)
{
	const struct store *store = d->request->store;
	struct stored *s;
	struct err e;

	for (size_t i = 0; i < d->n_stored; i++)
		if (text_eq(d->stored[i]->certificate, certificate))
			return d->stored[i]->chain.n > 0 ? &d->stored[i]->chain : NULL;
	GROW(d->stored, d->n_stored);
	s = d->stored[d->n_stored++] = xcalloc(1, sizeof *s);
	s->certificate = certificate;
	if (!store_has(store, certificate))
		return NULL;
	if (store_read_chain(store, certificate, &s->chain, &e))
		return &s->chain;
	report_warn(d->request->report, "%s: %s", certificate, e.msg);
	d->blind = true;
	return NULL;
}

static bool find_base(const struct dane *d, const char *name, size_t *i)
{
	for (*i = 0; *i < d->n_bases; ++*i)
		if (text_eq(d->bases[*i].name, name))
			return true;
	return false;
}

/* p has its chain. */
static void add_point(struct dane *d, struct point *p)
{
	const char *name = point_name(d->arena, p->check, p->chain->certs[0]);

	if (!name || (!find_base(d, name, &p->base) && !p->wanted))
		return;
	if (p->base == d->n_bases) {
		GROW(d->bases, d->n_bases);
		d->bases[d->n_bases++] = (struct base){ .name = name };
	}
	d->bases[p->base].managed |= p->mode == TLSA_MANAGE;
	GROW(d->points, d->n_points);
	d->points[d->n_points++] = *p;
}

/* A point for each of the service's certificates that the check must show. */
static void add_check(struct dane *d, struct point p)
{
	const struct dane_request *r = d->request;
	const struct service *s = p.service;
	const struct chain **chains =
		arena_calloc(d->arena, s->n_certificates, sizeof *chains);
	const char **names = arena_calloc(d->arena, s->n_certificates, sizeof *names);
	size_t *chosen = arena_calloc(d->arena, s->n_certificates, sizeof *chosen);
	size_t n = 0, n_chosen;

	for (size_t i = 0; i < s->n_certificates; i++) {
		const char *name = s->certificates[i];

		chains[n] =
			p.wanted ? &r->bundle(r->ctx, name)->chain : stored_chain(d, name);
		names[n] = name;
		n += chains[n] != NULL;
	}
	n_chosen = probe_choose(chains, n, p.check->name, chosen);
	for (size_t i = 0; i < n_chosen; i++) {
		p.certificate = names[chosen[i]];
		p.chain = chains[chosen[i]];
		p.key = s->n_certificates > 1 ? probe_key_of(p.chain->certs[0]) : NULL;
		add_point(d, &p);
	}
}

/* Those that are wanted make the bases; the others are looked for among these. */
static void add_service(
	struct dane *d, const struct host *h, const struct service *s, bool wanted)
{
	if (is_wanted(d->request, h, s) != wanted)
		return;
	for (size_t i = 0; i < s->n_checks; i++) {
		const struct point p = { .host = h,
			.service = s,
			.check = &s->checks[i],
			.mode = check_tlsa(s, &s->checks[i]),
			.wanted = wanted };

		if (p.mode != TLSA_NONE)
			add_check(d, p);
	}
}

static void add_all(struct dane *d, bool wanted)
{
	const struct inventory *inv = d->request->inventory;

	for (size_t h = 0; h < inv->n_hosts; h++)
		for (size_t i = 0; i < inv->hosts[h].n_services; i++)
			add_service(d, &inv->hosts[h], &inv->hosts[h].services[i], wanted);
}

void points_find(struct dane *d)
{
	add_all(d, true);
	if (d->n_bases > 0)
		add_all(d, false);
}

static void forget(struct point *p)
{
	for (size_t i = 0; i < p->n_results; i++)
		probe_result_clear(&p->results[i]);
	free(p->results);
	p->results = NULL;
	p->n_results = 0;
}

void points_clear(struct dane *d)
{
	for (size_t i = 0; i < d->n_points; i++)
		forget(&d->points[i]);
	free(d->points);
	for (size_t i = 0; i < d->n_stored; i++) {
		chain_clear(&d->stored[i]->chain);
		free(d->stored[i]);
	}
	free(d->stored);
}

static void ask(void *ctx, size_t i)
{
	struct dane *d = ctx;
	struct point *p = &d->points[i];
	const struct check *c = p->check;
	const struct probe_target t = { .protocol = c->protocol,
		.name = base_domain(&d->bases[p->base]),
		.key = p->key };
	const int port = probe_port(c->protocol, c->port);
	struct probe_address *list;
	struct err unresolved;
	size_t n;

	forget(p);
	p->silent = !probe_resolve(check_host(p->host, c), port, &list, &n, &unresolved);
	if (p->silent)
		return;
	p->results = xcalloc(n, sizeof *p->results);
	p->n_results = n;
	for (size_t k = 0; k < n; k++) {
		probe_run(d->request->prober, &t, &list[k], p->chain,
			deadline_in_ms(ASK_MS), &p->results[k]);
		p->silent |= p->results[k].served.n == 0;
	}
	free(list);
}

void points_ask(struct dane *d)
{
	crew_run(d->request->width, d->n_points, ask, d);
}

bool point_serves(const struct point *p)
{
	const struct sha256 wanted = cert_key_sha256(p->chain->certs[0]);

	for (size_t i = 0; i < p->n_results && !p->silent; i++) {
		const struct sha256 key = cert_key_sha256(p->results[i].served.certs[0]);

		if (!sha256_eq(&key, &wanted))
			return false;
	}
	return !p->silent;
}
