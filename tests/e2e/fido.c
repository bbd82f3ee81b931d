/*
 * fido - a FIDO authenticator in software, as OpenSSH's PROTOCOL.u2f wants one: for tests,
 * where nobody touches a key.
 *
 * Ed25519 only. The key handle is the private key itself, so it is as safe as any file.
 */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { API_VERSION = 0x000a0000, ED25519 = 1, UNSUPPORTED = -2, KEY = 32, SIGNATURE = 64 };

/* sk-api.h of OpenSSH 9.2 */
struct sk_option;
struct sk_resident_key;
struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};
struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
	const char *application, uint8_t flags, const char *pin, struct sk_option **options,
	struct sk_enroll_response **out);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **out);
int sk_load_resident_keys(const char *pin, struct sk_option **options,
	struct sk_resident_key ***keys, size_t *n);

uint32_t sk_api_version(void)
{
	return API_VERSION;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len,
	const char *application, uint8_t flags, const char *pin, struct sk_option **options,
	struct sk_enroll_response **out)
{
	EVP_PKEY *key = alg == ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : NULL;
	struct sk_enroll_response *r = calloc(1, sizeof *r);

	(void)challenge, (void)challenge_len, (void)application, (void)pin, (void)options;
	if (!key || !r)
		return UNSUPPORTED;
	r->flags = flags;
	r->public_key_len = r->key_handle_len = KEY;
	r->public_key = malloc(KEY);
	r->key_handle = malloc(KEY);
	/* an attestation that nobody looks at */
	r->signature = calloc(1, r->signature_len = SIGNATURE);
	if (!r->public_key || !r->key_handle || !r->signature ||
		!EVP_PKEY_get_raw_public_key(key, r->public_key, &r->public_key_len) ||
		!EVP_PKEY_get_raw_private_key(key, r->key_handle, &r->key_handle_len))
		return -1;
	EVP_PKEY_free(key);
	*out = r;
	return 0;
}

/* SHA-256 of the application, flags, counter, SHA-256 of the data */
static size_t message(uint8_t *m, const char *application, uint8_t flags, uint32_t counter,
	const uint8_t *data, size_t len)
{
	SHA256((const unsigned char *)application, strlen(application), m);
	m[SHA256_DIGEST_LENGTH] = flags;
	for (int i = 0; i < 4; i++)
		m[SHA256_DIGEST_LENGTH + 1 + i] = (uint8_t)(counter >> (24 - 8 * i));
	SHA256(data, len, m + SHA256_DIGEST_LENGTH + 5);
	return 2 * SHA256_DIGEST_LENGTH + 5;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **out)
{
	EVP_PKEY *key = alg == ED25519 ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519,
						 NULL, key_handle, key_handle_len)
				       : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sk_sign_response *r = calloc(1, sizeof *r);
	uint8_t m[2 * SHA256_DIGEST_LENGTH + 5];

	(void)pin, (void)options;
	if (!key || !ctx || !r)
		return UNSUPPORTED;
	r->flags = flags;
	r->counter = 1;
	r->sig_r = malloc(r->sig_r_len = SIGNATURE);
	if (!r->sig_r || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
		EVP_DigestSign(ctx, r->sig_r, &r->sig_r_len, m,
			message(m, application, flags, r->counter, data, data_len)) != 1)
		return -1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	*out = r;
	return 0;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options,
	struct sk_resident_key ***keys, size_t *n)
{
	(void)pin, (void)options, (void)keys, (void)n;
	return UNSUPPORTED;
}
