#include "cli/survey.h"
#include "base/alloc.h"
#include "base/text.h"
#include "cli/draft.h"
#include "cli/tlsa.h"

/* The store's chain of a certificate, read once. */
struct stored {
	struct stored *next;
	const char *name;
	struct chain chain; /* n is 0: it isn't there, or can't be read: why */
	struct err why;
	bool missed; /* which has been told */
};

void survey_end(struct survey *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->list[i].twin)
			probe_result_clear(&s->list[i].result);
	for (struct stored *st = s->stored; st; st = st->next)
		chain_clear(&st->chain);
	passages_end(&s->passages);
	free(s->list);
	free(s->drafts);
	free(s->within);
}

/* ---- what is expected ---- */

static struct stored *look_up(struct survey *s, const char *name)
{
	struct context *c = s->context;
	struct stored *st;

	for (st = s->stored; st; st = st->next)
		if (text_eq(st->name, name))
			return st;
	st = arena_calloc(c->arena, 1, sizeof *st);
	st->name = name;
	st->next = s->stored;
	s->stored = st;
	if (!store_lacks(c->store, name) &&
		!store_read_chain(c->store, name, &st->chain, &st->why))
		chain_clear(&st->chain);
	return st;
}

static void tell_missed(struct survey *s, const struct stored *st)
{
	struct err why = st->why;

	if (why.kind == ERR_NONE) {
		report_warn(s->context->report,
			"%s: not in the store, so what is served can't be compared",
			st->name);
		return;
	}
	err_wrap(&why, "what is served can't be compared with %s", st->name);
	report_error(s->context->report, &why);
	s->blind = true;
}

/* NULL if the store can't tell: then what is served is judged by itself. */
static const struct chain *stored_chain(struct survey *s, const char *name)
{
	struct stored *st = look_up(s, name);

	if (st->chain.n > 0)
		return &st->chain;
	if (!st->missed)
		tell_missed(s, st);
	st->missed = true;
	return NULL;
}

/* Whose names aren't known may be the one. */
static void tell_unread(struct survey *s, struct stored *st)
{
	if (st->why.kind != ERR_NONE && !st->missed)
		report_warn(s->context->report,
			"what is served can't be compared with %s: %s", st->name,
			st->why.msg);
	st->missed |= st->why.kind != ERR_NONE;
}

/*
 * The certificates of ours that a server of this name must show: those of the first entry
 * of the settings that is for it, one for each kind of key. Into found, which has room for
 * all; returns how many.
 */
static size_t covering_chains(
	struct survey *s, const char *host, const struct chain **found)
{
	const struct settings *settings = s->context->settings;
	const char *entry = NULL;
	size_t n = 0;

	for (size_t i = 0; settings && i < settings->n_certificates; i++) {
		const struct certificate *c = &settings->certificates[i];
		struct stored *st;

		if (entry && !text_eq(c->entry, entry))
			continue;
		st = look_up(s, c->name);
		tell_unread(s, st);
		if (st->chain.n == 0 || !cert_covers(st->chain.certs[0], host))
			continue;
		entry = c->entry;
		found[n++] = &st->chain;
	}
	return n;
}

/* ---- what is wished for ---- */

static void add(struct survey *s, struct question q, bool given)
{
	q.tlsa_at = tlsa_place(s->context->arena, &q);
	GROW(s->drafts, s->n_drafts);
	s->drafts[s->n_drafts] = (struct draft){
		.question = q,
		.at = s->n_drafts,
		.given = given,
	};
	s->n_drafts++;
}

/* --all-names: a question for each that is one. */
static bool add_names(struct survey *s, struct question q, bool given)
{
	const struct cert *leaf = q.expected ? q.expected->certs[0] : NULL;
	const size_t before = s->n_drafts;
	const char *const *names;
	size_t n = 0;

	if (!leaf) {
		report_note(s->context->report,
			"%s: nothing in the store says which names there are: asked for %s",
			q.host, q.name);
		return false;
	}
	names = cert_names(leaf, &n);
	for (size_t i = 0; i < n; i++) {
		q.name = names[i];
		if (!text_starts(names[i], "*."))
			add(s, q, given);
		else
			report_note(s->context->report,
				"%s: %s is no name to ask for, and left out", q.host,
				names[i]);
	}
	return s->n_drafts > before;
}

static void wish(struct survey *s, struct question q, bool given)
{
	if (!s->context->options->all_names || !add_names(s, q, given))
		add(s, q, given);
}

