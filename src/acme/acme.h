/*
 * acme - the protocol of RFC 8555, and nothing but the protocol.
 *
 * One struct acme is one account at one CA. May be shared by threads: nonces are pooled.
 * Knows nothing of DNS, of the store, or of what is due.
 *
 * Errors: ERR_ACME, the CA has refused (a 4xx, or a status that says so); ERR_PROTOCOL, it
 * said what it may not say; ERR_NET and ERR_TIMEOUT, which pass: also its 5xx.
 * err.not_before is the Retry-After of a 429 or 503 that was too far off to be waited for.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "cert/key.h"

/* It has refused, and would again: it names no time for another try. */
static inline bool acme_refused(const struct err *e)
{
	return e->kind == ERR_ACME && e->not_before == 0;
}

struct cert;
struct http;
struct acme;

/* The directory URL of a CA by its short name; the URL itself; NULL with an error for an
 * unknown name. */
const char *acme_directory_url(const char *ca, struct err *e) NODISCARD;
/* Short names, NULL-terminated. */
extern const char *const acme_ca_names[];

/*
 * Fetch the directory (RFC 8555 7.1.1). The http and the account key must outlive it. A key
 * that is NULL does for what needs no account: the meta, renewal information.
 */
struct acme *acme_open(struct http *h, const char *directory_url,
	const struct key *account_key, int64_t deadline, struct err *e) NODISCARD;
void acme_free(struct acme *a);
DEFINE_AUTO(struct acme, acme, acme_free)

/* From now on the session is that key's. The account's URL stays as it is known. */
bool acme_use_key(struct acme *a, const struct key *key, struct err *e) NODISCARD;

/* What the directory's meta says (7.1.1, 9.7.6). Texts are NULL where it doesn't. */
struct acme_meta {
	bool wants_eab;
	char *terms, *website; /* URLs */
	char **caa;            /* the domains that a CAA record names this CA by */
	size_t n_caa;
};
const struct acme_meta *acme_meta(const struct acme *a);

enum acme_status { /* RFC 8555 7.1.6 */
	ACME_PENDING,
	ACME_READY,
	ACME_PROCESSING,
	ACME_VALID,
	ACME_INVALID,
	ACME_DEACTIVATED,
	ACME_EXPIRED,
	ACME_REVOKED,
};
const char *acme_status_name(enum acme_status s);

/* ---- the account (7.3) ---- */

/* An external account binding (7.3.4): what the CA has handed out. Not owned. */
struct acme_eab {
	const char *kid;
	const void *key; /* decoded */
	size_t key_len;
};
/* Texts are not owned. */
struct acme_registration {
	const char *const *contact; /* URLs */
	size_t n_contact;
	const struct acme_eab *eab; /* or NULL */
};

/*
 * newAccount: finds the account of this key, or registers it with the terms agreed to. Sets
 * the account URL.
 */
bool acme_account(struct acme *a, const struct acme_registration *g, int64_t deadline,
	struct err *e) NODISCARD;
/* The account of this key, if there is one: nothing is registered (7.3.1). */
bool acme_account_find(struct acme *a, bool *found, int64_t deadline, struct err *e)
	NODISCARD;
const char *acme_account_url(const struct acme *a); /* NULL before */
/* An account URL known from an earlier run. Like the two above: before threads share *a. */
void acme_account_known(struct acme *a, const char *url);

struct acme_account_info {
	enum acme_status status; /* valid, deactivated or revoked */
	char **contact;          /* some CAs keep none */
	size_t n_contact;
};
void acme_account_info_clear(struct acme_account_info *info);
DEFINE_AUTO_VALUE(struct acme_account_info, acme_account_info, acme_account_info_clear)

/* *found is false if the CA doesn't know the account (any more). */
bool acme_account_get(struct acme *a, struct acme_account_info *info, bool *found,
	int64_t deadline, struct err *e) NODISCARD;
/* Replace what the CA has (7.3.2). */
bool acme_account_contact(struct acme *a, const struct acme_registration *g,
	int64_t deadline, struct err *e) NODISCARD;
/* For good (7.3.6). */
bool acme_account_deactivate(struct acme *a, int64_t deadline, struct err *e) NODISCARD;
/*
 * From now on the account has that key (7.3.5). *a goes on with the old one: acme_use_key.
 * After any error, also a refusal, either key can be the account's, for an answer can have
 * been lost and what was tried after it refused: acme_account_find tells.
 */
bool acme_account_rollover(
	struct acme *a, const struct key *key, int64_t deadline, struct err *e) NODISCARD;

/* ---- orders ---- */

struct acme_order {
	char *url;
	enum acme_status status;
	char **authorizations; /* URLs */
	size_t n_authorizations;
	char *finalize;
	char *certificate;  /* URL, once valid */
	struct err problem; /* why it is invalid, told in full */
	int retry_after;    /* seconds; -1: the server didn't say */
};
void acme_order_clear(struct acme_order *o);
DEFINE_AUTO_VALUE(struct acme_order, acme_order, acme_order_clear)

/* The ways to prove a name by the DNS. */
enum acme_method {
	ACME_DNS_01,         /* RFC 8555 8.4 */
	ACME_DNS_ACCOUNT_01, /* draft-ietf-acme-dns-account-label */
	ACME_DNS_PERSIST_01, /* draft-ietf-acme-dns-persist */
	ACME_METHODS
};
/* "dns-01" … */
const char *acme_method_name(enum acme_method m);
bool acme_method_parse(const char *name, enum acme_method *m);

struct acme_challenge {
	char *url;      /* NULL: not offered */
	char *token;    /* NULL for dns-persist-01 … */
	char **issuers; /* … which has these: the names that a record can know the CA by */
	size_t n_issuers;
	char *account; /* and, perhaps, the URI that it must know the account by */
};

