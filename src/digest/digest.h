/*
 * digest - SHA-2, HMAC, and the text forms of bytes: hex, base64, base64url.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

struct sha256 {
	uint8_t bytes[32];
};

struct sha256 sha256_of(const void *data, size_t len);
bool sha256_eq(const struct sha256 *a, const struct sha256 *b);

/* 64 lower-case digits and a NUL. */
struct sha256_hex {
	char s[65];
};
struct sha256_hex sha256_hex(const struct sha256 *d);
/* From 64 hexadecimal digits; false on anything else. */
bool sha256_from_hex(const char *hex, struct sha256 *d) NODISCARD;
/* "AB:CD:…" as openssl x509 -fingerprint prints it (95 characters and a NUL). */
struct sha256_colons {
	char s[96];
};
struct sha256_colons sha256_colons(const struct sha256 *d);

/* SHA-1 in 40 lower-case digits and a NUL: where an API wants it, for nothing else. */
struct sha1_hex {
	char s[41];
};
struct sha1_hex sha1_hex_of(const void *data, size_t len);

enum hmac_hash { HMAC_MD5, HMAC_SHA1, HMAC_SHA224, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 };

/* MAC of data into mac[64]; returns its length, 0 if the library refuses the hash. */
size_t hmac_of(enum hmac_hash hash, const void *key, size_t key_len, const void *data,
	size_t len, uint8_t mac[64]);

/* Equal in constant time. */
bool bytes_eq(const void *a, const void *b, size_t len);

void base64_encode(struct buf *out, const void *data, size_t len);
/* Standard alphabet, padding wanted, white space skipped. Appends; false on anything else.
 */
bool base64_decode(struct buf *out, const char *s, size_t len) NODISCARD;

void base64url_encode(struct buf *out, const void *data, size_t len); /* no padding */
/* Takes the url alphabet and, since users paste both, the standard one; padding optional.
 */
bool base64url_decode(struct buf *out, const char *s, size_t len) NODISCARD;

/* Random bytes from the kernel. */
void random_bytes(void *data, size_t len);
/* 2 * n lower-case hex digits of random, and a NUL, into out[2 * n + 1]. */
void random_hex(char *out, size_t n);
