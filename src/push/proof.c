#include "push/private/proof.h"
#include "base/alloc.h"
#include "base/clock.h"
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

static struct proof *add(struct proofs *out, struct service_plan *s, const struct check *c)
{
	GROW(out->list, out->n);
	out->list[out->n] = (struct proof){
		.service = s, .check = c, .result.verdict = PROBE_UNREACHABLE
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

static void list_check(struct proofs *out, struct arena *a, const struct host_plan *p,
	struct service_plan *s, const struct check *c, bool patient)
{
	const char *host = c->host ? c->host : p->host->connection.address;
	const char *name =
		c->name ? c->name : cert_name_to_ask(s->bundle->chain.certs[0], a);
	const int port = c->port ? c->port : probe_protocol_port(c->protocol);
	struct probe_address *list;
	struct err e;
	size_t n;

	if (!resolve(host, port, patient ? s->service->wait : 0, &list, &n, &e)) {
		struct proof *q = add(out, s, c);

		q->result.err = e;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct proof *q = add(out, s, c);

		q->name = name;
		q->address = list[i];
	}
	free(list);
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

static struct probe_target target_of(const struct proof *q)
{
	return (struct probe_target){ .protocol = q->check->protocol, .name = q->name };
}

static void ask(void *ctx, size_t i)
{
	const struct asking *asking = ctx;
	struct proof *q = &asking->proofs->list[i];
	const struct probe_target t = target_of(q);

	if (q->address.sockaddr.len > 0)
		probe_run(asking->prober, &t, &q->address, &q->service->bundle->chain,
			deadline_in_ms(ASK_MS), &q->result);
}

static void wait_for(void *ctx, size_t i)
{
	const struct asking *asking = ctx;
	struct proof *q = &asking->proofs->list[i];
	const struct probe_target t = target_of(q);

	if (q->address.sockaddr.len > 0)
		probe_until(asking->prober, &t, &q->address, &q->service->bundle->chain,
			IN_A_ROW, deadline_in(q->service->service->wait), &q->result);
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
