#include "ssh/private/signer.h"
#include "base/alloc.h"
#include "ssh/private/wire.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

DEFINE_AUTO(EVP_PKEY_CTX, pkey_ctx, EVP_PKEY_CTX_free)
DEFINE_AUTO(EVP_MD_CTX, md_ctx, EVP_MD_CTX_free)
DEFINE_AUTO(OSSL_PARAM_BLD, param_bld, OSSL_PARAM_BLD_free)
DEFINE_AUTO(OSSL_PARAM, params, OSSL_PARAM_free)
DEFINE_AUTO(BIGNUM, bignum, BN_clear_free)
DEFINE_AUTO(ECDSA_SIG, ecdsa_sig, ECDSA_SIG_free)

struct signer {
	EVP_PKEY *key;
	const EVP_MD *digest; /* NULL: the key's own */
};

enum { ED25519_BOTH = 64, ED25519_SEED = 32, MAX_SIGNATURE = 256 };

static EVP_PKEY *read_ed25519(struct reader *r)
{
	size_t len, public_len;
	const uint8_t *both;

	take_bytes(r, &public_len);
	both = (const uint8_t *)take_bytes(r, &len);
	if (!both || len != ED25519_BOTH)
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, both, ED25519_SEED);
}

static EVP_PKEY *make_ec(OSSL_PARAM_BLD *b)
{
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1)
		return key;
	return NULL;
}

static EVP_PKEY *read_ec(struct reader *r, const char *group)
{
	AUTO(param_bld) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	AUTO(bignum) BIGNUM *d = NULL;
	size_t curve_len, point_len, len;
	const char *point, *number;

	take_bytes(r, &curve_len);
	point = take_bytes(r, &point_len);
	number = take_bytes(r, &len);
	if (!b || !point || !number || len > MAX_SIGNATURE)
		return NULL;
	/* in secure memory if there is any; freed wiped in any case */
	d = BN_secure_new();
	if (!d || !BN_bin2bn((const uint8_t *)number, (int)len, d) ||
		!OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) ||
		!OSSL_PARAM_BLD_push_octet_string(
			b, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) ||
		!OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d))
		return NULL;
	return make_ec(b);
}

static const struct kind {
	const char *type;
	const char *group; /* NULL: ed25519 */
	const EVP_MD *(*digest)(void);
} kinds[] = {
	{ "ssh-ed25519", NULL, NULL },
	{ "ecdsa-sha2-nistp256", "P-256", EVP_sha256 },
	{ "ecdsa-sha2-nistp384", "P-384", EVP_sha384 },
	{ "ecdsa-sha2-nistp521", "P-521", EVP_sha512 },
};

static const struct kind *kind_of(const char *type, size_t len)
{
	for (size_t i = 0; type && i < ARRAY_LEN(kinds); i++)
		if (strlen(kinds[i].type) == len && memcmp(kinds[i].type, type, len) == 0)
			return &kinds[i];
	return NULL;
}

struct signer *signer_from_openssh(const uint8_t *data, size_t len)
{
	struct reader outer = { data, len, false }, r = { NULL, 0, false };
	const struct kind *kind;
	const char *type;
	uint32_t check;
	struct signer *s;
	EVP_PKEY *key;
	size_t n;

	r.p = (const uint8_t *)take_bytes(&outer, &r.left);
	check = take_u32(&r);
	if (!r.p || take_u32(&r) != check)
		return NULL;
	type = take_bytes(&r, &n);
	kind = kind_of(type, n);
	if (!kind)
		return NULL;
	key = kind->group ? read_ec(&r, kind->group) : read_ed25519(&r);
	if (!key)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->key = key;
	s->digest = kind->digest ? kind->digest() : NULL;
	return s;
}

void signer_free(struct signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->key);
	free(s);
}

/* RFC 4251 5: with a zero in front where the number would be negative. */
static void put_mpint(struct buf *b, const BIGNUM *n)
{
	uint8_t bytes[1 + MAX_SIGNATURE] = { 0 };
	int len = BN_bn2bin(n, bytes + 1);
	bool negative = len > 0 && bytes[1] & 0x80;

	put_bytes(b, bytes + !negative, (size_t)len + negative);
}

static bool put_ecdsa(struct buf *out, const uint8_t *der, size_t len)
{
	AUTO(ecdsa_sig) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	if (!sig)
		return false;
	put_mpint(out, ECDSA_SIG_get0_r(sig));
	put_mpint(out, ECDSA_SIG_get0_s(sig));
	return true;
}

bool signer_sign(const struct signer *s, const void *data, size_t len, struct buf *out)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[MAX_SIGNATURE];
	size_t n = sizeof signature;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, s->digest, NULL, s->key) != 1 ||
		EVP_DigestSign(ctx, signature, &n, data, len) != 1)
		return false;
	if (s->digest)
		return put_ecdsa(out, signature, n);
	buf_add(out, signature, n);
	return true;
}
