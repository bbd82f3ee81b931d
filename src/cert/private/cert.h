/*
 * cert - what a certificate is made of, for the files of this room.
 *
 * Everything that is shown is worked out when it is made, so that it is read-only after.
 */
#pragma once

#include "cert/cert.h"

#include <openssl/x509.h>

struct cert {
	X509 *x509;
	time_t not_before, not_after;
	struct sha256 sha256, key_sha256;
	char *issuer, *subject;
	char key_name[32];
	char **names;
	size_t n_names;
};
