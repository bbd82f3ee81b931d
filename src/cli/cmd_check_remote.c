#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/verb.h"
#include "probe/probe.h"
#include "work/crew.h"

#include <stdio.h>
#include <string.h>

#define ASK_SECONDS  10
#define SIDE_BY_SIDE 64

/* One check, at one address. */
struct question {
	const char *host, *service; /* as the report calls them; service may be NULL */
	size_t check; /* questions of one check, at several addresses, have the same number
		       */
	const char *protocol, *name, *key;
	const struct chain *expected;
	struct probe_address address;
	struct probe_result result;
};

/* The store's chain of a certificate, read once. */
struct stored {
	struct stored *next;
	const char *name;
	struct chain chain;
};

struct survey {
	struct context *context;
	const struct prober *prober;
	struct question *list;
	size_t n, n_checks;
	struct stored *stored; /* in the arena */
};

static void survey_clear(struct survey *s)
{
	for (size_t i = 0; i < s->n; i++)
		probe_result_clear(&s->list[i].result);
	for (struct stored *st = s->stored; st; st = st->next)
		chain_clear(&st->chain);
	free(s->list);
}
DEFINE_AUTO_VALUE(struct survey, survey, survey_clear)

/* ---- what is expected ---- */

/* NULL if the store can't tell: then what is served is judged by itself. */
static const struct chain *stored_chain(struct survey *s, const char *name)
{
	struct context *c = s->context;
	struct stored *st;
	struct err e;

	for (st = s->stored; st; st = st->next)
		if (text_eq(st->name, name))
			return st->chain.n > 0 ? &st->chain : NULL;
	st = arena_calloc(c->arena, 1, sizeof *st);
	st->name = name;
	st->next = s->stored;
	s->stored = st;
	if (store_has(c->store, name) && store_read_chain(c->store, name, &st->chain, &e))
		return &st->chain;
	report_warn(c->report, "%s: not in the store, so what is served can't be compared",
		name);
	return NULL;
}

/* A certificate of ours that is for this name, if there is one. */
static const struct chain *covering_chain(struct survey *s, const char *host)
{
	const struct settings *settings = s->context->settings;

	for (size_t i = 0; settings && i < settings->n_certificates; i++) {
		const char *name = settings->certificates[i].name;
		const struct chain *chain =
			store_has(s->context->store, name) ? stored_chain(s, name) : NULL;

		if (chain && cert_covers(chain->certs[0], host))
			return chain;
	}
	return NULL;
}

/* ---- what is asked ---- */

static void add(struct survey *s, struct question q, const char *connect_to, int port)
{
	struct probe_address *addresses = NULL;
	struct err e = { 0 };
	size_t n = 0;

	q.check = s->n_checks++;
	if (!probe_resolve(connect_to, port, &addresses, &n, &e)) {
		q.result.verdict = PROBE_UNREACHABLE;
		q.result.err = e;
		GROW(s->list, s->n);
		s->list[s->n++] = q;
	}
	for (size_t i = 0; i < n; i++) {
		q.address = addresses[i];
		GROW(s->list, s->n);
		s->list[s->n++] = q;
	}
	free(addresses);
}

/* A name the certificate is for; without one the host as it was given. */
static const char *name_of(struct survey *s, const struct chain *chain, const char *host)
{
	const char *name =
		chain ? cert_name_to_ask(chain->certs[0], s->context->arena) : NULL;

	return name ? name : host;
}

