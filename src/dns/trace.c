#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/resolve.h"
#include "dns/private/wire.h"

#include <string.h>

enum { HOPS_MAX = 16, ANSWER_MS = 3000 };

/* One step: what the zone's servers say of the name. */
struct hop {
	char *alias; /* it is one, of this name */
	char *below; /* it is in a zone of its own, or a deeper one */
};

static void hop_clear(struct hop *h)
{
	free(h->alias);
	free(h->below);
}
DEFINE_AUTO_VALUE(struct hop, hop, hop_clear)

static bool read_hop(const ldns_pkt *answer, const char *name, struct hop *h)
{
	struct err e;
	AUTO(rdf) ldns_rdf *owner = name_parse(name, &e);
	const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(answer);
	const ldns_rdf *target, *cut;

	if (!owner || (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN))
		return false;
	target = answer_last_alias(answer, owner);
	cut = answer_referral(answer, owner);
	if (target)
		h->alias = name_text(target);
	else if (cut && ldns_dname_label_count(cut) > 0)
		h->below = name_text(cut);
	else
		return ldns_pkt_aa(answer);
	return true;
}

/* The first server that answers is believed: all of them have the same zone. */
static bool ask_servers(const struct name_servers *all, const char *name, struct hop *h,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf query = BUF_EMPTY;

	if (!query_build(&query, name, LDNS_RR_TYPE_TXT, false, e))
		return false;
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < all->list[i].at.n; k++) {
			AUTO(pkt)
			ldns_pkt *p = ask(&all->list[i].at.list[k], &query,
				deadline_first(deadline, deadline_in_ms(ANSWER_MS)), e);

			if (p && read_hop(p, name, h))
				return true;
			if (!p && e->kind == ERR_STOPPED)
				return false;
		}
	return err_set(e, ERR_DNS, "no name server answers for %s", name);
}

static bool take_hop(const struct resolvers *r, const char *name, const char *zone,
	uint16_t port, struct hop *h, int64_t deadline, struct err *e)
{
	AUTO(name_servers) struct name_servers servers = { 0 };

	return resolve_servers(r, zone, port, &servers, deadline, e) &&
		ask_servers(&servers, name, h, deadline, e);
}

/* To the next alias; *next stays NULL where there is none. */
static bool follow(const struct resolvers *r, const char *name, uint16_t port, char **next,
	int64_t deadline, struct err *e)
{
	const char *above = strchr(name, '.');
	/* from above: a resolver would remember that the name itself isn't there */
	AUTO(str) char *zone = resolve_zone(r, above ? above + 1 : name, deadline, e);

	for (int cuts = 0; zone && cuts < HOPS_MAX; cuts++) {
		AUTO(hop) struct hop h = { 0 };

		if (!take_hop(r, name, zone, port, &h, deadline, e))
			return false;
		if (!h.below || text_eq(h.below, zone)) {
			*next = TAKE(h.alias);
			return true;
		}
		free(zone);
		zone = TAKE(h.below);
	}
	return zone ? err_set(e, ERR_DNS, "%s: its delegations don't end", name) : false;
}

char *trace(const struct dns_config *c, const char *name, uint16_t port, int64_t deadline,
	struct err *e)
{
	AUTO(resolvers) struct resolvers r = { 0 };
	AUTO(str) char *at = xstrdup(name);

	if (!resolvers_from(c, &r, e))
		return NULL;
	for (int hops = 0; hops < HOPS_MAX; hops++) {
		AUTO(str) char *next = NULL;

		if (!follow(&r, at, port, &next, deadline, e)) {
			if (e->kind == ERR_STOPPED)
				return NULL;
			return TAKE(at); /* what can't be asked is for later to find */
		}
		if (!next)
			return TAKE(at);
		free(at);
		at = TAKE(next);
	}
	err_set(e, ERR_DNS, "%s: its aliases (CNAME) don't end", name);
	return NULL;
}
