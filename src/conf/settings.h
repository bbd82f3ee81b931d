/*
 * settings - certpush.yml and, if it names one, dehydrated's domains.txt.
 *
 * Read-only once loaded; lives in the arena it was loaded into. Every path in it is
 * absolute, or relative to the working directory: resolved against the file's directory.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "conf/rollout.h"
#include "conf/secret.h"

/* CAs as they are named: a known one, an entry of `cas`, a directory's URL. */
struct ca_names {
	const char *const *list;
	size_t n;
	struct pos pos;
};

/* {prefer: NAME} does without it where the CA doesn't offer it. */
struct profile {
	const char *name; /* NULL: the CA's default */
	bool optional;
};

/* certificates: one named entry, or one line of domains.txt. */
struct certificate {
	const char *name; /* its directory in the store */
	const char *const
		*names; /* SANs: lower case, A-labels, no trailing dot, no doubles */
	size_t n_names;
	const char
		*entry;  /* what it is called in the settings: an entry with several key
			    types is several certificates, the first of which has its name */
	const char *key; /* "p256" (default), "p384", "rsa2048", "rsa3072", "rsa4096" */
	const char *const *keys; /* of the entry */
	size_t n_keys;
	bool reuse_key;
	bool next_key;      /* the key of the next renewal is made in advance */
	struct ca_names ca; /* as written */
	const struct ca_settings *const *cas; /* the first, then those that stand by */
	size_t n_cas;
	struct profile profile;      /* without a name: that of the CA's settings */
	const char *preferred_chain; /* likewise, NULL */
	const char *challenge;       /* likewise, NULL */
	struct pos pos;
};

enum propagation_check {
	PROPAGATION_AUTHORITATIVE, /* every address of every name server of the public NS
				      set */
	PROPAGATION_SERVERS,       /* the servers listed under `servers` */
	PROPAGATION_RESOLVERS,     /* those that are asked for everything else too */
	PROPAGATION_SLEEP,         /* wait `settle` seconds and hope */
	PROPAGATION_NONE,
};

struct dns_settings {
	const char *const *zones; /* suffixes this entry is for; n_zones 0 matches all */
	size_t n_zones;
	const char *provider; /* "rfc2136", "hook", "cloudflare" … */
	struct pos pos;

	/* provider: rfc2136 */
	const char *const *primaries; /* hosts or addresses, optional ":port": the first
					 that answers is used */
	size_t n_primaries;
	bool tsig;             /* updates are signed; read the key with dns_tsig_key */
	const char *tsig_name; /* lower case, no trailing dot; NULL: as the secret's text
				  says */
	const char *tsig_algorithm; /* "hmac-sha256" …; NULL likewise */
	struct secret_source tsig_secret;
	bool allow_md5; /* hmac-md5 isn't refused */

	/* provider: nsupdate */
	const char *server;   /* as one of primaries */
	const char *key_file; /* nsupdate -k */
	bool gss;             /* nsupdate -g */

	/* provider: acmesh */
	const char *acmesh; /* path of acme.sh itself */
	const char *dnsapi; /* "dns_cf" */

	/* providers with an HTTPS API */
	const char *api, *ca_file;         /* URL in place of the usual one; roots for it */
	const char *user;                  /* cloudflare: email, ovh: application_key,
					      route53: access_key_id */
	struct secret_source secret;       /* token, key …; acmesh: its environment */
	struct secret_source consumer_key; /* ovh */
	const char *server_id;             /* powerdns */
	const char *accounts;              /* acme-dns: path */

	/* provider: hook */
	const char *hook;         /* path of the user's script */
	const char *cleanup_hook; /* another one to clean up with, or NULL */
	const char *dialect;      /* "dehydrated", "certbot", "lego", "lego-raw", "uacme",
				     "getssl" */
	bool hook_chain;          /* dehydrated's HOOK_CHAIN: all triples in one call */
	int hook_timeout;         /* seconds; 120 */

