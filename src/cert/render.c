#include "cert/render.h"
#include "cert/private/cert.h"
#include "cert/private/key.h"
#include "cert/private/openssl.h"

#include <openssl/pkcs12.h>
#include <string.h>

enum { ROUNDS = 10000, SALT = 16, IV = 16 };

DEFINE_AUTO(PKCS8_PRIV_KEY_INFO, pkcs8, PKCS8_PRIV_KEY_INFO_free)
DEFINE_AUTO(PKCS12, pkcs12, PKCS12_free)

static void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags)
{
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
static void free_safes(STACK_OF(PKCS7) * safes)
{
	sk_PKCS7_pop_free(safes, PKCS7_free);
}
DEFINE_AUTO(STACK_OF(PKCS12_SAFEBAG), bags, free_bags)
DEFINE_AUTO(STACK_OF(PKCS7), safes, free_safes)

/* Everything that is to be under the passphrase; of one file. */
struct sealing {
	const struct chain *chain;
	const struct key *key;
	const char *name, *passphrase;
	struct buf key_der; /* what random bytes are made of */
	struct sha256 input;
};

static void sealing_clear(struct sealing *s)
{
	buf_clear(&s->key_der);
}
DEFINE_AUTO_VALUE(struct sealing, sealing, sealing_clear)

bool render_key_der(const struct key *k, struct buf *out, struct err *e)
{
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->evp);
	unsigned char *der = NULL;
	const int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;

	if (len < 0)
		return err_openssl(e, "the %s key can't be written", k->name);
	buf_add(out, der, (size_t)len);
	OPENSSL_clear_free(der, (size_t)len);
	return true;
}

/* A digest of all that goes in, so that no IV is used for two texts. */
static bool begin(struct sealing *s, struct err *e)
{
	AUTO(buf) struct buf all = BUF_EMPTY;

	if (!render_key_der(s->key, &s->key_der, e))
		return false;
	for (size_t i = 0; i < s->chain->n; i++)
		cert_der(s->chain->certs[i], &all);
	buf_add(&all, s->name, strlen(s->name) + 1);
	buf_puts(&all, s->passphrase);
	s->input = sha256_of(all.data, all.len);
	return true;
}

/* Bytes that only who has the key could tell: HMAC of what they are for. */
static void derive(const struct sealing *s, char what, unsigned char *bytes, size_t len)
{
	unsigned char text[sizeof s->input.bytes + 1], mac[64];

	memcpy(text, s->input.bytes, sizeof s->input.bytes);
	text[sizeof text - 1] = (unsigned char)what;
	hmac_of(HMAC_SHA256, s->key_der.data, s->key_der.len, text, sizeof text, mac);
	memcpy(bytes, mac, len);
}

static X509_ALGOR *cipher(const struct sealing *s, char salt_of, char iv_of)
{
	unsigned char salt[SALT], iv[IV];

	derive(s, salt_of, salt, sizeof salt);
	derive(s, iv_of, iv, sizeof iv);
	return PKCS5_pbe2_set_iv(
		EVP_aes_256_cbc(), ROUNDS, salt, SALT, iv, NID_hmacWithSHA256);
}

/* What ties the key to its certificate, and what a keystore calls it. */
static bool label(const struct sealing *s, PKCS12_SAFEBAG *bag)
{
	struct sha256 print = cert_sha256(s->chain->certs[0]);

	return PKCS12_add_localkeyid(bag, print.bytes, sizeof print.bytes) &&
		PKCS12_add_friendlyname_utf8(bag, s->name, (int)strlen(s->name));
}

static bool push_bag(STACK_OF(PKCS12_SAFEBAG) * bags, PKCS12_SAFEBAG *bag)
{
	if (bag && sk_PKCS12_SAFEBAG_push(bags, bag))
		return true;
	PKCS12_SAFEBAG_free(bag);
	return false;
}

