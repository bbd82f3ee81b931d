#include "dns/private/tlsa.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "dns/private/proved.h"

#include <stdio.h>

enum { LOOK_SECONDS = 3 };

void dns_tlsa_clear(struct dns_tlsa *t)
{
	for (size_t i = 0; i < t->n_views; i++) {
		for (size_t k = 0; k < t->views[i].n; k++)
			free(t->views[i].records[k]);
		free(t->views[i].records);
	}
	free(t->views);
	free(t->place);
	*t = (struct dns_tlsa){ .config = t->config, .name = t->name };
}

/* Nobody sleeps instead of looking here: nothing was changed just now. */
static struct dns_config patience(const struct dns_config *c)
{
	struct dns_config copy = *c;

	copy.timeout = LOOK_SECONDS;
	copy.settle = 0;
	if (copy.check == DNS_CHECK_SLEEP || copy.check == DNS_CHECK_NONE)
		copy.check = DNS_CHECK_AUTHORITATIVE;
	return copy;
}

void dns_tlsa_look(struct dns_tlsa *const *list, size_t n)
{
	struct dns_config *configs = xcalloc(n, sizeof *configs);
	struct dns_record *records = xcalloc(n, sizeof *records);

	for (size_t i = 0; i < n; i++) {
		configs[i] = patience(list[i]->config);
		records[i] = (struct dns_record){
			.config = &configs[i],
			.type = DNS_TLSA,
			.domain = list[i]->name,
			.name = xstrdup(list[i]->name),
			.tlsa = list[i],
		};
	}
	dns_wait(records, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		list[i]->err = records[i].err;
	dns_records_clear(records, n);
	free(records);
	free(configs);
}

char *tlsa_rdata_text(const void *rdata, size_t len)
{
	const unsigned char *p = rdata;
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (len < 4)
		return NULL;
	buf_printf(&text, "%u %u %u ", p[0], p[1], p[2]);
	for (size_t i = 3; i < len; i++)
		buf_printf(&text, "%02x", p[i]);
	return buf_take(&text);
}

static void take_records(const struct question *q, struct dns_tlsa_proof *p)
{
	size_t n = 0;

	p->records = xcalloc(q->n_rdata + 1, sizeof *p->records);
	for (size_t i = 0; i < q->n_rdata; i++) {
		char *text = tlsa_rdata_text(q->rdata[i].data, q->rdata[i].len);

		if (text)
			p->records[n++] = text;
	}
}

static void take_proof(const struct question *q, struct dns_tlsa_proof *p)
{
	p->stand = q->verdict == VERDICT_BOGUS ? DNS_TLSA_BOGUS
		: !q->told                     ? DNS_TLSA_UNTOLD
		: q->verdict == VERDICT_SECURE ? DNS_TLSA_SECURE
					       : DNS_TLSA_OPEN;
	if (p->stand == DNS_TLSA_BOGUS)
		snprintf(p->why, sizeof p->why, "%s", q->why.data);
	if (p->stand == DNS_TLSA_SECURE)
		take_records(q, p);
}

void dns_tlsa_proof_clear(struct dns_tlsa_proof *p)
{
	for (char **r = p->records; r && *r; r++)
		free(*r);
	free(p->records);
	*p = (struct dns_tlsa_proof){ .name = p->name };
}

bool dns_tlsa_prove(const struct dns_config *c, struct dns_tlsa_proof *list, size_t n,
	int64_t deadline, struct err *e)
{
	struct question *q = xcalloc(n, sizeof *q);
	struct err unused;
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		q[i] = (struct question)QUESTION(list[i].name, LDNS_RR_TYPE_TLSA);
	if (n > 0 && dns_validator(&unused))
		ok = proved_ask(c, q, n, deadline, e);
	for (size_t i = 0; i < n; i++)
		take_proof(&q[i], &list[i]);
	questions_clear(q, n);
	free(q);
	return ok;
}
