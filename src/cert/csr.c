#include "base/alloc.h"
#include "cert/key.h"
#include "cert/private/key.h"
#include "cert/private/names.h"
#include "cert/private/openssl.h"

#include <openssl/err.h>

static bool add_names(X509_REQ *req, const char *const *names, size_t n, struct err *e)
{
	AUTO(general_names) GENERAL_NAMES *san = names_to_san(names, n, e);
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	bool ok;

	if (!san)
		return false;
	ok = X509V3_add1_i2d(
		     &extensions, NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT) == 1 &&
		X509_REQ_add_extensions(req, extensions);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return ok || err_openssl(e, "the names can't be put into the request");
}

/* As strong as the key; NULL where the key brings its own (Ed25519). */
static const EVP_MD *hash_for(const struct key *k)
{
	if (k->jws == JWS_NONE)
		return EVP_PKEY_is_a(k->evp, "EC") ? EVP_sha512() : NULL;
	if (k->jws == JWS_EDDSA)
		return NULL; /* it has one of its own */
	return k->jws == JWS_ES384 ? EVP_sha384() : EVP_sha256();
}

bool key_make_csr(const struct key *k, const char *const *names, size_t n, struct buf *der,
	struct err *e)
{
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	unsigned char *data = NULL;
	int len;

	if (n == 0)
		return err_set(e, ERR_TLS, "a request needs a name");
	if (!req || !X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
		!X509_REQ_set_pubkey(req, k->evp))
		return err_openssl(e, "a request for the %s key", k->name);
	if (!add_names(req, names, n, e))
		return false;
	if (!X509_REQ_sign(req, k->evp, hash_for(k)) ||
		(len = i2d_X509_REQ(req, &data)) <= 0)
		return err_openssl(e, "a request for the %s key", k->name);
	buf_add(der, data, (size_t)len);
	OPENSSL_free(data);
	return true;
}

static bool has_names(X509_REQ *req, const char *const *names, size_t n)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(req);
	AUTO(general_names)
	GENERAL_NAMES *san = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	char **have;
	size_t n_have;
	bool equal;

	names_of(san, &have, &n_have);
	equal = names_equal(have, n_have, names, n);
	names_free(have, n_have);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return equal;
}

bool key_check_csr(const struct key *k, const struct buf *der, const char *const *names,
	size_t n, struct err *e)
{
	const unsigned char *p = (const unsigned char *)der->data;
	AUTO(x509_req) X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der->len);

	if (!req || p != (const unsigned char *)der->data + der->len)
		return err_openssl(e, "the request is damaged");
	if (EVP_PKEY_eq(X509_REQ_get0_pubkey(req), k->evp) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_TLS, "the request was made with another key");
	}
	if (X509_REQ_verify(req, k->evp) != 1)
		return err_openssl(e, "the request's signature is wrong");
	if (!has_names(req, names, n))
		return err_set(e, ERR_TLS, "the request is for other names");
	return true;
}
