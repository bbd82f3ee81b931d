/*
 * The room's own: one account at one CA, and how its files talk.
 */
#pragma once

#include "acme/acme.h"
#include "acme/private/json.h"
#include "http/http.h"

#include <pthread.h>

/* How fast to ask again; the tests have a quicker one. */
struct pace {
	int poll_ms;     /* the first pause between two polls, growing by half … */
	int poll_max_ms; /* … up to this */
	int retry_ms;    /* the first pause after a failure that may pass, doubling */
	int second_ms;   /* a second of a Retry-After */
};

struct nonce {
	char *text;
	int64_t got; /* when, in clock_ms */
};

struct acme {
	struct http *http;
	const struct key *key;
	struct pace pace;
	char *host; /* of the directory, with its port: the CA's name in errors */
	char *new_nonce, *new_account, *new_order;
	char *revoke_cert, *key_change, *renewal_info; /* NULL: it has none */
	struct acme_meta meta;
	char **profiles;
	size_t n_profiles;
	struct buf jwk;        /* of the account key */
	struct buf thumbprint; /* RFC 7638, as base64url */
	char *account; /* URL, NULL until it is known; set before threads share us */

	pthread_mutex_t lock; /* for what follows */
	struct nonce nonces[32];
	size_t n_nonces;
};

/* acme_open with another pace. */
struct acme *acme_open_paced(struct http *h, const char *directory_url,
	const struct key *account_key, const struct pace *pace, int64_t deadline,
	struct err *e) NODISCARD;

/* A signed request (RFC 8555 6.2). */
struct ask {
	const char *url;
	const char *payload;   /* JSON; "" is a POST-as-GET (6.3) */
	const char *accept;    /* NULL: JSON */
	bool with_jwk;         /* the key itself in place of the account's URL */
	const struct key *key; /* with_jwk: another one than the account's, or NULL */
	int64_t deadline;
};

struct answer {
	struct http_response http;
	char problem[48]; /* the last word of the problem's type, "" if there is none */
	int retry_after;  /* seconds, -1: not said */
	time_t not_before;
};
#define ANSWER_EMPTY                                                                       \
	{                                                                                  \
		.http = HTTP_RESPONSE_EMPTY, .retry_after = -1                             \
	}
void answer_clear(struct answer *r);
DEFINE_AUTO_VALUE(struct answer, answer, answer_clear)

/*
 * True for a 2xx. Refused nonces are replaced, failures that may pass (5xx, the network)
 * tried again a few times inside the deadline. On failure *r is the last answer.
 */
bool acme_post(struct acme *a, const struct ask *q, struct answer *r, struct err *e)
	NODISCARD;
/* The same without a signature: the directory. */
bool acme_get(struct acme *a, const char *url, int64_t deadline, struct answer *r,
	struct err *e) NODISCARD;

/* nonce.c: one from the pool, or a new one; NULL with the CA's answer in *r. */
char *nonce_take(struct acme *a, int64_t deadline, struct http_response *r, struct err *e)
	NODISCARD;
/* The answer's nonce, NULL if it has none that is one. */
char *nonce_of(const struct http_response *r) NODISCARD;
void nonce_put(struct acme *a, char *nonce); /* takes it over; NULL is taken */
void nonces_clear(struct acme *a);

/* jws.c: flattened JSON serialisation (RFC 7515 7.2.2) of one request. */
bool jws_make(struct acme *a, const struct ask *q, const char *nonce, struct buf *out,
	struct err *e) NODISCARD;
/* One that lies in another (RFC 8555 7.3.5): signed by a key itself, without a nonce. */
bool jws_by_key(const struct key *key, const char *url, const char *payload,
	struct buf *out, struct err *e) NODISCARD;
/* The same under a MAC (7.3.4). */
bool jws_binding(const struct acme_eab *eab, const char *url, const char *payload,
	struct buf *out, struct err *e) NODISCARD;

/* poll.c: the pauses between polls, within a deadline. */
struct poll {
	const struct acme *acme;
	int64_t deadline;
	int ms; /* the next pause */
};
struct poll poll_begin(const struct acme *a, int64_t deadline);
/* retry_after as the server said, or -1. False with ERR_TIMEOUT or ERR_STOPPED. */
bool poll_pause(struct poll *p, int retry_after, struct err *e) NODISCARD;

/* Parsers of what the CA sends; each replaces what *o holds, but for its url. */
bool order_read(const struct buf *json, struct acme_order *o, struct err *e) NODISCARD;
bool authorization_read(const struct buf *json, struct acme_authorization *z, struct err *e)
	NODISCARD;
/* Only the certificates, without carriage returns and what is around them. */
bool chain_read(const struct buf *in, struct buf *pem, struct err *e) NODISCARD;
/* *w is zero but for `again`. */
bool renewal_read(const struct buf *json, struct acme_renewal *w, struct err *e) NODISCARD;
/*
 * link.c: one Link header (RFC 8288): calls `found` with the target of each link that has
 * this relation type. Relative targets, and what is no link, are passed over.
 */
void links_read(const char *header, const char *rel,
	void (*found)(void *ctx, const char *url), void *ctx);

/* status.c */
bool status_read(const cJSON *o, enum acme_status *s, struct err *e) NODISCARD;
