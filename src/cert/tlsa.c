#include "cert/tlsa.h"
#include "base/text.h"
#include "cert/private/cert.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { DANE_TA = 2, DANE_EE = 3 };

struct tlsa {
	unsigned usage, selector, matching;
	const char *hex;
};

void tlsa_of_key(const struct sha256 *d, struct buf *out)
{
	const struct sha256_hex hex = sha256_hex(d);

	buf_printf(out, "3 1 1 %s", hex.s);
}

static bool parse(const char *record, struct tlsa *t)
{
	int at = 0;

	if (sscanf(record, "%3u %3u %3u %n", &t->usage, &t->selector, &t->matching, &at) !=
			3 ||
		at == 0)
		return false;
	t->hex = record + at;
	return *t->hex;
}

/* What the selector picks: the whole certificate, or its key. */
static bool select_der(const struct cert *c, unsigned selector, struct buf *der)
{
	unsigned char *bytes = NULL;
	int len = 0;

	if (selector == 0)
		len = i2d_X509(c->x509, &bytes);
	else if (selector == 1)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &bytes);
	if (len > 0)
		buf_add(der, bytes, (size_t)len);
	OPENSSL_free(bytes);
	return der->len > 0;
}

static bool is_hex_of(const char *hex, const void *data, size_t len)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < len; i++)
		buf_printf(&text, "%02x", ((const unsigned char *)data)[i]);
	return text_eq(text.data, hex);
}

static bool fits_cert(const struct tlsa *t, const struct cert *c)
{
	const EVP_MD *hash = t->matching == 1 ? EVP_sha256() : EVP_sha512();
	AUTO(buf) struct buf der = BUF_EMPTY;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (t->matching > 2 || !select_der(c, t->selector, &der))
		return false;
	if (t->matching == 0)
		return is_hex_of(t->hex, der.data, der.len);
	return EVP_Digest(der.data, der.len, digest, &len, hash, NULL) == 1 &&
		is_hex_of(t->hex, digest, len);
}

bool tlsa_counts(const char *record)
{
	struct tlsa t;

	return parse(record, &t) && (t.usage == DANE_EE || t.usage == DANE_TA);
}

bool tlsa_fits(const char *record, const struct chain *c)
{
	struct tlsa t;

	if (c->n == 0 || !parse(record, &t))
		return false;
	if (t.usage == DANE_EE)
		return fits_cert(&t, c->certs[0]);
	for (size_t i = 1; t.usage == DANE_TA && i < c->n; i++)
		if (fits_cert(&t, c->certs[i]))
			return true;
	return false;
}