/* A name the certificate is for; without one the host as it was given. */
static const char *name_of(struct survey *s, const struct chain *chain, const char *host)
{
	const char *name =
		chain ? cert_name_to_ask(chain->certs[0], s->context->arena) : NULL;

	return name ? name : host;
}

static struct passage *passage_of(
	struct survey *s, const struct host *h, const struct check *c)
{
	return check_tunnels(h, c) ? passages_of(&s->passages, h) : NULL;
}

static void add_expected(struct survey *s, const struct host *h,
	const struct service *service, const struct check *c, const struct chain *expected)
{
	const char *to = check_host(h, c);

	wish(s,
		(struct question){
			.host = h->name,
			.service = service->name,
			.protocol = c->protocol,
			.name = c->name ? c->name : name_of(s, expected, to),
			.key = expected && service->n_certificates > 1
				? probe_key_of(expected->certs[0])
				: NULL,
			.client_auth = service->client_auth || c->client_auth,
			.says = c->tlsa != TLSA_UNSAID ? c->tlsa : service->tlsa,
			.expected = expected,
			.to = to,
			.port = probe_port(c->protocol, c->port),
			.through = passage_of(s, h, c),
		},
		false);
}

/* One question for each of the service's certificates that it must show. */
static void add_check(struct survey *s, const struct host *h, const struct service *service,
	const struct check *c)
{
	struct arena *a = s->context->arena;
	const struct chain **chains =
		arena_calloc(a, service->n_certificates, sizeof *chains);
	size_t *chosen = arena_calloc(a, service->n_certificates, sizeof *chosen);
	size_t n = 0, n_chosen;

	for (size_t i = 0; i < service->n_certificates; i++) {
		const struct chain *chain = stored_chain(s, service->certificates[i]);

		if (chain)
			chains[n++] = chain;
	}
	n_chosen = probe_choose(chains, n, c->name, chosen);
	for (size_t i = 0; i < n_chosen; i++)
		add_expected(s, h, service, c, chains[chosen[i]]);
	if (n == 0)
		add_expected(s, h, service, c, NULL);
}

/* The check, as the options change it. */
static struct check as_wished(
	const struct survey *s, const struct check *c, const char *name)
{
	struct check with = *c;

	with.name = name ? name : c->name;
	with.tunnel = c->tunnel || s->context->options->tunnel;
	return with;
}

static bool is_within(const struct survey *s, const struct host *h)
{
	for (size_t i = 0; i < s->n_within; i++)
		if (s->within[i] == h)
			return true;
	return !s->within;
}

/* The checks of a host's services; of one protocol, and at one port, if these are said. */
static void add_host(
	struct survey *s, const struct host *h, const struct listed *l, int port)
{
	for (size_t i = 0; is_within(s, h) && i < h->n_services; i++)
		for (size_t k = 0; k < h->services[i].n_checks; k++) {
			const struct check c =
				as_wished(s, &h->services[i].checks[k], l->name);

			if ((!l->protocol || text_eq(c.protocol, l->protocol)) &&
				(!port || port == probe_port(c.protocol, c.port)))
				add_check(s, h, &h->services[i], &c);
		}
}

static bool add_selected(
	struct survey *s, const char *pattern, const struct listed *l, struct err *e)
{
	const struct host **hosts;
	size_t n;

