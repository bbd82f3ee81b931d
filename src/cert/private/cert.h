/*
 * cert - what a certificate is made of, for the files of this room.
 *
 * Everything that is shown is worked out when it is made, so that it is read-only after.
 */
#pragma once

#include "cert/cert.h"

#include <openssl/x509.h>
#include <stdatomic.h>

/* In one chain. No CA sends more than four or five; whatever sends more is not to be
 * trusted with memory. */
enum { MAX_CERTS = 16 };

struct cert {
	atomic_int holders; /* cert_free drops one */
	X509 *x509;
	time_t not_before, not_after;
	struct sha256 sha256, key_sha256;
	char *issuer, *subject;
	char key_name[32];
	char signature_name[64];
	char **names;
	size_t n_names;
};

struct cert *cert_ref(struct cert *c) NODISCARD;
/* What the pool has of it, or had not until now; to be freed like any other. */
struct cert *cert_pooled(struct cert_pool *p, X509 *x) NODISCARD;
struct sha256 x509_digest(X509 *x); /* of its DER */

/* A time that can't be read is long past: nobody will take the certificate for valid. */
time_t cert_time(const ASN1_TIME *t);
