/*
 * issue - certificates for the tests of this room, made while they run.
 */
#pragma once

#include "cert/private/openssl.h"

#include <openssl/pem.h>

struct wish {
	const char *cn;       /* NULL: an empty subject */
	const char *san;      /* as openssl's configuration writes it; NULL: none */
	const char *key;      /* curve; NULL: P-256 */
	long from, to;        /* seconds from now; 0, 0: yesterday, tomorrow */
	const char *ca, *eku; /* "critical,CA:TRUE", "serverAuth"; NULL: none */
};

struct issued {
	X509 *x509;
	EVP_PKEY *key;
};

static inline void issued_clear(struct issued *i)
{
	X509_free(i->x509);
	EVP_PKEY_free(i->key);
}
DEFINE_AUTO_VALUE(struct issued, issued, issued_clear)

static inline void issue_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext;

	if (!value)
		return;
	ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(ext);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

/* by NULL: self-signed. */
static inline struct issued issue(const struct wish *w, const struct issued *by)
{
	static long serial = 0xabc;
	struct issued i = { X509_new(), EVP_EC_gen(w->key ? w->key : "P-256") };
	X509_NAME *subject = X509_get_subject_name(i.x509);
	long day = 24L * 3600;

	X509_set_version(i.x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(i.x509), serial++);
	X509_gmtime_adj(X509_getm_notBefore(i.x509), w->to ? w->from : -day);
	X509_gmtime_adj(X509_getm_notAfter(i.x509), w->to ? w->to : day);
	if (w->cn)
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
			(const unsigned char *)w->cn, -1, -1, 0);
	X509_set_issuer_name(i.x509, by ? X509_get_subject_name(by->x509) : subject);
	X509_set_pubkey(i.x509, i.key);
	issue_extension(i.x509, NID_subject_alt_name, w->san);
	issue_extension(i.x509, NID_basic_constraints, w->ca);
	issue_extension(i.x509, NID_ext_key_usage, w->eku);
	assert_true(X509_sign(i.x509, by ? by->key : i.key, EVP_sha256()) > 0);
	return i;
}

static inline void issue_pem(const struct issued *i, struct buf *pem)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	PEM_write_bio_X509(bio, i->x509);
	len = BIO_get_mem_data(bio, &data);
	buf_add(pem, data, (size_t)len);
}
