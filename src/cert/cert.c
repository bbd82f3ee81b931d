#include "cert/cert.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/text.h"
#include "cert/key.h"
#include "cert/private/cert.h"
#include "cert/private/key.h"
#include "cert/private/names.h"
#include "cert/private/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

/* NIST SP 800-57 part 1, 5.6.3: what is less isn't to be used. */
enum { SECURITY_BITS = 112 };

time_t cert_time(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) ? timegm(&tm) : 0;
}

/* The CN; the last part where a name has none; "" where it is empty. */
static char *short_name(const X509_NAME *name)
{
	int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *value;
	unsigned char *utf8 = NULL;
	char *s;
	int len;

	if (i < 0)
		i = X509_NAME_entry_count(name) - 1;
	if (i < 0)
		return xstrdup("");
	value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
	len = ASN1_STRING_to_UTF8(&utf8, value);
	if (len < 0)
		return xstrdup("");
	s = name_printable(utf8, (size_t)len);
	OPENSSL_free(utf8);
	return s;
}

static struct sha256 digest_of(unsigned char *der, int len)
{
	struct sha256 d = { { 0 } };

	if (len > 0)
		d = sha256_of(der, (size_t)len);
	OPENSSL_free(der);
	return d;
}

struct sha256 x509_digest(X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	return digest_of(der, len);
}

static struct sha256 digest_of_key(const X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	return digest_of(der, len);
}

static void name_signature(const X509 *x, char *name, size_t size)
{
	const ASN1_OBJECT *algorithm;

	X509_ALGOR_get0(&algorithm, NULL, NULL, X509_get0_tbs_sigalg(x));
	OBJ_obj2txt(name, (int)size, algorithm, 0);
}

struct cert *cert_from_x509(X509 *x)
{
	AUTO(general_names)
	GENERAL_NAMES *san = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	struct cert *c = xcalloc(1, sizeof *c);

	X509_up_ref(x);
	atomic_init(&c->holders, 1);
	c->x509 = x;
	pkey_name(X509_get0_pubkey(x), c->key_name, sizeof c->key_name);
	name_signature(x, c->signature_name, sizeof c->signature_name);
	c->not_before = cert_time(X509_get0_notBefore(x));
	c->not_after = cert_time(X509_get0_notAfter(x));
	c->sha256 = x509_digest(x);
	c->key_sha256 = digest_of_key(x);
	c->issuer = short_name(X509_get_issuer_name(x));
	c->subject = short_name(X509_get_subject_name(x));
	names_of(san, &c->names, &c->n_names);
	/* Has OpenSSL work out the extensions now, not later in some thread. */
	X509_check_purpose(x, -1, 0);
	ERR_clear_error();
	return c;
}

struct cert *cert_ref(struct cert *c)
{
	atomic_fetch_add(&c->holders, 1);
	return c;
}

void cert_free(struct cert *c)
{
	if (!c || atomic_fetch_sub(&c->holders, 1) > 1)
		return;
	X509_free(c->x509);
	free(c->issuer);
	free(c->subject);
	names_free(c->names, c->n_names);
	free(c);
}

time_t cert_not_before(const struct cert *c)
{
	return c->not_before;
}

time_t cert_not_after(const struct cert *c)
{
	return c->not_after;
}

struct sha256 cert_sha256(const struct cert *c)
{
	return c->sha256;
}

struct sha256 cert_key_sha256(const struct cert *c)
{
	return c->key_sha256;
}

const char *cert_issuer_name(const struct cert *c)
{
	return c->issuer;
}

const char *cert_subject_name(const struct cert *c)
{
	return c->subject;
}

const char *const *cert_names(const struct cert *c, size_t *n)
{
	*n = c->n_names;
	return (const char *const *)c->names;
}

const char *cert_name_to_ask(const struct cert *c, struct arena *a)
{
	for (size_t i = 0; i < c->n_names; i++)
		if (c->names[i][0] != '*')
			return c->names[i];
	return c->n_names ? arena_printf(a, "certpush%s", c->names[0] + 1) : NULL;
}

bool cert_covers(const struct cert *c, const char *name)
{
	/* RFC 9525: never the CN, and a wildcard only as the whole leftmost label. */
	const unsigned flags =
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	uint8_t ip[16];
	size_t len = ip_parse(name, ip);

	if (len)
		return X509_check_ip(c->x509, ip, len, 0) == 1;
	/* For OpenSSL ".example.net" stands for every name below it. */
	if (!*name || *name == '.')
		return false;
	if (text_starts(name, "*."))
		for (size_t i = 0; i < c->n_names; i++)
			if (strcasecmp(c->names[i], name) == 0)
				return true;
	return X509_check_host(c->x509, name, 0, flags, NULL) == 1;
}

bool cert_has_names(const struct cert *c, const char *const *names, size_t n)
{
	return names_equal(c->names, c->n_names, names, n);
}

bool cert_matches_key(const struct cert *c, const struct key *k)
{
	EVP_PKEY *public = X509_get0_pubkey(c->x509);

	return public && EVP_PKEY_eq(public, key_evp(k)) == 1;
}

void cert_der(const struct cert *c, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(c->x509, &der);

	if (len <= 0)
		abort(); /* it was parsed: only memory can be lacking */
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

bool cert_authority_key_id(const struct cert *c, struct buf *out)
{
	const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(c->x509);

	if (!id || ASN1_STRING_length(id) == 0)
		return false;
	buf_add(out, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	return true;
}

bool cert_serial(const struct cert *c, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(c->x509), &der);
	const bool short_form = len > 2 && der[1] < 0x80; /* 20 octets at most */

	if (short_form)
		buf_add(out, der + 2, (size_t)len - 2);
	OPENSSL_free(der);
	return short_form;
}

char *cert_serial_text(const struct cert *c)
{
	AUTO(bignum) BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c->x509), NULL);
	char *decimal = n ? BN_bn2dec(n) : NULL, *text;

	if (!decimal)
		abort();
	text = xstrdup(decimal);
	OPENSSL_free(decimal);
	return text;
}

const char *cert_key_name(const struct cert *c)
{
	return c->key_name;
}

const char *cert_signature_name(const struct cert *c)
{
	return c->signature_name;
}

bool cert_key_is_weak(const struct cert *c)
{
	const EVP_PKEY *key = X509_get0_pubkey(c->x509);

	return key && EVP_PKEY_get_security_bits(key) < SECURITY_BITS;
}

bool cert_signature_is_weak(const struct cert *c)
{
	int bits;

	return X509_get_signature_info(c->x509, NULL, NULL, &bits, NULL) == 1 &&
		bits < SECURITY_BITS;
}

bool cert_is_for_clients(const struct cert *c)
{
	return X509_get_extended_key_usage(c->x509) & (XKU_SSL_CLIENT | XKU_ANYEKU);
}

bool cert_is_self_issued(const struct cert *c)
{
	return X509_NAME_cmp(
		       X509_get_subject_name(c->x509), X509_get_issuer_name(c->x509)) == 0;
}

bool cert_is_issued_by(const struct cert *c, const struct cert *issuer)
{
	return X509_check_issued(issuer->x509, c->x509) == X509_V_OK;
}