	/* all providers */
	const char *alias; /* where _acme-challenge.DOMAIN leads; NULL: the DNS is asked */
	const char *zone;  /* override of zone finding, or NULL */
	int ttl;           /* of the TXT records, seconds; 60 */
	enum propagation_check check; /* authoritative; servers, where some are listed */
	const char *const *servers;   /* PROPAGATION_SERVERS: "address[:port]" */
	size_t n_servers;
	int timeout; /* seconds until a missing record is a failure; 120 */
	/* seconds to wait after all servers agreed; 0: worth setting where one address
	 * stands for many machines (anycast). PROPAGATION_SLEEP must be told it. */
	int settle;
	const char *const
		*resolvers; /* recursive, for NS and addresses; none: resolv.conf's */
	size_t n_resolvers;
	const char *trust_anchor; /* path of DNSKEY or DS records; NULL: the system's */
};

/* External account binding (RFC 8555 7.3.4). */
struct eab_settings {
	const char *kid;             /* NULL: none */
	struct secret_source secret; /* the MAC key, base64url */
};

/* A CA as certificates use it: what `acme` says of all, and `cas` of this one. */
struct ca_settings {
	const char *name;      /* as it is named; "letsencrypt" where nothing is said */
	const char *directory; /* URL; NULL: what the name stands for */
	const char *ca_file;   /* PEM of roots for the directory's own HTTPS, or NULL */
	const char *const *contact; /* "mailto:…" */
	size_t n_contact;
	struct eab_settings eab;
	const char *account_key; /* kind of the key of an account that is made: "p256" */
	struct profile profile;
	const char *preferred_chain; /* CN or SHA-256 of the topmost issuer; NULL: the CA's
					first chain */
	const char *challenge; /* "dns-01" (NULL), "dns-account-01", "dns-persist-01" */
	int timeout; /* seconds for each step of an order: begin, validate, finalize, fetch;
			300 */
	struct pos pos, ca_file_pos; /* .line 0: not said */
};

struct settings {
	const char *file;      /* certpush.yml itself */
	const char *store;     /* default "certs" */
	const char *accounts;  /* default "accounts": account keys, one folder per CA */
	const char *inventory; /* default "inventory" */
	const char *const *playbooks; /* directories, searched before the installed ones */
	size_t n_playbooks;
	bool playbooks_said; /* false: only the default "playbooks", which needn't exist */
	const char *trust;   /* PEM of roots that count beside the system's, or NULL */
	int renew_days;      /* 0: by fraction of the lifetime */
	struct rollout rollout;
	const struct ca_settings *const *cas; /* those that certificates use, and staging */
	size_t n_cas;
	/* for dry runs: what is said, or Let's Encrypt's for its users; NULL: none */
	const struct ca_settings *staging;
	struct dns_settings *dns;
	size_t n_dns;
	struct certificate *certificates;
	size_t n_certificates;
};

/* What a certificate may have at most (CAs refuse more). */
#define CERTIFICATE_MAX_NAMES 100

/*
 * NULL with errors in *all (kind ERR_CONFIG, each with its place; ERR_IO for a file that
 * can't be read). Everything is allocated in the arena.
 */
const struct settings *settings_load(struct arena *a, const char *file, struct errs *all)
	NODISCARD;

/*
 * Where the settings are: `given` (-c) or $CERTPUSH_CONFIG, ./certpush.yml,
 * $XDG_CONFIG_HOME/certpush/certpush.yml, /etc/certpush/certpush.yml. NULL with an error
 * that names the places looked at.
 */
char *settings_find(const char *given, struct err *e) NODISCARD;

/* NULL if the settings have no certificate of that name (an entry's name is that of its
 * first). */
const struct certificate *settings_certificate(const struct settings *s, const char *name);

/* What a certificate wants of that CA: its own word, or the CA's. */
const struct profile *profile_of(const struct certificate *c, const struct ca_settings *ca);
/* Is `got` (NULL: none) that profile, or what may be had where it is only preferred? */
bool profile_fits(const struct profile *p, const char *got);

/* How its names are proved to that CA: likewise; "dns-01" where nothing is said. */
const char *challenge_of(const struct certificate *c, const struct ca_settings *ca);

/* What is validated for a name of a certificate: without "*." (RFC 8555 7.1.3). */
const char *certificate_domain(const char *name);
/* Is it validated for one of its first n names? */
bool certificate_has_domain(const struct certificate *c, size_t n, const char *domain);
/* Has it the wildcard of that domain? */
bool certificate_has_wildcard(const struct certificate *c, const char *domain);

/* The first dns entry whose zones hold the name; NULL if there is none. */
const struct dns_settings *settings_dns_for(const struct settings *s, const char *name);
