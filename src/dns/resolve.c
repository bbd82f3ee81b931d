#include "dns/private/resolve.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "dns/private/wire.h"

#include <string.h>

enum { DNS_PORT = 53, TRY_MS = 2000, TRIES = 3, RESOLV_CONF_MAX = 65536 };

void resolvers_clear(struct resolvers *r)
{
	endpoints_clear(&r->at);
}

static void add(struct endpoints *all, struct endpoint ep)
{
	GROW(all->list, all->n);
	all->list[all->n++] = ep;
}

static void parse_line(const char *line, size_t len, struct endpoints *all)
{
	static const char word[] = "nameserver";
	size_t at = sizeof word - 1, end;
	char address[64];
	struct endpoint ep;

	if (len <= at || memcmp(line, word, at) != 0 || !strchr(" \t", line[at]))
		return;
	while (at < len && strchr(" \t", line[at]))
		at++;
	for (end = at; end < len && !strchr(" \t\r#;", line[end]);)
		end++;
	if (end - at >= sizeof address)
		return;
	memcpy(address, line + at, end - at);
	address[end - at] = '\0';
	if (endpoint_parse(address, DNS_PORT, &ep))
		add(all, ep);
}

void resolv_conf_parse(const char *text, struct endpoints *all)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		parse_line(text, len, all);
		text += len;
		if (*text)
			text++;
	}
}

bool resolvers_from(const struct dns_config *c, struct resolvers *r, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err unread;
	struct endpoint ep;

	*r = (struct resolvers){ 0 };
	for (size_t i = 0; i < c->n_resolvers; i++) {
		if (!endpoint_parse(c->resolvers[i], DNS_PORT, &ep))
			return err_set(e, ERR_CONFIG, "resolver '%s' isn't an address",
				c->resolvers[i]);
		add(&r->at, ep);
	}
	if (c->n_resolvers > 0)
		return true;
	if (fs_read("/etc/resolv.conf", RESOLV_CONF_MAX, &text, &unread))
		resolv_conf_parse(text.data, &r->at);
	if (r->at.n == 0 && endpoint_parse("127.0.0.1", DNS_PORT, &ep))
		add(&r->at, ep); /* resolv.conf(5): the default */
	return true;
}

static void list_asked(const struct resolvers *r, struct buf *out)
{
	for (size_t i = 0; i < r->at.n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", r->at.list[i].text);
}

/* One try of each resolver, several times: an answer is NOERROR or NXDOMAIN. */
ldns_pkt *resolve_send(const struct resolvers *r, const char *name, const struct buf *query,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf asked = BUF_EMPTY;
	struct err last = { .msg = "no time left" };

	for (size_t i = 0; i < TRIES * r->at.n && deadline_left(deadline) > 0; i++) {
		AUTO(pkt)
		ldns_pkt *p = ask(&r->at.list[i % r->at.n], query,
			deadline_first(deadline, deadline_in_ms(TRY_MS)), &last);
		ldns_pkt_rcode rcode = p ? ldns_pkt_get_rcode(p) : LDNS_RCODE_SERVFAIL;

		if (rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN)
			return TAKE(p);
		if (p)
			err_set(&last, ERR_DNS, "%s: %s", r->at.list[i % r->at.n].text,
				rcode_words(rcode));
		if (last.kind == ERR_STOPPED) {
			*e = last;
			return NULL;
		}
	}
	list_asked(r, &asked);
	err_set(e, ERR_DNS, "no resolver answers for %s (asked %s; the last said: %s)",
		name, asked.data, last.msg);
	return NULL;
}

ldns_pkt *resolve_ask(const struct resolvers *r, const char *name, ldns_rr_type type,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf query = BUF_EMPTY;

	return query_build(&query, name, type, true, e)
		? resolve_send(r, name, &query, deadline, e)
		: NULL;
}

/* Where to look next when the name itself isn't the start of a zone. */
static char *upwards(const ldns_pkt *p, const ldns_rdf *name)
{
	const ldns_rdf *denied = answer_alias(p, name) ? NULL : answer_denied_by(p, name);
	AUTO(rdf) ldns_rdf *parent = NULL;

	if (denied && ldns_dname_compare(denied, name) != 0)
		return name_text(denied);
	parent = ldns_dname_left_chop(name);
	return parent && ldns_dname_label_count(parent) > 0 ? name_text(parent) : NULL;
}

char *resolve_zone(
	const struct resolvers *r, const char *name, int64_t deadline, struct err *e)
{
	AUTO(str) char *at = xstrdup(name);

	while (at) {
		AUTO(rdf) ldns_rdf *owner = name_parse(at, e);
		AUTO(pkt)
		ldns_pkt *p =
			owner ? resolve_ask(r, at, LDNS_RR_TYPE_SOA, deadline, e) : NULL;
		char *next;

		if (!p)
			return NULL;
		if (answer_soa(p, owner))
			return TAKE(at);
		next = upwards(p, owner);
		free(at);
		at = next;
	}
	err_set(e, ERR_DNS, "%s is in no public zone", name);
	return NULL;
}

void name_servers_clear(struct name_servers *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->list[i].name);
		endpoints_clear(&all->list[i].at);
	}
	free(all->list);
	*all = (struct name_servers){ 0 };
}

