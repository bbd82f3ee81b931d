/*
 * tsig - sign a DNS message, and verify the answer to it (RFC 8945).
 *
 * Works on wire format: ldns 1.8 can't sign with SHA-224 and SHA-384, and verifies neither
 * time nor key nor the error field.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "digest/digest.h"

#include <stdint.h>
#include <time.h>

struct dns_config;

enum { TSIG_FUDGE = 300, TSIG_NAME_MAX = 255 }; /* seconds; bytes */

struct tsig_key {
	const char *text; /* the name as configured, for messages */
	uint8_t name[TSIG_NAME_MAX];
	size_t name_len; /* canonical wire format: lower case, uncompressed */
	uint8_t algorithm[32];
	size_t algorithm_len; /* likewise */
	enum hmac_hash hash;
	const void *secret; /* not owned */
	size_t secret_len;
};

struct tsig_mac {
	uint8_t bytes[64];
	size_t len;
};

/* ERR_CONFIG for a name, an algorithm or a secret that can't be used. */
bool tsig_key_from(const struct dns_config *c, struct tsig_key *k, struct err *e) NODISCARD;

/* Append the TSIG record to a whole message. *mac is needed to verify the answer. */
bool tsig_sign(struct buf *msg, const struct tsig_key *k, time_t now, struct tsig_mac *mac,
	struct err *e) NODISCARD;

/*
 * The answer was made with our key, for our request, now; else ERR_DNS in words: an
 * unsigned refusal, the TSIG error field, a wrong MAC, a clock that differs. Its RCODE is
 * the caller's to judge.
 */
bool tsig_verify(const uint8_t *msg, size_t len, const struct tsig_key *k,
	const struct tsig_mac *request, time_t now, struct err *e) NODISCARD;
