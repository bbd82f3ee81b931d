/*
 * key - private keys: make, read, write, sign.
 *
 * Every text form of a key goes through a struct buf, which wipes itself.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "digest/digest.h"

enum key_type { KEY_P256, KEY_P384, KEY_RSA2048, KEY_RSA3072, KEY_RSA4096, KEY_ED25519 };

struct key; /* opaque: holds an EVP_PKEY; read-only, may be shared by threads */
struct evp_pkey_st;

/* "p256", "p384", "rsa2048", "rsa3072", "rsa4096", "ed25519". */
const char *key_type_name(enum key_type t);
/* Also dehydrated's and others' words: "prime256v1", "secp384r1", "ec256", "rsa" (2048). */
bool key_type_parse(const char *s, enum key_type *t);
extern const char *const key_type_names[]; /* NULL-terminated */

struct key *key_generate(enum key_type t, struct err *e) NODISCARD;
/* Exactly one unencrypted private key, PKCS#8 or traditional; EC PARAMETERS blocks are
 * skipped. */
struct key *key_from_pem(const char *pem, size_t len, struct err *e) NODISCARD;
void key_free(struct key *k);
DEFINE_AUTO(struct key, key, key_free)

bool key_to_pem(const struct key *k, struct buf *out, struct err *e) NODISCARD; /* PKCS#8 */
/* Its type, as key_type_name; or OpenSSL's name of it. */
const char *key_name(const struct key *k);
/* Of the SubjectPublicKeyInfo's DER, as cert_key_sha256: what a TLSA record 3 1 1 holds. */
bool key_sha256(const struct key *k, struct sha256 *d) NODISCARD;
/* Not a reference. */
struct evp_pkey_st *key_evp(const struct key *k);

/*
 * A certificate request's DER: an empty subject, all names in the SAN
 * (RFC 8555 7.4: exactly the order's set).
 */
bool key_make_csr(const struct key *k, const char *const *names, size_t n, struct buf *der,
	struct err *e) NODISCARD;
/* True if the DER is such a request: of this key, signed by it, for exactly these names. */
bool key_check_csr(const struct key *k, const struct buf *der, const char *const *names,
	size_t n, struct err *e) NODISCARD;

/* RFC 7638: the public JWK, members in lexical order, no blanks. P-256, P-384, RSA, and
 * Ed25519 (RFC 8037). */
bool key_jwk(const struct key *k, struct buf *json, struct err *e) NODISCARD;
/* RFC 7518, RFC 8037: "ES256", "ES384", "RS256" or "EdDSA"; NULL for a key that can't sign
 * for ACME. */
const char *key_jws_alg(const struct key *k);
/* The raw JWS signature (r || s for EC, padded to the field's size). */
bool key_jws_sign(const struct key *k, const void *data, size_t len, struct buf *sig,
	struct err *e) NODISCARD;
