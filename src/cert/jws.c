#include "base/alloc.h"
#include "cert/key.h"
#include "cert/private/key.h"
#include "cert/private/openssl.h"
#include "digest/digest.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

/* RFC 7518 3.1 and 6.2.1, RFC 8037 2: hash, curve and the size of its field in bytes. */
static const struct {
	const char *alg, *hash, *crv;
	int field;
} algs[] = {
	[JWS_ES256] = { "ES256", "SHA256", "P-256", 32 },
	[JWS_ES384] = { "ES384", "SHA384", "P-384", 48 },
	[JWS_RS256] = { "RS256", "SHA256", NULL, 0 },
	[JWS_EDDSA] = { "EdDSA", NULL, "Ed25519", 0 },
};

enum { MAX_FIELD = 48 };

static bool refuse(const struct key *k, struct err *e)
{
	return err_set(e, ERR_TLS,
		"a %s key can't sign for ACME: it takes p256, p384, ed25519 or RSA",
		k->name);
}

static bool member(const struct key *k, const char *param, int pad, const char *name,
	struct buf *json, struct err *e)
{
	AUTO(bignum) BIGNUM *n = NULL;
	unsigned char bytes[1024];
	int len;

	if (!EVP_PKEY_get_bn_param(k->evp, param, &n) ||
		BN_num_bytes(n) > (int)sizeof bytes)
		return err_openssl(e, "the public half of the key can't be read");
	len = pad ? BN_bn2binpad(n, bytes, pad) : BN_bn2bin(n, bytes);
	if (len < 0)
		return err_openssl(e, "the public half of the key can't be read");
	buf_printf(json, "\"%s\":\"", name);
	base64url_encode(json, bytes, (size_t)len);
	buf_putc(json, '"');
	return true;
}

static bool jwk_rsa(const struct key *k, struct buf *json, struct err *e)
{
	buf_putc(json, '{');
	if (!member(k, OSSL_PKEY_PARAM_RSA_E, 0, "e", json, e))
		return false;
	buf_puts(json, ",\"kty\":\"RSA\",");
	if (!member(k, OSSL_PKEY_PARAM_RSA_N, 0, "n", json, e))
		return false;
	buf_putc(json, '}');
	return true;
}

static bool jwk_ec(const struct key *k, struct buf *json, struct err *e)
{
	int field = algs[k->jws].field;

	buf_printf(json, "{\"crv\":\"%s\",\"kty\":\"EC\",", algs[k->jws].crv);
	if (!member(k, OSSL_PKEY_PARAM_EC_PUB_X, field, "x", json, e))
		return false;
	buf_putc(json, ',');
	if (!member(k, OSSL_PKEY_PARAM_EC_PUB_Y, field, "y", json, e))
		return false;
	buf_putc(json, '}');
	return true;
}

static bool jwk_okp(const struct key *k, struct buf *json, struct err *e)
{
	unsigned char x[32];
	size_t len = sizeof x;

	if (!EVP_PKEY_get_raw_public_key(k->evp, x, &len))
		return err_openssl(e, "the public half of the key can't be read");
	buf_printf(json, "{\"crv\":\"%s\",\"kty\":\"OKP\",\"x\":\"", algs[k->jws].crv);
	base64url_encode(json, x, len);
	buf_puts(json, "\"}");
	return true;
}

bool key_jwk(const struct key *k, struct buf *json, struct err *e)
{
	if (k->jws == JWS_NONE)
		return refuse(k, e);
	if (k->jws == JWS_RS256)
		return jwk_rsa(k, json, e);
	return k->jws == JWS_EDDSA ? jwk_okp(k, json, e) : jwk_ec(k, json, e);
}

const char *key_jws_alg(const struct key *k)
{
	return k->jws == JWS_NONE ? NULL : algs[k->jws].alg;
}

bool jws_raw(const unsigned char *der, size_t len, int field, struct buf *sig)
{
	unsigned char raw[2 * MAX_FIELD];
	const unsigned char *p = der;
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &p, (long)len);
	bool ok = rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), raw, field) == field &&
		BN_bn2binpad(ECDSA_SIG_get0_s(rs), raw + field, field) == field;

	ECDSA_SIG_free(rs);
	if (ok)
		buf_add(sig, raw, 2 * (size_t)field);
	return ok;
}

bool key_jws_sign(
	const struct key *k, const void *data, size_t len, struct buf *sig, struct err *e)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char out[2048];
	size_t out_len = sizeof out;
	int field;

	if (k->jws == JWS_NONE)
		return refuse(k, e);
	if (!ctx ||
		!EVP_DigestSignInit_ex(
			ctx, NULL, algs[k->jws].hash, NULL, NULL, k->evp, NULL) ||
		!EVP_DigestSign(ctx, out, &out_len, data, len))
		return err_openssl(e, "signing with the %s key", k->name);
	field = algs[k->jws].field;
	if (field == 0)
		buf_add(sig, out, out_len);
	else if (!jws_raw(out, out_len, field, sig))
		return err_openssl(e, "signing with the %s key", k->name);
	return true;
}