static void add_addresses(
	const ldns_pkt *p, ldns_rr_type type, uint16_t port, struct endpoints *all)
{
	const ldns_rr_list *answer = ldns_pkt_answer(p);

	for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);
		const ldns_rdf *addr = ldns_rr_rdf(rr, 0);

		if (ldns_rr_get_type(rr) == type && addr)
			add(all,
				endpoint_from(
					ldns_rdf_data(addr), ldns_rdf_size(addr), port));
	}
}

static bool find_addresses(const struct resolvers *r, struct name_server *server,
	uint16_t port, int64_t deadline, struct err *e)
{
	static const ldns_rr_type types[] = { LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO(pkt) ldns_pkt *p = resolve_ask(r, server->name, types[i], deadline, e);

		if (p)
			add_addresses(p, types[i], port, &server->at);
		else if (e->kind == ERR_STOPPED)
			return false;
	}
	return true;
}

static bool add_servers(
	const ldns_rr_list *section, const ldns_rdf *zone, struct name_servers *all)
{
	char *name;

	while ((name = answer_server(section, zone, all->n))) {
		GROW(all->list, all->n);
		all->list[all->n++] = (struct name_server){ .name = name };
	}
	return all->n > 0;
}

/* What one server of the zone above hands the zone down to. */
static bool ask_above(const struct name_server *above, const struct buf *query,
	const ldns_rdf *zone, struct name_servers *all, int64_t deadline, struct err *e)
{
	for (size_t i = 0; i < above->at.n; i++) {
		AUTO(pkt)
		ldns_pkt *p = ask(&above->at.list[i], query,
			deadline_first(deadline, deadline_in_ms(TRY_MS)), e);
		const ldns_rdf *cut = p ? answer_referral(p, zone) : NULL;

		if (cut && ldns_dname_compare(cut, zone) == 0)
			return add_servers(ldns_pkt_authority(p), zone, all);
	}
	return false;
}

/* Where none of a zone's own servers answers, a resolver knows nothing to say; who they
 * should be is known above. */
static bool find_handed_down(const struct resolvers *r, const char *zone, uint16_t port,
	struct name_servers *all, int64_t deadline, struct err *e)
{
	const char *rest = strchr(zone, '.');
	AUTO(str) char *above = rest ? resolve_zone(r, rest + 1, deadline, e) : NULL;
	AUTO(name_servers) struct name_servers servers = { 0 };
	AUTO(buf) struct buf query = BUF_EMPTY;
	AUTO(rdf) ldns_rdf *owner = name_parse(zone, e);

	if (!above || !owner || !resolve_servers(r, above, port, &servers, deadline, e) ||
		!query_build(&query, zone, LDNS_RR_TYPE_NS, false, e))
		return false;
	for (size_t i = 0; i < servers.n; i++)
		if (ask_above(&servers.list[i], &query, owner, all, deadline, e))
			return true;
	return false;
}

static bool find_names(const struct resolvers *r, const char *zone, uint16_t port,
	struct name_servers *all, int64_t deadline, struct err *e)
{
	AUTO(pkt) ldns_pkt *p = resolve_ask(r, zone, LDNS_RR_TYPE_NS, deadline, e);
	AUTO(rdf) ldns_rdf *owner = p ? name_parse(zone, e) : NULL;
	struct err later = { 0 };

	if (!p && e->kind != ERR_STOPPED &&
		find_handed_down(r, zone, port, all, deadline, &later))
		return true;
	if (later.kind == ERR_STOPPED)
		*e = later;
	return owner &&
		(add_servers(ldns_pkt_answer(p), owner, all) ||
			err_set(e, ERR_DNS,
				"the public DNS knows no name servers of zone %s", zone));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct name_server *)a)->name,
		((const struct name_server *)b)->name);
}

bool resolve_servers(const struct resolvers *r, const char *zone, uint16_t port,
	struct name_servers *all, int64_t deadline, struct err *e)
{
	size_t known = 0;

	if (!find_names(r, zone, port, all, deadline, e) || all->n == 0)
		return false;
	/* resolvers turn the set round: what is told of it shall not change each time */
	if (all->n > 1)
		qsort(all->list, all->n, sizeof *all->list, by_name);
	for (size_t i = 0; i < all->n; i++) {
		if (!find_addresses(r, &all->list[i], port, deadline, e))
			return false;
		known += all->list[i].at.n;
	}
	return known > 0 ||
		err_set(e, ERR_DNS, "none of zone %s's name servers (%s …) has an address",
			zone, all->list[0].name);
}