static void add_expected(struct survey *s, const struct host *h,
	const struct service *service, const struct check *c, const struct chain *expected)
{
	const char *to = c->host ? c->host : h->connection.address;

	add(s,
		(struct question){
			.host = h->name,
			.service = service->name,
			.protocol = c->protocol,
			.name = c->name ? c->name : name_of(s, expected, to),
			.key = expected && service->n_certificates > 1
				? probe_key_of(expected->certs[0])
				: NULL,
			.expected = expected,
		},
		to, c->port ? c->port : probe_protocol_port(c->protocol));
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

/* The checks of a host's services, of one protocol if it isn't NULL. */
static void add_host(struct survey *s, const struct host *h, const char *protocol)
{
	for (size_t i = 0; i < h->n_services; i++)
		for (size_t k = 0; k < h->services[i].n_checks; k++) {
			const struct check *c = &h->services[i].checks[k];

			if (!protocol || text_eq(c->protocol, protocol))
				add_check(s, h, &h->services[i], c);
		}
}

/* "mail.example.net:587", "192.0.2.7", "[2001:db8::1]:25", "2001:db8::1" */
static bool split_port(
	struct arena *a, const char *word, const char **host, int *port, struct err *e)
{
	const char *colon = strchr(word, ':'), *rest = "";
	const char *close = *word == '[' ? strchr(word, ']') : NULL;
	char *end;
	long n;

	*host = word;
	if (close) {
		*host = arena_strndup(a, word + 1, (size_t)(close - word - 1));
		rest = close + 1;
	} else if (colon && !strchr(colon + 1, ':')) {
		*host = arena_strndup(a, word, (size_t)(colon - word));
		rest = colon;
	}
	if (!*rest)
		return true;
	n = strtol(rest + 1, &end, 10);
	if (*rest != ':' || *end || end == rest + 1 || n < 1 || n > 65535)
		return err_set(e, ERR_USAGE, "not a port: '%s'", rest);
	*port = (int)n;
	return true;
}

/* A name that can't be resolved may be one of the inventory's, misspelt. */
static void suggest(const struct context *c, const char *word, struct question *q)
{
	const struct inventory *inv = c->inventory;
	const char **names, *near;

	if (!inv || q->address.sockaddr.len > 0)
		return;
	names = arena_calloc(c->arena, inv->n_hosts + 1, sizeof *names);
	for (size_t i = 0; i < inv->n_hosts; i++)
		names[i] = inv->hosts[i].name;
	near = text_nearest(word, names);
	if (near)
		err_set(&q->result.err, q->result.err.kind, "%s; did you mean %s?",
			q->result.err.msg, near);
}

/* A host that is given by name: the inventory's, or any other. */
static bool add_given(
	struct survey *s, const char *protocol, const char *word, struct err *e)
{
	struct context *c = s->context;
	const char *host = word;
	const struct host *known = c->inventory ? inventory_host(c->inventory, word) : NULL;
	int port = probe_protocol_port(protocol);
	const size_t before = s->n;

	if (known)
		add_host(s, known, protocol);
	if (s->n > before)
		return true;
	if (known)
		host = known->connection.address;
	else if (!split_port(c->arena, word, &host, &port, e))
		return false;
	if (!*host)
		return err_set(e, ERR_USAGE, "no host in '%s'", word);
	if (!port)
		return err_set(e, ERR_USAGE, "%s has no port of its own: %s %s:PORT",
			protocol, protocol, word);
	add(s,
		(struct question){
			.host = word,
			.protocol = protocol,
			.name = host,
			.expected = covering_chain(s, host),
		},
		host, port);
	suggest(c, word, &s->list[s->n - 1]);
	return true;
}

static bool add_selected(struct survey *s, const char *protocol, struct err *e)
{
	struct context *c = s->context;
	const struct host **hosts;
	size_t n;

	if (!inventory_select(c->inventory, c->options->limit, &hosts, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		add_host(s, hosts[i], protocol);
	free(hosts);
	return true;
}

static bool check_protocol(const char *protocol, struct err *e)
{
	const char *near;

	if (!protocol || probe_protocol_known(protocol))
		return true;
	near = text_nearest(protocol, probe_protocol_names);
	return err_set(e, ERR_USAGE, "unknown protocol '%s'%s%s%s", protocol,
		near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool collect(struct survey *s, struct err *e)
{
	const struct options *o = s->context->options;
	const char *protocol = o->n_words > 0 ? o->words[0] : NULL;

	if (o->n_words > 2)
		return err_set(
			e, ERR_USAGE, "check-remote takes a protocol and a host, no more");
	if (o->n_words == 2 ? !add_given(s, protocol, o->words[1], e)
			    : !add_selected(s, protocol, e))
		return false;
	if (s->n == 0)
		return err_set(e, ERR_USAGE, "no service has such a check");
	return true;
}

/* ---- asking and telling ---- */

static void ask(void *ctx, size_t i)
{
	const struct survey *s = ctx;
	struct question *q = &s->list[i];
	const struct probe_target t = {
		.protocol = q->protocol, .name = q->name, .key = q->key
	};

	if (q->address.sockaddr.len > 0)
		probe_run(s->prober, &t, &q->address, q->expected, deadline_in(ASK_SECONDS),
			&q->result);
}

static bool alike(const struct probe_result *a, const struct probe_result *b)
{
	struct sha256 x, y;

	if (a->verdict != b->verdict || a->served.n == 0 || b->served.n == 0)
		return false;
	x = cert_sha256(a->served.certs[0]);
	y = cert_sha256(b->served.certs[0]);
	return sha256_eq(&x, &y);
}

static void tell(
	const struct survey *s, const struct question *q, const char *address, bool several)
{
	const struct cert *leaf = q->result.served.n > 0 ? q->result.served.certs[0] : NULL;
	struct sha256_hex hex = { "" };

	if (leaf) {
		const struct sha256 print = cert_sha256(leaf);

		hex = sha256_hex(&print);
	}
	report_emit(s->context->report,
		&(struct event){
			.kind = EVENT_PROBE,
			.host = q->host,
			.service = q->service,
			.protocol = probe_protocol_title(q->protocol),
			.address = address,
			.verdict = probe_verdict_word(q->result.verdict),
			.not_after = leaf ? cert_not_after(leaf) : 0,
			.fingerprint = leaf ? hex.s : NULL,
			.detail = q->result.err.kind != ERR_NONE ? q->result.err.msg
				: q->result.tls[0]               ? q->result.tls
								 : NULL,
			.alone = s->context->options->n_words == 2,
			.several = several,
		});
}

/* The addresses of one check, [from, to): one line if they agree, a line each if not. */
static void tell_check(const struct survey *s, size_t from, size_t to)
{
	const struct options *o = s->context->options;
	bool agree = o->format == FORMAT_TEXT && o->verbose == 0;

	for (size_t i = from + 1; i < to; i++)
		agree &= alike(&s->list[from].result, &s->list[i].result);
	if (agree && to - from > 1) {
		tell(s, &s->list[from], NULL, false);
		return;
	}
	for (size_t i = from; i < to; i++) {
		const char *address = s->list[i].address.text;

		tell(s, &s->list[i], *address ? address : NULL, to - from > 1);
	}
}

static int tell_all(const struct survey *s)
{
	bool well = true;

	for (size_t from = 0, to; from < s->n; from = to) {
		for (to = from; to < s->n && s->list[to].check == s->list[from].check; to++)
			well &= s->list[to].result.verdict == PROBE_OK;
		tell_check(s, from, to);
	}
	return well ? EXIT_OK : EXIT_FAILED;
}

/* A host that is given can be asked without settings; then nothing is compared. */
static unsigned needs(const struct options *o)
{
	struct err e;
	AUTO(str) char *settings = settings_find(o->config, &e);

	if (!settings && !o->config && o->n_words == 2)
		return NEED_TRUST;
	return NEED_SETTINGS | NEED_INVENTORY | NEED_STORE | NEED_TRUST;
}

int cmd_check_remote(struct context *c)
{
	AUTO(survey) struct survey s = { .context = c };
	AUTO(prober) struct prober *prober = NULL;
	const struct options *o = c->options;
	struct err e = { 0 };
	int status;

	if (!check_protocol(o->n_words > 0 ? o->words[0] : NULL, &e))
		return tell_error(c, &e);
	arena_free(TAKE(c->arena));
	if (!context_load(c, needs(o), "check-remote", &status))
		return status;
	s.prober = prober = prober_new(c->trust, &e);
	if (!prober || !collect(&s, &e))
		return tell_error(c, &e);
	crew_run(SIDE_BY_SIDE, s.n, ask, &s);
	return tell_all(&s);
}
