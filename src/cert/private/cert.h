/*
 * cert - what a certificate is made of, for the files of this room.
 *
 * Everything that is shown is worked out when it is made, so that it is read-only after.
 */
#pragma once

#include "cert/cert.h"

#include <openssl/x509.h>

/* In one chain. No CA sends more than four or five; whatever sends more is not to be
 * trusted with memory. */
enum { MAX_CERTS = 16 };

struct cert {
	X509 *x509;
	time_t not_before, not_after;
	struct sha256 sha256, key_sha256;
	char *issuer, *subject;
	char key_name[32];
	char signature_name[64];
	char **names;
	size_t n_names;
};

/* A time that can't be read is long past: nobody will take the certificate for valid. */
time_t cert_time(const ASN1_TIME *t);
