/*
 * libctx - OpenSSL as a probe needs it.
 *
 * For the key of each certificate that a server sends, OpenSSL 3.0 and 3.1 look at every
 * decoder that there is, for each format and kind of key: most of what a check costs, and
 * under locks that hundreds of threads wait for. This is their default provider, whose
 * decoders are the few that read the keys of certificates. To set it up costs as much as
 * it saves in five checks.
 */
#pragma once

#include <openssl/types.h>

/*
 * NULL, which is OpenSSL's own: with 3.2 or later, which remember what they found; where
 * openssl.cnf says that other providers are to be used; and if it can't be had.
 */
OSSL_LIB_CTX *probe_libctx(void);
