/*
 * providers - the settings' dns entries as the dns room wants them, secrets read.
 */
#pragma once

#include "conf/settings.h"
#include "dns/dns.h"

struct providers {
	const struct settings *settings;
	struct dns_config *configs; /* one for each entry of settings->dns */
	struct tsig_key *keys;
	struct err *errs; /* why an entry can't be used; ERR_NONE */
};
void providers_clear(struct providers *p);
DEFINE_AUTO_VALUE(struct providers, providers, providers_clear)

/*
 * Once, whoever comes first, and before providers_for: files are read and commands run for
 * the secrets, so a run that needs no record leaves it out.
 */
void providers_read(struct providers *p, const struct settings *s);

/*
 * The entry for a domain's record: that of the name it stands at, as _acme-challenge.DOMAIN
 * can be an alias of a name in a zone of another entry; where none is for that name, the
 * domain's.
 */
const struct dns_config *providers_at(const struct providers *p, const char *domain,
	const char *name, struct err *e) NODISCARD;

/*
 * Where a domain's record stands, and by which entry: an `alias` in the settings, or what
 * the DNS says. label: of dns_challenge_name, or NULL. *name is malloc'ed.
 */
const struct dns_config *providers_find(const struct providers *p, const char *domain,
	const char *label, char **name, struct err *e) NODISCARD;

/* How the name servers of a domain are asked; where no entry is for it, as usual. */
const struct dns_config *providers_to_look(const struct providers *p, const char *domain);

/* The resolvers alone, which need no secret: of the entry that is for the name, or the
 * system's. s may be NULL. */
struct dns_config providers_resolvers(const struct settings *s, const char *name);

/* NULL with an error if no entry is for that name, or its secret can't be read. */
const struct dns_config *providers_for(
	const struct providers *p, const char *domain, struct err *e) NODISCARD;
