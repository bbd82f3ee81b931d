/*
 * dns - TXT records for DNS-01, and TLSA records: put in place, seen by every public
 * server, taken out.
 *
 * A table of providers; one update per zone, whatever the number of certificates.
 * Knows nothing of ACME, nor of what TLSA records are good for.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

/* How one provider is set up. Texts are not owned: they live as long as the configuration.
 */
struct dns_config {
	const char *provider; /* a name of the table: "rfc2136", "hook" */

	/* rfc2136: hosts or addresses, optional ":port"; the first that answers is used */
	const char *const *primaries;
	size_t n_primaries;
	const char *tsig_name, *tsig_algorithm;
	struct buf tsig_secret; /* decoded bytes; wiped by the owner */
	bool allow_md5;

	const char *server;   /* nsupdate: as one of primaries */
	const char *key_file; /* nsupdate: -k */
	bool gss;             /* nsupdate: -g */
	const char *acmesh;   /* path of acme.sh; `secret` is lines of NAME=value */
	const char *dnsapi;   /* "dns_cf" */

	const char *hook;         /* path */
	const char *cleanup_hook; /* path of another one, or NULL */
	const char *dialect;      /* how hooks are called: a name of hook.c's table */
	bool hook_chain;
	int hook_timeout; /* seconds */

	/* those with an HTTPS API; which of them each wants is said in its file */
	const char *api;         /* URL in place of the provider's own, or NULL */
	const char *ca_file;     /* PEM of roots for it in place of the system's, or NULL */
	const char *user;        /* e-mail, application key, access key id … */
	struct buf secret;       /* token, key …: wiped by the owner */
	struct buf consumer_key; /* ovh: likewise */
	const char *server_id;   /* powerdns: "localhost" if NULL */
	const char *accounts;    /* acme-dns: path of the JSON file with its accounts */

	const char *zone; /* override, or NULL: found by SOA, or asked of the API */
	int ttl;

	enum dns_check {
		DNS_CHECK_AUTHORITATIVE,
		DNS_CHECK_SERVERS,
		DNS_CHECK_RESOLVERS,
		DNS_CHECK_SLEEP,
		DNS_CHECK_NONE
	} check;
	const char *const *servers; /* DNS_CHECK_SERVERS */
	size_t n_servers;
	int timeout, settle;          /* seconds */
	const char *const *resolvers; /* "address[:port]"; none: /etc/resolv.conf's */
	size_t n_resolvers;
	const char *trust_anchor; /* path of DNSKEY or DS records, or NULL: the system's */
};

/*
 * What a record says that stands for good: the user has published it, and nothing is added
 * or taken out (draft-ietf-acme-dns-persist: dns-persist-01). Texts are not owned.
 */
struct dns_standing {
	const char *const *issuers; /* it names one of them; at least one */
	size_t n_issuers;
	const char *account; /* the URI that it must know the account by */
	bool wildcard;       /* also for *.domain */
};
/* Its text, with the first of the issuers. Appended. */
void dns_standing_text(const struct dns_standing *s, struct buf *out);

/* What one address of a name server had to say of a record that not all of them show. */
struct dns_showing {
	char server[256], address[64]; /* the same, where it is known by its address */
	char answer[64];               /* "shown", "no such name" … */
	char serial[40];               /* "serial 17 of 18", against the newest; or "" */
};

enum dns_type { DNS_TXT, DNS_TLSA };

/*
 * A record of one authorization. The caller fills domain, token and value; the others are
 * dns's own. Or a TLSA record: then it says that, and the name.
 */
struct dns_record {
	const struct dns_config *config;
	enum dns_type type;
	const char *domain;        /* the identifier without "*.": the record's name is
				      _acme-challenge.domain, if `name` doesn't say
				      another */
	const char *token;         /* hooks are given it */
	const char *value;         /* the TXT's content; "3 1 1 9f86…" */
	int ttl;                   /* in place of the config's; 0: as that says */
	const char *authorization; /* what the value is the digest of: some hooks want it */
	/* NULL, or what stands there in place of the value: only dns_wait does anything */
	const struct dns_standing *standing;
	struct dns_tlsa *tlsa; /* NULL, or what dns_wait is to fill in in place of it */
	void *owner;           /* whose it is: not looked at */
	/* Where it stands, as dns_trace says. malloc'ed; freed by dns_records_clear. */
	char *name;

