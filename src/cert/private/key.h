/*
 * key - what a key is made of, for the files of this room.
 */
#pragma once

#include "cert/key.h"

#include <openssl/evp.h>

enum jws { JWS_NONE, JWS_ES256, JWS_ES384, JWS_RS256, JWS_EDDSA };

struct key {
	EVP_PKEY *evp;
	char name[32];
	enum jws jws;
};

/* "p256", "rsa2048" …; OpenSSL's name of other kinds; "unknown" for NULL. */
void pkey_name(const EVP_PKEY *evp, char *name, size_t size);

/*
 * RFC 7518 3.4: r and s side by side, each as long as the field (in bytes), from the DER
 * that OpenSSL makes. False if it isn't such a signature.
 */
bool jws_raw(const unsigned char *der, size_t len, int field, struct buf *sig) NODISCARD;