static bool push_safe(STACK_OF(PKCS7) * safes, PKCS7 *safe)
{
	if (safe && sk_PKCS7_push(safes, safe))
		return true;
	PKCS7_free(safe);
	return false;
}

static bool add_key(const struct sealing *s, STACK_OF(PKCS7) * safes)
{
	AUTO(bags) STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(s->key->evp);
	X509_ALGOR *algor = cipher(s, 1, 2);
	X509_SIG *sealed = info && algor
		? PKCS8_set0_pbe(s->passphrase, (int)strlen(s->passphrase), info, algor)
		: NULL;
	PKCS12_SAFEBAG *bag = sealed ? PKCS12_SAFEBAG_create0_pkcs8(sealed) : NULL;

	if (!sealed)
		X509_ALGOR_free(algor);
	else if (!bag)
		X509_SIG_free(sealed);
	return bags && push_bag(bags, bag) && label(s, bag) &&
		push_safe(safes, PKCS12_pack_p7data(bags));
}

/* PKCS12_pack_p7encdata would draw an IV. */
static PKCS7 *encrypted(const struct sealing *s, STACK_OF(PKCS12_SAFEBAG) * bags)
{
	PKCS7 *p7 = PKCS7_new();
	X509_ALGOR *algor = cipher(s, 3, 4);
	ASN1_OCTET_STRING *sealed = algor
		? PKCS12_item_i2d_encrypt(algor, ASN1_ITEM_rptr(PKCS12_SAFEBAGS),
			  s->passphrase, (int)strlen(s->passphrase), bags, 1)
		: NULL;

	if (!p7 || !sealed || !PKCS7_set_type(p7, NID_pkcs7_encrypted)) {
		PKCS7_free(p7);
		X509_ALGOR_free(algor);
		ASN1_OCTET_STRING_free(sealed);
		return NULL;
	}
	X509_ALGOR_free(p7->d.encrypted->enc_data->algorithm);
	p7->d.encrypted->enc_data->algorithm = algor;
	ASN1_OCTET_STRING_free(p7->d.encrypted->enc_data->enc_data);
	p7->d.encrypted->enc_data->enc_data = sealed;
	return p7;
}

static bool add_chain(const struct sealing *s, STACK_OF(PKCS7) * safes)
{
	AUTO(bags) STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();

	for (size_t i = 0; i < s->chain->n; i++) {
		PKCS12_SAFEBAG *bag = PKCS12_SAFEBAG_create_cert(s->chain->certs[i]->x509);

		if (!bags || !push_bag(bags, bag) || (i == 0 && !label(s, bag)))
			return false;
	}
	return push_safe(safes, encrypted(s, bags));
}

static PKCS12 *seal(const struct sealing *s)
{
	AUTO(safes) STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	AUTO(pkcs12) PKCS12 *p12 = NULL;
	unsigned char salt[SALT];

	if (!safes || !add_chain(s, safes) || !add_key(s, safes))
		return NULL;
	p12 = PKCS12_add_safes(safes, 0);
	derive(s, 5, salt, sizeof salt);
	if (!p12 ||
		!PKCS12_set_mac(p12, s->passphrase, (int)strlen(s->passphrase), salt, SALT,
			ROUNDS, EVP_sha256()))
		return NULL;
	return TAKE(p12);
}

bool render_pkcs12(const struct chain *c, const struct key *k, const char *name,
	const char *passphrase, struct buf *out, struct err *e)
{
	AUTO(sealing)
	struct sealing s = { .chain = c,
		.key = k,
		.name = name,
		.passphrase = passphrase,
		.key_der = BUF_EMPTY };
	AUTO(pkcs12) PKCS12 *p12 = begin(&s, e) ? seal(&s) : NULL;
	unsigned char *der = NULL;
	const int len = p12 ? i2d_PKCS12(p12, &der) : -1;

	if (s.key_der.len == 0)
		return false;
	if (len < 0)
		return err_openssl(e, "no PKCS#12 file can be made");
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	return true;
}