	if (!inventory_select(s->context->inventory, pattern, &hosts, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		add_host(s, hosts[i], l, 0);
	free(hosts);
	return true;
}

/* Asked for each of the certificates that are for its name, or for whatever it serves. */
static void wish_for_each(struct survey *s, struct question q, bool given)
{
	const struct settings *settings = s->context->settings;
	const struct chain **chains = arena_calloc(
		s->context->arena, settings ? settings->n_certificates : 0, sizeof *chains);
	const size_t n = covering_chains(s, q.name, chains);

	for (size_t i = 0; i < n; i++) {
		q.expected = chains[i];
		q.key = n > 1 ? probe_key_of(chains[i]->certs[0]) : NULL;
		wish(s, q, given);
	}
	if (n == 0)
		wish(s, q, given);
}

/* At an address of its own, whatever its services are. */
static bool add_place(struct survey *s, const struct host *h, const struct endpoint *p,
	const struct listed *l, struct err *e)
{
	const char *host = h ? h->connection.address : p->host;
	const struct check none = { 0 }, c = as_wished(s, &none, l->name);
	const int port = probe_port(l->protocol, p->port);

	if (!port)
		return err_set(e, ERR_USAGE, "%s has no port of its own: %s %s:PORT",
			l->protocol, l->protocol, l->where);
	wish_for_each(s,
		(struct question){
			.host = h ? h->name : l->where,
			.protocol = l->protocol,
			.name = c.name ? c.name : host,
			.to = h ? check_host(h, &c) : host,
			.port = port,
			.through = h ? passage_of(s, h, &c) : NULL,
		},
		!h);
	return true;
}

/* Of the inventory: its checks of that protocol and port, or where it has none, itself. */
static bool add_known(struct survey *s, const struct host *h, const struct endpoint *p,
	const struct listed *l, struct err *e)
{
	const size_t before = s->n_drafts;

	if (!is_within(s, h))
		return true;
	add_host(s, h, l, p->port);
	return s->n_drafts > before || add_place(s, h, p, l, e);
}

static bool add_other(
	struct survey *s, const struct endpoint *p, const struct listed *l, struct err *e)
{
	const struct options *o = s->context->options;

	if (o->tunnel)
		return err_set(e, ERR_USAGE,
			"--tunnel: '%s' isn't in the inventory, so there is no SSH session to it",
			l->where);
	if (o->limit)
		return err_set(e, ERR_USAGE,
			"--limit: '%s' isn't in the inventory, of whose hosts it chooses",
			l->where);
	return add_place(s, NULL, p, l, e);
}

static bool is_group(const struct inventory *inv, const char *word)
{
	for (size_t i = 0; i < inv->n_groups; i++)
		if (text_eq(inv->groups[i].name, word))
			return true;
	return false;
}

/* A host of the inventory, or several by a pattern, or any other host. */
static bool add_listed(struct survey *s, const struct listed *l, struct err *e)
{
	const struct inventory *inv = s->context->inventory;
	const struct host *known;
	struct endpoint p;

	if (endpoint_is_pattern(l->where))
		return inv
			? add_selected(s, l->where, l, e)
			: err_set(e, ERR_USAGE,
				  "'%s' is a pattern of hosts, and there is no inventory",
				  l->where);
	if (!endpoint_read(s->context->arena, l->where, &p, e))
		return false;
	known = inv ? inventory_host(inv, p.host) : NULL;
	if (known)
		return add_known(s, known, &p, l, e);
	if (inv && is_group(inv, l->where))
		return add_selected(s, l->where, l, e);
	return add_other(s, &p, l, e);
}

static bool add_words(struct survey *s, const char *name, struct err *e)
{
	const struct options *o = s->context->options;
	struct listed l = { .protocol = o->n_words > 0 ? o->words[0] : NULL, .name = name };

	if (o->n_words < 2)
		return add_selected(s, o->limit, &l, e);
	for (size_t i = 1; i < o->n_words; i++) {
		l.where = o->words[i];
		if (!add_listed(s, &l, e))
			return false;
	}
	return true;
}

static bool add_lines(
	struct survey *s, const char *name, const struct listing *from, struct err *e)
{
	for (size_t i = 0; i < from->n; i++) {
		struct listed l = from->list[i];

		l.name = l.name ? l.name : name;
		if (!add_listed(s, &l, e)) {
			e->pos = l.pos;
			return false;
		}
	}
	return true;
}

/* ---- all of it ---- */

bool survey_protocol(const char *protocol, struct err *e)
{
	return !protocol || endpoint_protocol(probe_protocol_names, protocol, e);
}

static bool limit(struct survey *s, struct err *e)
{
	const struct context *c = s->context;

	return !c->options->limit || !c->inventory ||
		inventory_select(
			c->inventory, c->options->limit, &s->within, &s->n_within, e);
}

static bool name_to_ask(const struct context *c, const char **name, struct err *e)
{
	const char *given = c->options->name;
	const char *wrong = given ? endpoint_name(c->arena, given, name) : NULL;

	return !wrong || err_set(e, ERR_USAGE, "--name: '%s' %s", given, wrong);
}

/* A host that the word names, and no pattern that leads to it: with or without a port. */
static bool is_alone(const struct survey *s, const char *word)
{
	const char *host = s->drafts[0].question.host;

	return text_starts(word, host) &&
		text_eq(host, s->drafts[s->n_drafts - 1].question.host);
}

bool survey_collect(struct survey *s, const struct listing *l, struct err *e)
{
	const struct options *o = s->context->options;
	const char *name = NULL;

	if (!name_to_ask(s->context, &name, e) || !limit(s, e))
		return false;
	if (!(o->file ? add_lines(s, name, l, e) : add_words(s, name, e)))
		return false;
	if (s->n_drafts == 0)
		return err_set(e, ERR_USAGE, "no service has such a check");
	drafts_arrange(s);
	s->alone = o->n_words == 2 && is_alone(s, o->words[1]);
	drafts_ask(s);
	return true;
}