	struct dns_showing *showings; /* after dns_wait has failed for it */
	size_t n_showings;
	char *output;   /* what a hook printed, for its cleanup */
	char *zone;     /* found by SOA, no trailing dot */
	bool presented; /* must be cleaned up */
	bool visible;   /* every server has shown it, or none is to be asked */
	struct err err; /* kind ERR_NONE while all is well */
};

/* What one address of a name server has of a name's TLSA records. */
struct dns_tlsa_view {
	struct dns_showing showing;
	char **records; /* each "3 1 1 9f86…" */
	size_t n;
	bool answered; /* with authority */
	bool no_route; /* this machine has no way there */
};

/* The TLSA records (RFC 6698) of a name, as each address of its name servers shows them. */
struct dns_tlsa {
	const struct dns_config *config; /* how they are asked */
	const char *name;                /* "_25._tcp.mail.example.net" */
	/* filled in */
	char *place; /* where it leads by aliases: there they stand; NULL after a failure */
	struct dns_tlsa_view *views;
	size_t n_views;
	int ttl;        /* of the set, seconds: the longest; 0: there is none */
	struct err err; /* why a server, or all of them, couldn't be asked */
};
void dns_tlsa_clear(struct dns_tlsa *t); /* all that was filled in */
/* Look, side by side, for a few seconds at most. */
void dns_tlsa_look(struct dns_tlsa *const *list, size_t n);

/* What DNSSEC makes of a name's TLSA records, as a client that goes by them sees it. */
struct dns_tlsa_proof {
	const char *name; /* "_25._tcp.mail.example.net" */
	/* filled in */
	enum dns_tlsa_stand {
		DNS_TLSA_UNTOLD, /* no answer, or no libunbound */
		DNS_TLSA_OPEN,   /* it isn't signed, so that nobody goes by what is there */
		DNS_TLSA_BOGUS,
		DNS_TLSA_SECURE
	} stand;
	char **records; /* of DNS_TLSA_SECURE: ended by NULL, or NULL */
	char why[200];  /* of DNS_TLSA_BOGUS */
};
void dns_tlsa_proof_clear(struct dns_tlsa_proof *p);
/* Ask for all, side by side. False with ERR_CONFIG for a trust anchor that can't be read,
 * ERR_DNS for resolvers. */
bool dns_tlsa_prove(const struct dns_config *c, struct dns_tlsa_proof *list, size_t n,
	int64_t deadline, struct err *e) NODISCARD;

/* Can that provider publish them? */
bool dns_knows_tlsa(const char *provider);

/*
 * The journal: a file that names every record before it is added, so that a later run can
 * take out what a crash left.
 */
struct dns_journal;
struct dns_journal *dns_journal_open(const char *path, struct err *e) NODISCARD;
void dns_journal_free(struct dns_journal *j);
DEFINE_AUTO(struct dns_journal, dns_journal, dns_journal_free)

/* What a wait may tell: called from one thread at a time. */
typedef void dns_progress(void *ctx, const char *text);

/* Who wants to issue, and how. */
struct dns_caa {
	const char *const *issuers; /* the names that CAA records know the CA by */
	size_t n_issuers;           /* at least one */
	const char *account;        /* URL, or NULL */
	const char *method;         /* "dns-01" */
};
/*
 * Do the CAA records of the domain permit it (RFC 8659, RFC 8657)? False with ERR_DNS that
 * tells them; true also where they can't be had.
 */
bool dns_caa(const struct dns_config *c, const char *domain, bool wildcard,
	const struct dns_caa *who, struct err *e) NODISCARD;

