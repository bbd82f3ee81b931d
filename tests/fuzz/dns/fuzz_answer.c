/* An answer of any bytes to a question of ours, and all that is read from it. */
#include "base/alloc.h"
#include "dns/private/lookout.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct dns_config config = { .provider = "hook" };
	static const char *const issuers[] = { "ca.example" };
	static const struct dns_standing standing = { issuers, 1, "https://ca/1", true };
	struct dns_record record = { .config = &config, .value = "value" };
	struct dns_record kept = { .config = &config, .standing = &standing };
	struct dns_tlsa tlsa = { .config = &config, .name = "_25._tcp.example.net" };
	struct dns_record announced = {
		.config = &config, .type = DNS_TLSA, .tlsa = &tlsa
	};
	char zone_name[] = "example.net", name[] = "_acme-challenge.example.net";
	struct zone zone = { .config = &config, .name = zone_name };
	struct subject subject = { .record = &record, .name = name, .zone = &zone };
	struct subject other = { .record = &kept, .name = name, .zone = &zone };
	struct subject third = { .record = &announced, .name = name, .zone = &zone };
	struct view view = { .subject = &subject }, view_kept = { .subject = &other };
	struct lookout tlsa_at = { 0 };
	AUTO(buf) struct buf query = BUF_EMPTY;
	AUTO(pkt) ldns_pkt *p = NULL;
	AUTO(rdf) ldns_rdf *owner = NULL;
	char *alias = NULL, *below = NULL;
	const ldns_rr *soa;
	struct err e;

	if (len < 2 || !query_build(&query, name, LDNS_RR_TYPE_TXT, false, &e))
		return 0;
	memcpy(query.data, data, 2); /* the ID is always right */
	p = answer_parse(data, len, &query, &e);
	owner = name_parse(name, &e);
	if (p) {
		view_judge(&view, p, &alias, &below);
		free(TAKE(alias));
		free(TAKE(below));
		view_judge(&view_kept, p, &alias, &below);
		free(TAKE(alias));
		free(TAKE(below));
		lookout_add(&tlsa_at, &third);
		view_judge(tlsa_at.views, p, &alias, &below);
		lookout_clear(&tlsa_at);
		soa = answer_soa(p, NULL);
		if (soa)
			soa_serial(soa);
		answer_denied_by(p, owner);
	}
	free(alias);
	free(below);
	return 0;
}
