#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/survey.h"
#include "cli/thresholds.h"
#include "cli/tlsa.h"
#include "cli/verb.h"
#include "push/tunnel.h"
#include "work/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_SECONDS 10
#define IN_A_ROW    3
#define THROUGH_ONE 8 /* questions at a time through a session; --forks counts sessions */

/* Many times, if it may take its time; whose turn comes late, for as long as one takes. */
static void run(const struct survey *s, struct question *q, const struct probe_target *t)
{
	const int64_t once = deadline_in(ASK_SECONDS);

	if (s->context->options->patience > 0)
		probe_until(s->prober, t, &q->address, q->expected, IN_A_ROW,
			deadline_last(s->deadline, once), &q->result);
	else
		probe_run(s->prober, t, &q->address, q->expected, once, &q->result);
}

/* Once more, if it was the session that broke and not what is behind it. */
static void run_there(const struct survey *s, struct question *q, struct probe_target t)
{
	const struct ssh *ssh = NULL;

	do {
		AUTO(tunnel) struct tunnel tunnel = { 0 };

		ssh = passage_enter(&s->passages, q->through, ssh, &q->result.err);
		if (!ssh) {
			q->result.verdict = PROBE_UNREACHABLE;
			return;
		}
		tunnel_init(&tunnel, ssh, q->to, q->port);
		t.way = &tunnel.way;
		run(s, q, &t);
	} while (q->result.served.n == 0 && ssh_lost(ssh, true));
}

/* Those that go through one passage, or one that goes through none. */
struct party {
	const struct survey *survey;
	struct question **list;
	size_t n;
};

static void ask(void *ctx, size_t i)
{
	const struct party *p = ctx;
	const struct survey *s = p->survey;
	struct question *q = p->list[i];
	const struct probe_target t = { .protocol = q->protocol,
		.name = q->name,
		.key = q->key,
		.no_sni = s->context->options->no_sni,
		.client_auth = q->client_auth,
		.tlsa = q->tlsa };

	if (!*q->address.text || q->twin)
		return;
	if (q->through)
		run_there(s, q, t);
	else
		run(s, q, &t);
}

static void ask_party(void *ctx, size_t i)
{
	struct party *p = (struct party *)ctx + i;

	crew_run(THROUGH_ONE, p->n, ask, p);
	if (p->list[0]->through)
		passage_close(p->list[0]->through);
}

static int by_passage(const void *a, const void *b)
{
	const struct question *x = *(struct question *const *)a,
			      *y = *(struct question *const *)b;
	const uintptr_t p = (uintptr_t)x->through, q = (uintptr_t)y->through;

	return p != q ? (p < q ? -1 : 1) : (x > y) - (x < y);
}

/* Each question's place into list[s->n], and the parties that they make up; returns how
 * many. */
static size_t make_up(const struct survey *s, struct question **list, struct party *parties)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		list[i] = &s->list[i];
	qsort(list, s->n, sizeof(*list), by_passage);
	for (size_t i = 0; i < s->n; i++)
		if (n > 0 && list[i]->through && list[i]->through == list[i - 1]->through)
			parties[n - 1].n++;
		else
			parties[n++] = (struct party){ s, &list[i], 1 };
	return n;
}

static void ask_all(struct survey *s)
{
	const struct context *c = s->context;
	struct question **list = xcalloc(s->n, sizeof(*list));
	struct party *parties = xcalloc(s->n, sizeof *parties);

	tlsa_look_up(s);
	passages_prepare(&s->passages, c, s->deadline);
	crew_run((size_t)c->options->forks, make_up(s, list, parties), ask_party, parties);
	free(parties);
	free(list);
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].twin)
			s->list[i].result = s->list[i].twin->result;
}

static bool alike(const struct probe_result *a, const struct probe_result *b)
{
	return a->verdict == b->verdict && a->chain_until == b->chain_until &&
		text_eq(a->warning, b->warning) && a->served.n > 0 &&
		chain_eq(&a->served, &b->served);
}

static enum event_match match_of(const struct question *q)
{
	if (!q->expected || q->result.served.n == 0)
		return MATCH_UNKNOWN;
	return chain_eq(&q->result.served, q->expected) ? MATCH_YES : MATCH_NO;
}

/* What is told of the certificate itself. */
static void describe(const struct cert *leaf, struct event *ev, struct sha256_hex *hex)
{
	const struct sha256 print = cert_sha256(leaf);

	*hex = sha256_hex(&print);
	ev->fingerprint = hex->s;
	ev->subject = cert_subject_name(leaf);
	ev->issuer = cert_issuer_name(leaf);
	ev->key_type = cert_key_name(leaf);
	ev->signature = cert_signature_name(leaf);
}

