/*
 * provider - a way to have TXT records published: a row of the table in dns.c.
 *
 * A provider knows neither the journal nor propagation. Calls for different groups come
 * side by side from several threads.
 */
#pragma once

#include "dns/dns.h"

#include <stdint.h>

/* One record on its way in or out. */
struct change {
	struct dns_record *record;
	char *alias;  /* locate found that the record's name looks like one: of this name */
	bool refused; /* in: it's certain that nothing was added */
	struct err err;
};

struct provider {
	const char *name;
	bool tlsa; /* not only TXT records */
	/* Set zone of each record of one config that has none. NULL: no zone is needed. */
	void (*locate)(struct change *const *changes, size_t n);
	/* Add (in) or take out all of them: of one config, and of one zone if there is a
	 * locate. */
	void (*change)(struct change *const *changes, size_t n, bool in);
	/* The zone's serial where it is changed. NULL: that place isn't known. */
	bool (*serial)(const struct dns_config *c, const char *zone, uint32_t *serial,
		struct err *e);
};

extern const struct provider provider_rfc2136, provider_hook, provider_nsupdate,
	provider_acmesh, provider_acmedns, provider_cloudflare, provider_desec,
	provider_linode, provider_ovh, provider_powerdns, provider_route53;

/* Whether a hook of that dialect is told where the record stands. */
bool hook_wants_name(const struct dns_config *c);

/* NULL for an unknown name. */
const struct provider *provider_find(const char *name);

/* The same failure for all. */
void changes_fail(struct change *const *changes, size_t n, const struct err *e);
/* And before anything was tried, so that nothing was added. */
void changes_refuse(struct change *const *changes, size_t n, bool in, const struct err *e);
