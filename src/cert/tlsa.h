/*
 * tlsa - TLSA records (RFC 6698, RFC 7671) as text, "3 1 1 9f86…", and what fits them.
 */
#pragma once

#include "base/buf.h"
#include "digest/digest.h"

struct chain;

/* The record of a key, of which d is the SHA-256 (key_sha256): "3 1 1 9f86…". Appended. */
void tlsa_of_key(const struct sha256 *d, struct buf *out);

/* May a mail server's client go by it at all (RFC 7672 3.1)? Usages 2 and 3. */
bool tlsa_counts(const char *record);

/*
 * Would a client that goes by this record, and no other, take the chain? DANE-EE(3): the
 * leaf, DANE-TA(2): one of the certificates above it that are sent. One that doesn't count
 * fits nothing.
 */
bool tlsa_fits(const char *record, const struct chain *c);
