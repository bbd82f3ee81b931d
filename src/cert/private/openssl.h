/*
 * openssl - how this room frees OpenSSL's things, and tells its errors.
 */
#pragma once

#include "base/err.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

DEFINE_AUTO(BIO, bio, BIO_free_all)
DEFINE_AUTO(BIGNUM, bignum, BN_free)
DEFINE_AUTO(EVP_PKEY, pkey, EVP_PKEY_free)
DEFINE_AUTO(EVP_MD_CTX, md_ctx, EVP_MD_CTX_free)
DEFINE_AUTO(X509, x509, X509_free)
DEFINE_AUTO(X509_REQ, x509_req, X509_REQ_free)
DEFINE_AUTO(X509_STORE, x509_store, X509_STORE_free)
DEFINE_AUTO(X509_STORE_CTX, x509_store_ctx, X509_STORE_CTX_free)
DEFINE_AUTO(GENERAL_NAMES, general_names, GENERAL_NAMES_free)

/* What was being done, and OpenSSL's reason for it as ERR_TLS; empties its queue. */
bool err_openssl(struct err *e, const char *fmt, ...) PRINTF(2, 3);
