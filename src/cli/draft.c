#include "cli/draft.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "work/crew.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 500

/* A host and port whose addresses are asked for once. */
struct place {
	const char *host;
	int port;
	struct probe_address *list;
	size_t n;
	struct err err;
};

/* ---- in order, each once ---- */

static int by_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int by_pointer(const void *a, const void *b)
{
	const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;

	return x < y ? -1 : x > y;
}

/* What is asked, but for where. */
static int by_what(const struct question *a, const struct question *b)
{
	int order = by_text(a->protocol, b->protocol);

	order = order ? order : by_text(a->name, b->name);
	order = order ? order : by_text(a->key, b->key);
	order = order ? order : by_text(a->tlsa_at, b->tlsa_at);
	order = order ? order : a->client_auth - b->client_auth;
	order = order ? order : by_pointer(a->expected, b->expected);
	return order ? order : by_pointer(a->through, b->through);
}

static int by_place(const struct question *a, const struct question *b)
{
	int order = by_text(a->to, b->to);

	return order ? order : a->port - b->port;
}

static int by_check(const struct draft *a, const struct draft *b)
{
	const struct question *x = &a->question, *y = &b->question;
	int order = by_text(x->host, y->host);

	order = order ? order : by_text(x->service, y->service);
	order = order ? order : by_what(x, y);
	return order ? order : by_place(x, y);
}

static int by_size(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_host(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int order = by_check(x, y);

	return order ? order : by_size(x->at, y->at);
}

static int by_turn(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int order = by_size(x->first, y->first);

	return order ? order : by_size(x->at, y->at);
}

void drafts_arrange(struct survey *s)
{
	struct draft *d = s->drafts;
	const size_t n = s->n_drafts;

	qsort(d, n, sizeof *d, by_host);
	for (size_t i = 0, to; i < n; i = to) {
		size_t first = d[i].at;

		for (to = i; to < n && text_eq(d[to].question.host, d[i].question.host);
			to++) {
			d[to].again = to > i && by_check(&d[to], &d[to - 1]) == 0;
			first = d[to].at < first ? d[to].at : first;
		}
		for (size_t k = i; k < to; k++)
			d[k].first = first;
	}
	qsort(d, n, sizeof *d, by_turn);
	s->n_drafts = 0;
	for (size_t i = 0; i < n; i++)
		if (!d[i].again)
			d[s->n_drafts++] = d[i];
}

/* ---- where ---- */

struct places {
	struct place *list;
	size_t n;
	int64_t deadline;
};

static void places_clear(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i].list);
	free(p->list);
}
DEFINE_AUTO_VALUE(struct places, places, places_clear)

static int to_place(const void *a, const void *b)
{
	return by_place(&(*(struct draft *const *)a)->question,
		&(*(struct draft *const *)b)->question);
}

/* One for each host and port. */
static void list_places(struct survey *s, struct places *p)
{
	struct draft **sorted = xcalloc(s->n_drafts, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < s->n_drafts; i++)
		if (!s->drafts[i].question.through)
			sorted[n++] = &s->drafts[i];
	qsort(sorted, n, sizeof(*sorted), to_place);
	p->list = xcalloc(n, sizeof *p->list);
	for (size_t i = 0; i < n; i++) {
		const struct question *q = &sorted[i]->question;

		if (i == 0 || to_place(&sorted[i - 1], &sorted[i]) != 0)
			p->list[p->n++] = (struct place){ q->to, q->port, NULL, 0, { 0 } };
		sorted[i]->place = &p->list[p->n - 1];
	}
	free(sorted);
}

static void find_addresses(void *ctx, size_t i)
{
	const struct places *places = ctx;
	struct place *p = &places->list[i];
	struct err stopped;

	while (!probe_resolve(p->host, p->port, &p->list, &p->n, &p->err) &&
		deadline_left(places->deadline) > 0 && clock_sleep_ms(AGAIN_MS, &stopped))
		;
}

/* A name that can't be resolved may be one of the inventory's, misspelt. */
static void suggest(const struct context *c, const char *word, struct err *e)
{
	const struct inventory *inv = c->inventory;
	const char **names, *near;
	const struct err why = *e;

	if (!inv)
		return;
	names = arena_calloc(c->arena, inv->n_hosts + 1, sizeof *names);
	for (size_t i = 0; i < inv->n_hosts; i++)
		names[i] = inv->hosts[i].name;
	near = text_nearest(word, names);
	if (near)
		err_set(e, why.kind, "%s; did you mean %s?", why.msg, near);
}

static struct question *ask_at(
	struct survey *s, const struct draft *d, const struct probe_address *address)
{
	struct question *q;

	GROW(s->list, s->n);
	q = &s->list[s->n++];
	*q = d->question;
	q->check = (size_t)(d - s->drafts);
	if (address)
		q->address = *address;
	return q;
}

static void ask_nowhere(struct survey *s, const struct draft *d, const char *missing)
{
	struct question *q = ask_at(s, d, NULL);

	q->result.verdict = PROBE_UNREACHABLE;
	q->result.err = d->place->err;
	if (d->place->n > 0)
		err_set(&q->result.err, ERR_NET, "%s: no %s address", d->place->host,
			missing);
	else if (d->given)
		suggest(s->context, q->host, &q->result.err);
}

static bool is_ipv6(const struct probe_address *a)
{
	return *a->text == '[';
}

static void ask_each(struct survey *s, const struct draft *d)
{
	const struct options *o = s->context->options;
	const size_t before = s->n;

	for (size_t i = 0; i < d->place->n; i++) {
		const struct probe_address *a = &d->place->list[i];

		if (is_ipv6(a) ? !o->ipv4 : !o->ipv6)
			ask_at(s, d, a);
	}
	if (s->n == before)
		ask_nowhere(s, d, o->ipv4 ? "IPv4" : "IPv6");
}

static void ask_through(struct survey *s, const struct draft *d)
{
	struct probe_address place;

	probe_place(d->question.to, d->question.port, &place);
	ask_at(s, d, &place);
}

static int by_address(const void *a, const void *b)
{
	const struct question *x = *(struct question *const *)a,
			      *y = *(struct question *const *)b;
	int order = by_text(x->address.text, y->address.text);

	order = order ? order : by_what(x, y);
	return order ? order : by_pointer(x, y);
}

/* The same at one address is asked once, whatever hosts and services it is told of. */
static void pair_twins(struct survey *s)
{
	struct question **sorted = xcalloc(s->n, sizeof(*sorted));

	for (size_t i = 0; i < s->n; i++)
		sorted[i] = &s->list[i];
	qsort(sorted, s->n, sizeof(*sorted), by_address);
	for (size_t i = 1; i < s->n; i++) {
		const struct question *before = sorted[i - 1];
		struct question *q = sorted[i];

		if (*q->address.text && text_eq(q->address.text, before->address.text) &&
			by_what(q, before) == 0)
			q->twin = before->twin ? before->twin : before;
	}
	free(sorted);
}

void drafts_ask(struct survey *s)
{
	AUTO(places) struct places places = { .deadline = s->deadline };

	list_places(s, &places);
	crew_run((size_t)s->context->options->forks, places.n, find_addresses, &places);
	for (size_t i = 0; i < s->n_drafts; i++) {
		const struct draft *d = &s->drafts[i];

		if (d->question.through)
			ask_through(s, d);
		else
			ask_each(s, d);
	}
	pair_twins(s);
}
