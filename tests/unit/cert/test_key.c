/* Keys: read, written, named, made; and their signatures and requests. */
#include "base/alloc.h"
#include "base/fs.h"
#include "cert/key.h"
#include "cert/private/key.h"
#include "cert/private/openssl.h"
#include "check.h"
#include "digest/digest.h"

#include <openssl/ecdsa.h>

static struct key *fixture(const char *file, struct err *e)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	AUTO(str) char *path = xasprintf(FIXTURES "/%s", file);

	assert_ok(fs_read(path, 65536, &pem, e), e);
	return key_from_pem(pem.data, pem.len, e);
}

static void reads_what_others_wrote(void **state)
{
	static const struct {
		const char *file, *name, *alg;
	} rows[] = {
		{ "p256-rfc7515.pem", "p256", "ES256" },
		{ "p256-parameters.pem", "p256", "ES256" },
		{ "p384-short-x.pem", "p384", "ES384" },
		{ "rsa-rfc7638.pem", "rsa2048", "RS256" },
		{ "p521.pem", "secp521r1", NULL },
		{ "ed25519.pem", "ed25519", "EdDSA" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf pem = BUF_EMPTY;
		struct err e;
		AUTO(key) struct key *k = fixture(rows[i].file, &e);
		AUTO(key) struct key *again = NULL;

		if (!k)
			fail_msg("%s: %s", rows[i].file, e.msg);
		assert_string_equal(key_name(k), rows[i].name);
		if (rows[i].alg)
			assert_string_equal(key_jws_alg(k), rows[i].alg);
		else
			assert_null(key_jws_alg(k));
		assert_ok(key_to_pem(k, &pem, &e), &e);
		assert_true(strncmp(pem.data, "-----BEGIN PRIVATE KEY-----\n", 28) == 0);
		again = key_from_pem(pem.data, pem.len, &e);
		assert_non_null(again);
		assert_int_equal(EVP_PKEY_eq(key_evp(k), key_evp(again)), 1);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *files[2], *message;
	} rows[] = {
		{ { "encrypted-pkcs8.pem" }, "is encrypted" },
		{ { "encrypted-ec.pem" }, "is encrypted" },
		{ { "public.pem" }, "a block 'PUBLIC KEY' where" },
		{ { "ed25519.pem", "p521.pem" }, "more than one private key" },
		{ { "ed25519.pem", "public.pem" }, "a block 'PUBLIC KEY' where" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf pem = BUF_EMPTY;
		AUTO(key) struct key *k = NULL;
		struct err e;

		for (size_t f = 0; f < 2 && rows[i].files[f]; f++) {
			AUTO(str) char *path = xasprintf(FIXTURES "/%s", rows[i].files[f]);

			assert_ok(fs_read(path, 65536, &pem, &e), &e);
		}
		assert_err((k = key_from_pem(pem.data, pem.len, &e)) != NULL, &e, ERR_TLS,
			rows[i].message);
	}
}

static void refuses_what_is_no_key(void **state)
{
	static const struct {
		const char *pem, *message;
	} rows[] = {
		{ "", "no PEM private key" },
		{ "nothing", "no PEM private key" },
		{ "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC "
		  "PARAMETERS-----\n",
			"no PEM private key" },
		{ "-----BEGIN PRIVATE KEY-----\n", "damaged" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
			"damaged" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
			"damaged" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
			"a block 'CERTIFICATE'" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE "
		  "KEY-----\n",
			"a block 'OPENSSH PRIVATE KEY'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(key) struct key *k = NULL;
		struct err e;

		assert_err((k = key_from_pem(rows[i].pem, strlen(rows[i].pem), &e)) != NULL,
			&e, ERR_TLS, rows[i].message);
	}
}

static void type_words(void **state)
{
	static const struct {
		const char *word;
		int type; /* -1: none */
	} rows[] = {
		{ "p256", KEY_P256 },
		{ "P256", KEY_P256 },
		{ "prime256v1", KEY_P256 },
		{ "ec256", KEY_P256 },
		{ "ec-384", KEY_P384 },
		{ "secp384r1", KEY_P384 },
		{ "rsa", KEY_RSA2048 },
		{ "rsa4096", KEY_RSA4096 },
		{ "3072", KEY_RSA3072 },
		{ "", -1 },
		{ "p521", -1 },
		{ "rsa1024", -1 },
		{ "rsa2048 ", -1 },
		{ "dsa", -1 },
		{ "ed25519", KEY_ED25519 },
		{ "ed448", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum key_type t = KEY_P256;

		assert_int_equal(key_type_parse(rows[i].word, &t), rows[i].type >= 0);
		if (rows[i].type >= 0)
			assert_int_equal(t, rows[i].type);
	}
	for (size_t i = 0; key_type_names[i]; i++)
		assert_string_equal(key_type_name((enum key_type)i), key_type_names[i]);
}

static void makes_the_kind_that_is_asked_for(void **state)
{
	static const enum key_type rows[] = { KEY_P256, KEY_P384, KEY_ED25519 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		AUTO(key) struct key *k = key_generate(rows[i], &e);

		assert_string_equal(key_name(k), key_type_name(rows[i]));
	}
}

static void jwks_are_the_rfcs(void **state)
{
	AUTO(buf) struct buf json = BUF_EMPTY, print = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *rsa = fixture("rsa-rfc7638.pem", &e);
	AUTO(key) struct key *ec = fixture("p256-rfc7515.pem", &e);
	struct sha256 d;

	(void)state;
	assert_ok(key_jwk(rsa, &json, &e), &e);
	d = sha256_of(json.data, json.len);
	base64url_encode(&print, d.bytes, sizeof d.bytes);
	/* RFC 7638 3.1 */
	assert_string_equal(print.data, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	buf_reset(&json);
	assert_ok(key_jwk(ec, &json, &e), &e);
	/* RFC 7515 A.3.1, in RFC 7638's order */
	assert_string_equal(json.data,
		"{\"crv\":\"P-256\",\"kty\":\"EC\","
		"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}");
}

static void short_coordinates_are_padded(void **state)
{
	AUTO(buf) struct buf json = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = fixture("p384-short-x.pem", &e);
	const char *x, *y;

	(void)state;
	assert_ok(key_jwk(k, &json, &e), &e);
	x = strstr(json.data, "\"x\":\"A");
	y = strstr(json.data, "\"y\":\"");
	assert_non_null(x);
	assert_int_equal(y - x, 5 + 64 + 2);
	assert_int_equal(json.data + json.len - y, 5 + 64 + 2);
}

static void other_keys_sign_no_jws(void **state)
{
	static const char *const files[] = { "p521.pem" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(buf) struct buf out = BUF_EMPTY;
		struct err e;
		AUTO(key) struct key *k = fixture(files[i], &e);

		assert_err(key_jwk(k, &out, &e), &e, ERR_TLS, "can't sign for ACME");
		assert_err(key_jws_sign(k, "x", 1, &out, &e), &e, ERR_TLS, "can't sign");
		assert_int_equal(out.len, 0);
	}
}

static bool verifies(const struct key *k, const char *text, const void *sig, size_t len,
	const char *hash)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return EVP_DigestVerifyInit_ex(ctx, NULL, hash, NULL, NULL, key_evp(k), NULL) &&
		EVP_DigestVerify(
			ctx, sig, len, (const unsigned char *)text, strlen(text)) == 1;
}

static bool verifies_raw(
	const struct key *k, const char *text, const struct buf *sig, const char *hash)
{
	const unsigned char *raw = (const unsigned char *)sig->data;
	int half = (int)sig->len / 2, len;
	ECDSA_SIG *rs = ECDSA_SIG_new();
	unsigned char *der = NULL;
	bool ok;

	ECDSA_SIG_set0(rs, BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL));
	len = i2d_ECDSA_SIG(rs, &der);
	ok = verifies(k, text, der, (size_t)len, hash);
	OPENSSL_free(der);
	ECDSA_SIG_free(rs);
	return ok;
}

static void short_signatures_are_padded(void **state)
{
	static const unsigned char der[] = { 0x30, 7, 0x02, 1, 5, 0x02, 2, 0, 0x80 };
	AUTO(buf) struct buf sig = BUF_EMPTY;
	unsigned char want[64] = { 0 };

	(void)state;
	want[31] = 5;
	want[63] = 0x80;
	assert_true(jws_raw(der, sizeof der, 32, &sig));
	assert_int_equal(sig.len, 64);
	assert_memory_equal(sig.data, want, 64);
	assert_false(jws_raw(der, sizeof der - 1, 32, &sig));
	assert_int_equal(sig.len, 64);
}

static void ec_signatures_are_raw(void **state)
{
	static const struct {
		const char *file, *hash;
		size_t len;
	} rows[] = {
		{ "p256-rfc7515.pem", "SHA256", 64 },
		{ "p384-short-x.pem", "SHA384", 96 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf sig = BUF_EMPTY;
		struct err e;
		AUTO(key) struct key *k = fixture(rows[i].file, &e);

		assert_ok(key_jws_sign(k, "text", 4, &sig, &e), &e);
		assert_int_equal(sig.len, rows[i].len);
		assert_true(verifies_raw(k, "text", &sig, rows[i].hash));
		assert_false(verifies_raw(k, "texT", &sig, rows[i].hash));
	}
}

/* RFC 8037 A.2 and A.3 in form; the key is another one. */
static void ed25519_keys_sign(void **state)
{
	static const char begin[] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
	AUTO(buf) struct buf json = BUF_EMPTY, sig = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = fixture("ed25519.pem", &e);

	(void)state;
	assert_ok(key_jwk(k, &json, &e), &e);
	assert_true(strncmp(json.data, begin, sizeof begin - 1) == 0);
	assert_int_equal(json.len, sizeof begin - 1 + 43 + strlen("\"}"));
	assert_ok(key_jws_sign(k, "text", 4, &sig, &e), &e);
	assert_int_equal(sig.len, 64);
	assert_true(verifies(k, "text", sig.data, sig.len, NULL));
}

static void rsa_signatures_verify(void **state)
{
	AUTO(buf) struct buf sig = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = fixture("rsa-rfc7638.pem", &e);

	(void)state;
	assert_ok(key_jws_sign(k, "text", 4, &sig, &e), &e);
	assert_int_equal(sig.len, 256);
	assert_true(verifies(k, "text", sig.data, sig.len, "SHA256"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_others_wrote),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_what_is_no_key),
		cmocka_unit_test(type_words),
		cmocka_unit_test(makes_the_kind_that_is_asked_for),
		cmocka_unit_test(jwks_are_the_rfcs),
		cmocka_unit_test(short_coordinates_are_padded),
		cmocka_unit_test(other_keys_sign_no_jws),
		cmocka_unit_test(short_signatures_are_padded),
		cmocka_unit_test(ec_signatures_are_raw),
		cmocka_unit_test(ed25519_keys_sign),
		cmocka_unit_test(rsa_signatures_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
