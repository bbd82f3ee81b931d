/*
 * keyfile - a user's private key as it lies on disk, and what can be told of it unopened.
 *
 * libssh2 reads keys itself, but fails for each reason with the same two words. Read once
 * per process, and shared by all threads.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "ssh/private/signer.h"

struct keyfile {
	struct buf text; /* the file */
	struct buf blob; /* its public half; empty if that can't be told */
	bool encrypted;  /* needs a passphrase */
	bool aead;       /* by a cipher that libssh2 can't: AES-GCM, ChaCha20-Poly1305 */
	bool rsa;
	struct signer *signer; /* NULL: only libssh2 can sign with it */
};

/* Read-only, and there until the program ends. */
const struct keyfile *keyfile_get(const char *path, struct err *e) NODISCARD;

/* What text and pub (the .pub file beside it, may be empty) tell; k->text is not set. */
void keyfile_inspect(struct keyfile *k, const char *text, size_t len, const char *pub);
void keyfile_clear(struct keyfile *k);

/* Wipe and forget all. */
void keyfile_forget(void);