/* By the verdict, and by what is left of what is served. */
static void judge(const struct survey *s, const struct question *q, struct event *ev)
{
	const struct options *o = s->context->options;
	const struct probe_result *r = &q->result;

	if (r->served.n > 0) {
		ev->not_before = cert_not_before(r->served.certs[0]);
		ev->not_after = cert_not_after(r->served.certs[0]);
		ev->chain_not_after = r->chain_until;
		thresholds_apply(&o->warn, &o->crit, ev);
	}
	if (r->verdict == PROBE_UNREACHABLE)
		ev->level = o->unreachable;
	else if (r->verdict != PROBE_OK)
		ev->level = LEVEL_CRITICAL;
}

static bool is_well(const struct survey *s, const struct question *q)
{
	struct event ev = { .kind = EVENT_PROBE };

	judge(s, q, &ev);
	return ev.level == LEVEL_OK;
}

static void tell(
	const struct survey *s, const struct question *q, const char *address, bool several)
{
	const struct probe_result *r = &q->result;
	const struct options *o = s->context->options;
	AUTO(str) char *serial = NULL;
	struct sha256_hex hex;
	struct event ev = {
		.kind = EVENT_PROBE,
		.host = q->host,
		.item = o->all_names ? q->name : NULL,
		.service = q->service,
		.protocol = probe_protocol_title(q->protocol),
		.name = q->name,
		.key = q->key,
		.address = address,
		.verdict = probe_verdict_word(r->verdict),
		.detail = r->err.kind != ERR_NONE ? r->err.msg : NULL,
		.tls = *r->tls ? r->tls : NULL,
		.warning = *r->warning ? r->warning : NULL,
		.match = match_of(q),
		.seconds = (double)r->took / 1e6,
		.alone = s->alone,
		.several = several,
	};

	if (r->served.n > 0)
		describe(r->served.certs[0], &ev, &hex);
	if (r->served.n > 0 && o->metric_aliases)
		serial = cert_serial_text(r->served.certs[0]);
	ev.serial = serial;
	judge(s, q, &ev);
	report_emit(s->context->report, &ev);
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
	bool well = !s->blind;

	for (size_t from = 0, to; from < s->n; from = to) {
		for (to = from; to < s->n && s->list[to].check == s->list[from].check; to++)
			well &= is_well(s, &s->list[to]);
		tell_check(s, from, to);
	}
	return well ? EXIT_OK : EXIT_FAILED;
}

/* Hosts that are given can be asked without settings; then nothing is compared. */
static unsigned needs(const struct options *o)
{
	const bool given = o->n_words >= 2 || o->file;
	struct err e;
	AUTO(str) char *settings = settings_find(o->config, &e);

	if (!settings && !o->config && given)
		return NEED_TRUST;
	return NEED_SETTINGS | NEED_STORE | NEED_TRUST |
		(given ? NEED_INVENTORY_IF_ANY : NEED_INVENTORY);
}

/* What doesn't go together. */
static bool check_options(const struct options *o, struct err *e)
{
	if (o->file && o->n_words > 0)
		return err_set(e, ERR_USAGE,
			"--file lists all that is asked: no words go with it");
	if (o->all_names && (o->name || o->no_sni))
		return err_set(e, ERR_USAGE, "--all-names doesn't go with --%s",
			o->name ? "name" : "no-sni");
	if (o->ipv4 && o->ipv6)
		return err_set(e, ERR_USAGE, "--ipv4 and --ipv6 leave no address");
	if (o->tunnel && (o->ipv4 || o->ipv6))
		return err_set(e, ERR_USAGE,
			"--%s doesn't go with --tunnel: the host itself chooses the address",
			o->ipv4 ? "ipv4" : "ipv6");
	return survey_protocol(o->n_words > 0 ? o->words[0] : NULL, e);
}

int cmd_check_remote(struct context *c)
{
	AUTO(listing) struct listing listing = { 0 };
	AUTO(survey) struct survey s = { .context = c };
	AUTO(prober) struct prober *prober = NULL;
	const struct options *o = c->options;
	struct errs all = { 0 };
	struct err e = { 0 };
	int status;

	if (!check_options(o, &e))
		return tell_error(c, &e);
	arena_free(TAKE(c->arena));
	if (!context_load(c, needs(o), "check-remote", &status))
		return status;
	if (o->file &&
		!listing_load(c->arena, o->file, probe_protocol_names, &listing, &all))
		return tell_errors(c, &all);
	s.deadline = deadline_in(o->patience);
	if (!survey_collect(&s, &listing, &e))
		return tell_error(c, &e);
	s.prober = prober = prober_new(c->trust, s.n, &e);
	if (!prober)
		return tell_error(c, &e);
	ask_all(&s);
	return tell_all(&s);
}
