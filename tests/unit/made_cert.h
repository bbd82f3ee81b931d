/*
 * made_cert - certificates for the tests of every room that has cert's doors, made while
 * they run.
 */
#pragma once

#include "base/buf.h"
#include "cert/cert.h"
#include "cert/key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define MADE_DAY 86400L

struct made {
	X509 *x509;
	EVP_PKEY *key;
};

struct made_wish {
	const char *cn;
	const char *san;         /* as openssl's configuration writes it; NULL: a CA */
	long from, to;           /* seconds from now; 0, 0: ten days ago, eighty from now */
	const struct made *same; /* whose key it has; NULL: a key of its own */
};

/* What few certificates want. */
struct made_special {
	const char *eku; /* "serverAuth"; NULL: none */
	unsigned rsa;    /* bits; 0: it is P-256 */
	bool sha1;       /* so it is signed */
};

static inline void made_clear(struct made *m)
{
	X509_free(m->x509);
	EVP_PKEY_free(m->key);
	*m = (struct made){ NULL, NULL };
}
DEFINE_AUTO_VALUE(struct made, made, made_clear)

static inline void made_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!ext || !X509_add_ext(x, ext, -1))
		abort();
	X509_EXTENSION_free(ext);
}

/* by NULL: self-signed. */
static inline struct made made_special_cert(const struct made_wish *w,
	const struct made *by, const struct made_special *special)
{
	static long serial = 1;
	struct made m = { X509_new(), NULL };
	X509_NAME *subject = X509_get_subject_name(m.x509);

	if (w->same)
		EVP_PKEY_up_ref(w->same->key);
	m.key = w->same        ? w->same->key
		: special->rsa ? EVP_RSA_gen(special->rsa)
			       : EVP_EC_gen("P-256");
	X509_set_version(m.x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.x509), serial++);
	X509_gmtime_adj(
		X509_getm_notBefore(m.x509), w->from || w->to ? w->from : -10 * MADE_DAY);
	X509_gmtime_adj(
		X509_getm_notAfter(m.x509), w->from || w->to ? w->to : 80 * MADE_DAY);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8, (const unsigned char *)w->cn, -1, -1, 0);
	X509_set_issuer_name(m.x509, by ? X509_get_subject_name(by->x509) : subject);
	X509_set_pubkey(m.x509, m.key);
	if (w->san)
		made_extend(m.x509, NID_subject_alt_name, w->san);
	else
		made_extend(m.x509, NID_basic_constraints, "critical,CA:TRUE");
	if (special->eku)
		made_extend(m.x509, NID_ext_key_usage, special->eku);
	if (!X509_sign(m.x509, by ? by->key : m.key,
		    special->sha1 ? EVP_sha1() : EVP_sha256()))
		abort();
	return m;
}

static inline struct made made_cert(const struct made_wish *w, const struct made *by)
{
	return made_special_cert(w, by, &(const struct made_special){ .eku = NULL });
}

static inline void made_pem(const struct made *m, struct buf *pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	PEM_write_bio_X509(bio, m->x509);
	len = BIO_get_mem_data(bio, &data);
	buf_add(pem, data, (size_t)len);
	BIO_free(bio);
}

static inline struct key *made_key(const struct made *m)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct key *key;
	struct err e;
	char *data;
	long len;

	PEM_write_bio_PKCS8PrivateKey(bio, m->key, NULL, NULL, 0, NULL, NULL);
	len = BIO_get_mem_data(bio, &data);
	key = key_from_pem(data, (size_t)len, &e);
	BIO_free(bio);
	if (!key)
		abort();
	return key;
}

/* Of one or more, leaf first; the list ends with NULL. */
static inline struct chain made_chain(const struct made *const *list)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct chain chain;
	struct err e;

	for (; *list; list++)
		made_pem(*list, &pem);
	if (!chain_from_pem(pem.data, pem.len, &chain, &e))
		abort();
	return chain;
}
#define MADE_CHAIN(...) made_chain((const struct made *const[]){ __VA_ARGS__, NULL })

/* A trust of this root; SSL_CERT_DIR should say that there are no others. */
static inline struct trust *made_trust(const struct made *root)
{
	char path[] = "/tmp/certpush-root-XXXXXX";
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct trust *t;
	struct err e;
	int fd = mkstemp(path);

	made_pem(root, &pem);
	if (fd < 0 || write(fd, pem.data, pem.len) != (ssize_t)pem.len)
		abort();
	close(fd);
	t = trust_new(path, &e);
	unlink(path);
	if (!t)
		abort();
	return t;
}