/*
 * Does DNSSEC hold for the domains? CAs must validate since 2026-03-15 (CA/Browser Forum,
 * SC-085). False with ERR_DNS that tells what is bogus, ERR_CONFIG for a trust anchor that
 * can't be read; true also where it isn't signed, or nobody can tell.
 */
bool dns_dnssec(const struct dns_config *c, const char *const *domains, size_t n,
	int64_t deadline, struct err *e) NODISCARD;
/* Certainly not signed, though there is a trust anchor above it. False where nobody can
 * tell.
 */
bool dns_is_unsigned(const struct dns_config *c, const char *name, int64_t deadline);
/* The version of libunbound. NULL: DNSSEC always holds, and nothing is proved by it. *why
 * is ERR_CONFIG where it was built without, ERR_IO where it can't be loaded. */
const char *dns_validator(struct err *why) NODISCARD;

/*
 * SSHFP records (RFC 4255, 6594, 7479): what the DNS says of a host's keys. Only SHA-256 is
 * kept: SHA-1 no longer proves anything.
 */
struct dns_sshfp {
	struct dns_sshfp_record {
		uint8_t algorithm;
		uint8_t sha256[32];
	} * list;
	size_t n;
	bool secure; /* DNSSEC proves them */
};
void dns_sshfp_clear(struct dns_sshfp *s);
DEFINE_AUTO_VALUE(struct dns_sshfp, dns_sshfp, dns_sshfp_clear)

/* c: whose resolvers and trust anchor. False with ERR_DNS: bogus, or no answer; ERR_CONFIG:
 * the trust anchor; ERR_STOPPED. */
bool dns_sshfp_find(const struct dns_config *c, const char *host, int64_t deadline,
	struct dns_sshfp *s, struct err *e) NODISCARD;

enum dns_sshfp_verdict {
	DNS_SSHFP_SILENT, /* of keys of this type they say nothing */
	DNS_SSHFP_MATCHES,
	DNS_SSHFP_DIFFERS,
};
/* Of a public key as SSH has it (RFC 4253 6.6), whether they are secure or not. */
enum dns_sshfp_verdict dns_sshfp_check(
	const struct dns_sshfp *s, const void *blob, size_t len);

/* Is it told where the record must stand (dns_trace), or does it find that out by itself?
 */
bool dns_wants_name(const struct dns_config *c);

/* "_acme-challenge.DOMAIN"; with a label "LABEL._acme-challenge.DOMAIN". malloc'ed. */
char *dns_challenge_name(const char *label, const char *domain) NODISCARD;

/*
 * Where the TXT record of that name must stand: there, or where it leads by CNAME and
 * DNAME, as the zone's own name servers say. malloc'ed. Where nobody can be asked it is the
 * name itself; NULL with ERR_DNS for aliases that don't end, ERR_STOPPED. c: whose
 * resolvers are asked for zones and servers.
 */
char *dns_trace(const struct dns_config *c, const char *name, struct err *e) NODISCARD;

/*
 * Add all records, one update per zone and provider, zones side by side. A record that
 * couldn't be added has its err set; the others go on.
 */
void dns_present(struct dns_record *records, size_t n, struct dns_journal *j);

/*
 * One wait for all presented and all standing records without an error: until every public
 * authoritative server shows every value, or its config's timeout has passed (then err
 * names the servers that lag, what they answered, and their SOA serial against the
 * primary's).
 */
void dns_wait(struct dns_record *records, size_t n, dns_progress *progress, void *ctx);

/* Free what dns keeps in the records. */
void dns_records_clear(struct dns_record *records, size_t n);

/* Take out every presented record by name and value. A failure is in err of that record. */
void dns_cleanup(struct dns_record *records, size_t n, struct dns_journal *j);

/*
 * Take out what an earlier run left in the journal. config_for finds the provider, NULL if
 * there is none any more. Returns how many were taken out; *e tells the last failure (kind
 * ERR_NONE if there was none), and what failed stays in the journal.
 */
size_t dns_journal_recover(struct dns_journal *j,
	const struct dns_config *(*config_for)(
		void *ctx, const char *domain, const char *name),
	void *ctx, struct err *e);
