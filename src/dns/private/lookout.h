/*
 * lookout - one address of a name server, watched until it shows all the records that
 * concern it.
 *
 * Questions go out together over UDP; those without an answer go out again. The zone's
 * serial is asked beside them, to tell "not transferred yet" from "the wrong zone".
 */
#pragma once

#include "dns/dns.h"
#include "dns/private/ask.h"
#include "dns/private/wire.h"

#include <pthread.h>

/* A zone, and the newest serial of it that anybody has told. */
struct zone {
	const struct dns_config *config;
	char *name; /* NULL: not known, and not needed */
	bool serial_known;
	uint32_t newest;
};

/* A record to be looked for. */
struct subject {
	struct dns_record *record;
	char *name; /* of the TXT record, after aliases */
	struct zone *zone;
	int64_t deadline;
	bool recursive; /* the servers may be resolvers: then authority isn't wanted */
	char *moved_name, *moved_zone; /* a server says that it is elsewhere */
};

/* What all lookouts of a wait share, beside the subjects. */
struct watch {
	pthread_mutex_t lock; /* for zones' serials, subjects' moved_*, progress */
	dns_progress *progress;
	void *ctx;
};

/* SHOWN, and EMPTY, which is for TLSA: there is nothing more to wait for. */
enum seen { SILENT, SHOWN, EMPTY, ABSENT, OTHERS, FAILED, LAME, NO_ROUTE, MOVED };

/* A subject as this address shows it. */
struct view {
	struct subject *subject;
	enum seen seen;
	size_t others; /* OTHERS: how many */
	char **tlsa;   /* the subject's record wants to know them */
	size_t n_tlsa;
	int ttl;              /* theirs */
	ldns_pkt_rcode rcode; /* FAILED */
	struct buf query;
	bool asked; /* an answer is awaited */
};

/* A zone as this address has it. */
struct copy {
	struct zone *zone;
	bool known;
	uint32_t serial;
	struct buf query;
	bool asked;
};

struct lookout {
	const char *server; /* its name or, if it has none, its address */
	struct endpoint at;
	struct watch *watch;
	struct view *views;
	size_t n;
	struct copy *copies;
	size_t n_copies;
	struct err stopped; /* ERR_STOPPED if the wait was interrupted */
};

void lookout_add(struct lookout *l, struct subject *s);
void lookout_clear(struct lookout *l);

/* Until every view is SHOWN, moved, has no route, or is past its subject's deadline. */
void lookout_run(struct lookout *l);

/* It has said all that is wanted of it. */
bool view_done(const struct view *v);

/* What the address has said of it last. */
struct dns_showing lookout_showing(const struct lookout *l, const struct view *v);
/* "ns3.example.net (192.0.2.3): no such name, serial 17 of 18" */
void showing_describe(const struct dns_showing *s, struct buf *out);

/* Remember a serial if it's newer (RFC 1982) than what was known. */
void zone_seen(struct watch *w, struct zone *z, uint32_t serial);

/* What an answer to the view's query says. *name, *zone are set for MOVED: one of them. */
enum seen view_judge(struct view *v, const ldns_pkt *answer, char **name, char **zone);
