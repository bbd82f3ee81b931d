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

struct http;
struct acme;

/* The directory URL of a CA by its short name; the URL itself; NULL with an error for an
 * unknown name. */
const char *acme_directory_url(const char *ca, struct err *e) NODISCARD;
/* Short names, NULL-terminated. */
extern const char *const acme_ca_names[];

/* Fetch the directory (RFC 8555 7.1.1). The http and the account key must outlive it. */
struct acme *acme_open(struct http *h, const char *directory_url,
	const struct key *account_key, int64_t deadline, struct err *e) NODISCARD;
void acme_free(struct acme *a);
DEFINE_AUTO(struct acme, acme, acme_free)

/*
 * newAccount (7.3): finds the account of this key, or registers it with the terms agreed
 * to. Sets the account URL.
 */
bool acme_account(struct acme *a, const char *const *contact, size_t n_contact,
	int64_t deadline, struct err *e) NODISCARD;
const char *acme_account_url(const struct acme *a); /* NULL before */
/*
 * An account URL known from an earlier run: saves the newAccount. If the CA has forgotten
 * it, the next request says so (accountDoesNotExist). Both before threads share *a.
 */
void acme_account_known(struct acme *a, const char *url);

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

struct acme_authorization {
	char *url;
	char *domain; /* the identifier's value: no "*." */
	bool wildcard;
	enum acme_status status;
	char *challenge; /* URL of its dns-01 challenge; NULL if it has none */
	char *token;
	struct err problem;
	int retry_after;
};
void acme_authorization_clear(struct acme_authorization *z);
DEFINE_AUTO_VALUE(struct acme_authorization, acme_authorization, acme_authorization_clear)

/*
 * newOrder (7.4). o is zero or an order, which is replaced; profile may be NULL, one that
 * the CA doesn't list is ERR_CONFIG. The CA may give an order that exists: it can be ready
 * at once.
 */
bool acme_order_new(struct acme *a, const char *const *names, size_t n, const char *profile,
	struct acme_order *o, int64_t deadline, struct err *e) NODISCARD;
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
/* The PEM chain of a valid order, leaf first: certificates only, or an error (11.4). */
bool acme_certificate(struct acme *a, const struct acme_order *o, struct buf *pem,
	int64_t deadline, struct err *e) NODISCARD;

bool acme_authorization_get(struct acme *a, const char *url, struct acme_authorization *z,
	int64_t deadline, struct err *e) NODISCARD;
/* The TXT content for its token: base64url(SHA-256(keyAuthorization)) (8.4). */
void acme_dns01_value(const struct acme *a, const char *token, struct buf *out);
/* Tell the CA that the record is there (7.5.1). To say so twice does no harm. */
bool acme_challenge_ready(struct acme *a, const struct acme_authorization *z,
	int64_t deadline, struct err *e) NODISCARD;
/* Poll until it is valid; an invalid one is an error that tells the CA's problem in full.
 */
bool acme_authorization_wait(struct acme *a, struct acme_authorization *z, int64_t deadline,
	struct err *e) NODISCARD;
