#include "push/private/proof.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "push/tunnel.h"
#include "work/crew.h"

#include <string.h>

#define ASK_MS       10000
#define SIDE_BY_SIDE 16
#define IN_A_ROW     3
#define AGAIN_MS     500

void proofs_clear(struct proofs *p)
{
	for (size_t i = 0; i < p->n; i++)
		probe_result_clear(&p->list[i].result);
	free(p->list);
	*p = (struct proofs){ 0 };
}

static struct proof *add(struct proofs *out, struct service_plan *s, const struct check *c,
	const struct bundle *b)
{
	GROW(out->list, out->n);
	out->list[out->n] = (struct proof){
		.service = s, .check = c, .bundle = b, .result.verdict = PROBE_UNREACHABLE
	};
	return &out->list[out->n++];
}

/* A name server that hiccups is no reason to take a push back: ask again for so long. */
static bool resolve(const char *host, int port, int patience, struct probe_address **list,
	size_t *n, struct err *e)
{
	const int64_t deadline = deadline_in(patience);

	while (!probe_resolve(host, port, list, n, e)) {
		struct err stopped;

		if (deadline_left(deadline) == 0 || !clock_sleep_ms(AGAIN_MS, &stopped))
			return false;
	}
	return true;
}

/* Of the service's certificates those that this check must show. */
static const struct bundle **shown_by(
	struct arena *a, const struct service_plan *s, const struct check *c, size_t *n)
{
	const size_t have = s->service->n_certificates;
	const struct chain **chains = arena_calloc(a, have, sizeof *chains);
	size_t *chosen = arena_calloc(a, have, sizeof *chosen);
	const struct bundle **shown = arena_calloc(a, have, sizeof *shown);

	for (size_t i = 0; i < have; i++)
		chains[i] = &s->bundles[i]->chain;
	*n = probe_choose(chains, have, c->name, chosen);
	for (size_t i = 0; i < *n; i++)
		shown[i] = s->bundles[chosen[i]];
	return shown;
}

/* Each of them at one address. */
static void list_address(struct proofs *out, struct arena *a, struct service_plan *s,
	const struct check *c, const struct probe_address *address)
{
	size_t n;
	const struct bundle **shown = shown_by(a, s, c, &n);

	for (size_t i = 0; i < n; i++) {
		const struct cert *leaf = shown[i]->chain.certs[0];
		struct proof *q = add(out, s, c, shown[i]);

		q->name = c->name ? c->name : cert_name_to_ask(leaf, a);
		q->key = s->service->n_certificates > 1 ? probe_key_of(leaf) : NULL;
		q->address = *address;
	}
}

static void list_tunnel(struct proofs *out, struct arena *a, struct service_plan *s,
	const struct check *c, const char *host, int port)
{
	const size_t from = out->n;
	struct probe_address place;

	probe_place(host, port, &place);
	list_address(out, a, s, c, &place);
	for (size_t i = from; i < out->n; i++) {
		out->list[i].host = host;
		out->list[i].port = port;
	}
}

static void list_check(struct proofs *out, struct arena *a, const struct host_plan *p,
	struct service_plan *s, const struct check *c, bool patient)
{
	const char *host = check_host(p->host, c);
	const int port = probe_port(c->protocol, c->port);
	struct probe_address *list;
	struct err e;
	size_t n;

	if (check_tunnels(p->host, c)) {
		list_tunnel(out, a, s, c, host, port);
		return;
	}
	if (!resolve(host, port, patient ? s->service->wait : 0, &list, &n, &e)) {
		struct proof *q = add(out, s, c, s->bundles[0]);

		q->result.err = e;
		return;
	}
	for (size_t i = 0; i < n; i++)
		list_address(out, a, s, c, &list[i]);
	free(list);
}

bool proof_is_due(const struct host_plan *p)
{
	for (size_t i = 0; i < p->n_services; i++)
		if (plan_takes_up(&p->services[i]) && p->services[i].service->n_checks > 0)
			return true;
	return false;
}

void proofs_list(struct proofs *out, struct arena *a, struct host_plan *p,
	bool (*wanted)(const struct service_plan *s), bool patient)
{
	for (size_t i = 0; i < p->n_services; i++) {
		struct service_plan *s = &p->services[i];

		for (size_t k = 0; wanted(s) && k < s->service->n_checks; k++)
			list_check(out, a, p, s, &s->service->checks[k], patient);
	}
}

struct asking {
	struct proofs *proofs;
	const struct prober *prober;
};

static bool has_address(const struct proof *q)
{
	return *q->address.text;
}

/* Its way is through the host, if it tunnels. */
static struct probe_target target_of(
	const struct proof *q, const struct ssh *through, struct tunnel *tunnel)
{
	struct probe_target t = {
		.protocol = q->check->protocol, .name = q->name, .key = q->key
	};

	if (q->host) {
		tunnel_init(tunnel, through, q->host, q->port);
		t.way = &tunnel->way;
	}
	return t;
}

void proof_run(const struct proof *q, const struct ssh *through,
	const struct prober *prober, const struct chain *expected, int64_t deadline,
	struct probe_result *r)
{
	AUTO(tunnel) struct tunnel tunnel = { 0 };
	const struct probe_target t = target_of(q, through, &tunnel);

	probe_run(prober, &t, &q->address, expected, deadline, r);
}

static void ask(void *ctx, size_t i)
{
	const struct asking *asking = ctx;
	struct proof *q = &asking->proofs->list[i];

	if (has_address(q))
		proof_run(q, asking->proofs->through, asking->prober, &q->bundle->chain,
			deadline_in_ms(ASK_MS), &q->result);
}

static void wait_for(void *ctx, size_t i)
{
	const struct asking *asking = ctx;
	struct proof *q = &asking->proofs->list[i];
	AUTO(tunnel) struct tunnel tunnel = { 0 };
	struct probe_target t;

	if (!has_address(q))
		return;
	t = target_of(q, asking->proofs->through, &tunnel);
	probe_until(asking->prober, &t, &q->address, &q->bundle->chain, IN_A_ROW,
		deadline_in(q->service->service->wait), &q->result);
}

void proofs_ask(struct proofs *p, const struct prober *prober)
{
	struct asking asking = { p, prober };

	crew_run(SIDE_BY_SIDE, p->n, ask, &asking);
}

void proofs_wait(struct proofs *p, const struct prober *prober)
{
	struct asking asking = { p, prober };

	crew_run(SIDE_BY_SIDE, p->n, wait_for, &asking);
}

const struct proof *proofs_bad(const struct proofs *p, const struct service_plan *s)
{
	for (size_t i = 0; i < p->n; i++)
		if ((!s || p->list[i].service == s) &&
			p->list[i].result.verdict != PROBE_OK)
			return &p->list[i];
	return NULL;
}
