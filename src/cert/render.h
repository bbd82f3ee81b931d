/*
 * render - a key and its chain in other forms than PEM.
 *
 * The same bytes each time for the same input, so that a digest tells whether a host has
 * them.
 */
#pragma once

#include "cert/cert.h"
#include "cert/key.h"

/* The key as PKCS#8, unencrypted (RFC 5958). */
bool render_key_der(const struct key *k, struct buf *out, struct err *e) NODISCARD;

/*
 * PKCS#12 (RFC 7292): the key and the chain under a passphrase, which may be empty, and a
 * friendly name. AES-256-CBC with PBKDF2 (RFC 8018), MAC with SHA-256: what OpenSSL 1.1,
 * Java 8u301, Windows Server 2019 and later read. Salts and IVs are derived from the key
 * and all that is in it, since random ones would make another file of it each time.
 */
bool render_pkcs12(const struct chain *c, const struct key *k, const char *name,
	const char *passphrase, struct buf *out, struct err *e) NODISCARD;