struct acme_authorization {
	char *url;
	char *domain; /* the identifier's value: no "*." */
	bool wildcard;
	enum acme_status status;
	struct acme_challenge challenges[ACME_METHODS];
	struct err problem;
	int retry_after;
};
void acme_authorization_clear(struct acme_authorization *z);
DEFINE_AUTO_VALUE(struct acme_authorization, acme_authorization, acme_authorization_clear)

/* What is asked for. Texts are not owned. */
struct acme_wish {
	const char *const *names;
	size_t n_names;
	const char *profile;  /* NULL: the CA's default */
	const char *replaces; /* acme_certificate_id of the predecessor, or NULL */
};

/*
 * newOrder (7.4). o is zero or an order, which is replaced; a profile that the CA doesn't
 * list is ERR_CONFIG. The CA may give an order that exists: it can be ready at once. A CA
 * that refuses `replaces`, whatever it says of it, is asked once more without (RFC 9773 5).
 */
bool acme_order_new(struct acme *a, const struct acme_wish *w, struct acme_order *o,
	int64_t deadline, struct err *e) NODISCARD;
/* Fetch it again by o->url, which is all that it needs. */
bool acme_order_refresh(
	struct acme *a, struct acme_order *o, int64_t deadline, struct err *e) NODISCARD;
/* Finalize with a CSR (DER); the order's new state is in *o. One that went on already is
 * well. */
bool acme_order_finalize(struct acme *a, struct acme_order *o, const struct buf *csr,
	int64_t deadline, struct err *e) NODISCARD;
/*
 * Poll while it is `while_status` (ACME_PENDING after the challenges, ACME_PROCESSING after
 * finalize), honouring Retry-After. An order that ended as anything but valid is an error
 * (ERR_ACME) that tells the CA's reason, if need be that of its authorizations; ERR_TIMEOUT
 * leaves the order as it is, for a later run.
 */
bool acme_order_wait(struct acme *a, struct acme_order *o, enum acme_status while_status,
	int64_t deadline, struct err *e) NODISCARD;
/* URLs of other chains of the same certificate. */
struct acme_alternates {
	char **urls;
	size_t n;
};
void acme_alternates_clear(struct acme_alternates *l);
DEFINE_AUTO_VALUE(struct acme_alternates, acme_alternates, acme_alternates_clear)

/*
 * The PEM chain at the URL of a valid order, leaf first: certificates only, or an error
 * (11.4). others may be NULL; zero before.
 */
bool acme_certificate(struct acme *a, const char *url, struct buf *pem,
	struct acme_alternates *others, int64_t deadline, struct err *e) NODISCARD;

bool acme_authorization_get(struct acme *a, const char *url, struct acme_authorization *z,
	int64_t deadline, struct err *e) NODISCARD;
/* TOKEN "." base64url(thumbprint of the account key) (8.1). */
void acme_key_authorization(const struct acme *a, const char *token, struct buf *out);
/* The TXT content for its token: base64url(SHA-256(keyAuthorization)) (8.4), also of
 * dns-account-01. */
void acme_dns01_value(const struct acme *a, const char *token, struct buf *out);
/* "_ujmmovf2vn55tgye": what stands before "._acme-challenge" with dns-account-01. */
void acme_account_label(const struct acme *a, struct buf *out);
/* Tell the CA that the record is there (7.5.1). To say so twice does no harm. */
bool acme_challenge_ready(struct acme *a, const struct acme_authorization *z,
	enum acme_method m, int64_t deadline, struct err *e) NODISCARD;
/* Poll until it is valid; an invalid one is an error that tells the CA's problem in full.
 */
bool acme_authorization_wait(struct acme *a, struct acme_authorization *z, int64_t deadline,
	struct err *e) NODISCARD;

/* An order is given up: the CA need not keep its authorization open (7.5.2). */
bool acme_authorization_deactivate(
	struct acme *a, const char *url, int64_t deadline, struct err *e) NODISCARD;

/* ---- revocation (7.6) ---- */

enum { ACME_KEY_COMPROMISE = 1 }; /* the one that a client looks at */
/* "keyCompromise", "superseded" … (RFC 5280 5.3.1), those a subscriber may give. */
bool acme_reason_parse(const char *word, int *reason, struct err *e) NODISCARD;
/* Its word as RFC 5280 writes it. */
const char *acme_reason_name(int reason);
/*
 * Signed by the account, or by the certificate's own key if `by` isn't NULL (then no
 * account is needed). *already: it was revoked before, which is well too.
 */
bool acme_revoke(struct acme *a, const struct buf *der, const struct key *by, int reason,
	bool *already, int64_t deadline, struct err *e) NODISCARD;

/* ---- renewal information (RFC 9773) ---- */

bool acme_has_renewal_info(const struct acme *a);
/* Appends the certificate's identifier (4.1); false if it names no issuer's key. */
bool acme_certificate_id(const struct cert *c, struct buf *id) NODISCARD;

struct acme_renewal {
	time_t start, end; /* a renewal is wanted at an instant of [start, end) */
	char *explanation; /* URL, or NULL */
	int again;         /* seconds until it is to be asked again; set on failure too */
};
void acme_renewal_clear(struct acme_renewal *w);
DEFINE_AUTO_VALUE(struct acme_renewal, acme_renewal, acme_renewal_clear)
/* The CA must have it. *w is zero before. No account is needed. */
bool acme_renewal_info(struct acme *a, const char *id, struct acme_renewal *w,
	int64_t deadline, struct err *e) NODISCARD;
