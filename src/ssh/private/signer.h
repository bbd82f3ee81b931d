/*
 * signer - a user's private key, parsed once, that signs logins for all threads.
 *
 * libssh2 parses a key anew for each login, which costs as much as all the rest of it.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

struct signer; /* opaque: an EVP_PKEY */

/*
 * From what stands behind the public key in a file of OpenSSH's format (PROTOCOL.key 3),
 * unencrypted: ed25519 and ecdsa. NULL for all else: that is left to libssh2.
 */
struct signer *signer_from_openssh(const uint8_t *data, size_t len) NODISCARD;
void signer_free(struct signer *s);
DEFINE_AUTO(struct signer, signer, signer_free)

/* The signature's part behind the algorithm's name (RFC 8709 6, RFC 5656 3.1.2), appended.
 */
bool signer_sign(const struct signer *s, const void *data, size_t len, struct buf *out)
	NODISCARD;
