#include "cert/key.h"
#include "base/alloc.h"
#include "base/text.h"
#include "cert/private/key.h"
#include "cert/private/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

const char *const key_type_names[] = { "p256", "p384", "rsa2048", "rsa3072", "rsa4096",
	"ed25519", NULL };

static const struct {
	const char *word;
	enum key_type type;
} synonyms[] = {
	{ "prime256v1", KEY_P256 },
	{ "secp256r1", KEY_P256 },
	{ "ec256", KEY_P256 },
	{ "ec-256", KEY_P256 },
	{ "secp384r1", KEY_P384 },
	{ "ec384", KEY_P384 },
	{ "ec-384", KEY_P384 },
	{ "rsa", KEY_RSA2048 },
	{ "2048", KEY_RSA2048 },
	{ "3072", KEY_RSA3072 },
	{ "4096", KEY_RSA4096 },
};

const char *key_type_name(enum key_type t)
{
	return key_type_names[t];
}

bool key_type_parse(const char *s, enum key_type *t)
{
	for (size_t i = 0; key_type_names[i]; i++)
		if (strcasecmp(s, key_type_names[i]) == 0) {
			*t = (enum key_type)i;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(synonyms); i++)
		if (strcasecmp(s, synonyms[i].word) == 0) {
			*t = synonyms[i].type;
			return true;
		}
	return false;
}

static const struct {
	const char *group, *name;
	enum jws jws;
} curves[] = {
	{ "prime256v1", "p256", JWS_ES256 },
	{ "secp384r1", "p384", JWS_ES384 },
};

static size_t curve_of(const EVP_PKEY *evp, char *group, size_t size)
{
	size_t i = 0;

	if (!EVP_PKEY_get_group_name(evp, group, size, NULL))
		group[0] = '\0';
	while (i < ARRAY_LEN(curves) && !text_eq(group, curves[i].group))
		i++;
	return i;
}

void pkey_name(const EVP_PKEY *evp, char *name, size_t size)
{
	const char *type = evp ? EVP_PKEY_get0_type_name(evp) : NULL;
	char group[64];
	size_t i;

	if (!evp) {
		snprintf(name, size, "unknown");
	} else if (EVP_PKEY_is_a(evp, "RSA")) {
		snprintf(name, size, "rsa%d", EVP_PKEY_get_bits(evp));
	} else if (EVP_PKEY_is_a(evp, "EC")) {
		i = curve_of(evp, group, sizeof group);
		snprintf(name, size, "%s", i < ARRAY_LEN(curves) ? curves[i].name : group);
	} else if (EVP_PKEY_is_a(evp, "ED25519")) {
		snprintf(name, size, "ed25519");
	} else {
		snprintf(name, size, "%s", type ? type : "unknown");
	}
}

static enum jws jws_of(const EVP_PKEY *evp)
{
	char group[64];
	size_t i;

	if (EVP_PKEY_is_a(evp, "RSA"))
		return JWS_RS256;
	if (EVP_PKEY_is_a(evp, "ED25519"))
		return JWS_EDDSA;
	i = curve_of(evp, group, sizeof group);
	return i < ARRAY_LEN(curves) ? curves[i].jws : JWS_NONE;
}

/* Takes the EVP_PKEY over. */
static struct key *wrap(EVP_PKEY *evp)
{
	struct key *k = xcalloc(1, sizeof *k);

	k->evp = evp;
	pkey_name(evp, k->name, sizeof k->name);
	k->jws = jws_of(evp);
	ERR_clear_error();
	return k;
}

struct key *key_generate(enum key_type t, struct err *e)
{
	static const struct {
		const char *curve;
		size_t bits;
	} kinds[] = {
		[KEY_P256] = { "P-256", 0 },
		[KEY_P384] = { "P-384", 0 },
		[KEY_RSA2048] = { NULL, 2048 },
		[KEY_RSA3072] = { NULL, 3072 },
		[KEY_RSA4096] = { NULL, 4096 },
		[KEY_ED25519] = { NULL, 0 },
	};
	EVP_PKEY *evp;

	if (kinds[t].curve)
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[t].curve);
	else if (kinds[t].bits)
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", kinds[t].bits);
	else
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!evp) {
		err_openssl(e, "a %s key can't be made", key_type_name(t));
		return NULL;
	}
	return wrap(evp);
}

/* One PEM block; only what it is made of is kept. */
struct block {
	char *name, *header;
	unsigned char *der;
	long len;
};

static void block_clear(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	if (b->der)
		OPENSSL_clear_free(b->der, (size_t)b->len);
	*b = (struct block){ 0 };
}
DEFINE_AUTO_VALUE(struct block, block, block_clear)

static bool decode(const struct block *b, EVP_PKEY **evp, struct err *e)
{
	static const char *const kinds[] = { "PRIVATE KEY", "RSA PRIVATE KEY",
		"EC PRIVATE KEY" };
	const unsigned char *p = b->der;
	size_t i = 0;

	if (strstr(b->name, "ENCRYPTED") || strstr(b->header, "ENCRYPTED"))
		return err_set(e, ERR_TLS,
			"the private key is encrypted: a service could not start with it "
			"unattended; take the passphrase off (openssl pkey)");
	while (i < ARRAY_LEN(kinds) && !text_eq(b->name, kinds[i]))
		i++;
	if (i == ARRAY_LEN(kinds))
		return err_set(e, ERR_TLS, "a block '%.40s' where a private key is wanted",
			b->name);
	if (*evp)
		return err_set(e, ERR_TLS, "more than one private key");
	*evp = d2i_AutoPrivateKey(NULL, &p, b->len);
	return *evp || err_openssl(e, "the private key is damaged");
}

struct key *key_from_pem(const char *pem, size_t len, struct err *e)
{
	AUTO(bio) BIO *bio = len <= 65536 ? BIO_new_mem_buf(pem, (int)len) : NULL;
	AUTO(pkey) EVP_PKEY *evp = NULL;

	ERR_clear_error();
	for (;;) {
		AUTO(block) struct block b = { 0 };

		if (!bio || !PEM_read_bio(bio, &b.name, &b.header, &b.der, &b.len))
			break;
		if (text_eq(b.name, "EC PARAMETERS"))
			continue;
		if (!decode(&b, &evp, e))
			return NULL;
	}
	if (bio && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
		err_openssl(e, "the private key is damaged");
		return NULL;
	}
	ERR_clear_error();
	if (!evp) {
		err_set(e, ERR_TLS, "no PEM private key in %zu bytes", len);
		return NULL;
	}
	return wrap(TAKE(evp));
}

void key_free(struct key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->evp); /* wipes it */
	free(k);
}

bool key_to_pem(const struct key *k, struct buf *out, struct err *e)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem()); /* wipes what it let go of */
	char *data;
	long len;

	if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, k->evp, NULL, NULL, 0, NULL, NULL))
		return err_openssl(e, "the %s key can't be written", k->name);
	len = BIO_get_mem_data(bio, &data);
	buf_add(out, data, (size_t)len);
	return true;
}

const char *key_name(const struct key *k)
{
	return k->name;
}

EVP_PKEY *key_evp(const struct key *k)
{
	return k->evp;
}

bool key_sha256(const struct key *k, struct sha256 *d)
{
	unsigned char *der = NULL;
	const int len = i2d_PUBKEY(k->evp, &der);

	if (len > 0)
		*d = sha256_of(der, (size_t)len);
	OPENSSL_free(der);
	return len > 0;
}
