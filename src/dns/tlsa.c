#include "base/alloc.h"
#include "dns/dns.h"

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
