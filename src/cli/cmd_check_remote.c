#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/survey.h"
#include "cli/verb.h"
#include "work/crew.h"

#include <stdio.h>
#include <string.h>

#define ASK_SECONDS  10
#define SIDE_BY_SIDE 64

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

	if (!survey_protocol(o->n_words > 0 ? o->words[0] : NULL, &e))
		return tell_error(c, &e);
	arena_free(TAKE(c->arena));
	if (!context_load(c, needs(o), "check-remote", &status))
		return status;
	s.prober = prober = prober_new(c->trust, &e);
	if (!prober || !survey_collect(&s, &e))
		return tell_error(c, &e);
	crew_run(SIDE_BY_SIDE, s.n, ask, &s);
	return tell_all(&s);
}
