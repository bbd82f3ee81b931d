/*
 * resolve - what the public DNS says of a zone: where it begins, its name servers and
 * their addresses, as the resolvers of a configuration tell it.
 *
 * Never asks resolvers for the TXT records themselves: they would remember that there are
 * none.
 */
#pragma once

#include "dns/dns.h"
#include "dns/private/ask.h"
#include "dns/private/wire.h"

struct resolvers {
	struct endpoints at;
};

/* config's, or /etc/resolv.conf's, or the one on this machine. */
bool resolvers_from(const struct dns_config *c, struct resolvers *r, struct err *e)
	NODISCARD;
void resolvers_clear(struct resolvers *r);
DEFINE_AUTO_VALUE(struct resolvers, resolvers, resolvers_clear)

/* The nameserver lines of a resolv.conf (resolv.conf(5)). */
void resolv_conf_parse(const char *text, struct endpoints *all);

/* What one of them says: an answer is NOERROR or NXDOMAIN. NULL with ERR_DNS, ERR_STOPPED.
 */
ldns_pkt *resolve_ask(const struct resolvers *r, const char *name, ldns_rr_type type,
	int64_t deadline, struct err *e) NODISCARD;
/* The same with a query that is built already; name is for messages. */
ldns_pkt *resolve_send(const struct resolvers *r, const char *name, const struct buf *query,
	int64_t deadline, struct err *e) NODISCARD;

/* The zone that holds `name`, at or above it. malloc'ed; NULL with ERR_DNS. */
char *resolve_zone(const struct resolvers *r, const char *name, int64_t deadline,
	struct err *e) NODISCARD;

/* dns_trace, of a name, with name servers that listen on that port. */
char *trace(const struct dns_config *c, const char *name, uint16_t port, int64_t deadline,
	struct err *e) NODISCARD;

struct name_server {
	char *name;
	struct endpoints at; /* may be empty: no address is known */
};

struct name_servers {
	struct name_server *list;
	size_t n;
};
void name_servers_clear(struct name_servers *all);
DEFINE_AUTO_VALUE(struct name_servers, name_servers, name_servers_clear)

/* Every name server of the zone with all its addresses; port is where they listen. */
bool resolve_servers(const struct resolvers *r, const char *zone, uint16_t port,
	struct name_servers *all, int64_t deadline, struct err *e) NODISCARD;
