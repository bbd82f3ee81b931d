#include "digest/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char hex_digits[] = "0123456789abcdef";
static const char standard[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct sha256 sha256_of(const void *data, size_t len)
{
	struct sha256 d;

	/* without SHA-256 nothing here can be trusted, nor does it happen */
	if (EVP_Digest(data, len, d.bytes, NULL, EVP_sha256(), NULL) != 1)
		abort();
	return d;
}

static void hex(char *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = hex_digits[bytes[i] >> 4];
		*out++ = hex_digits[bytes[i] & 15];
	}
	*out = '\0';
}

/* Empty where the library has it no more: what it is for is refused then. */
struct sha1_hex sha1_hex_of(const void *data, size_t len)
{
	unsigned char bytes[20];
	struct sha1_hex text = { "" };

	if (EVP_Digest(data, len, bytes, NULL, EVP_sha1(), NULL) != 1)
		return text;
	hex(text.s, bytes, sizeof bytes);
	return text;
}

bool sha256_eq(const struct sha256 *a, const struct sha256 *b)
{
	return bytes_eq(a->bytes, b->bytes, sizeof a->bytes);
}

struct sha256_hex sha256_hex(const struct sha256 *d)
{
	struct sha256_hex text;

	hex(text.s, d->bytes, sizeof d->bytes);
	return text;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool sha256_from_hex(const char *text, struct sha256 *d)
{
	struct sha256 got;

	if (strlen(text) != 2 * sizeof got.bytes)
		return false;
	for (size_t i = 0; i < sizeof got.bytes; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		got.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*d = got;
	return true;
}

struct sha256_colons sha256_colons(const struct sha256 *d)
{
	static const char digits[] = "0123456789ABCDEF";
	struct sha256_colons text;
	char *out = text.s;

	for (size_t i = 0; i < sizeof d->bytes; i++) {
		*out++ = digits[d->bytes[i] >> 4];
		*out++ = digits[d->bytes[i] & 15];
		*out++ = ':';
	}
	out[-1] = '\0';
	return text;
}

size_t hmac_of(enum hmac_hash hash, const void *key, size_t key_len, const void *data,
	size_t len, uint8_t mac[64])
{
	static const EVP_MD *(*const hashes[])(void) = {
		[HMAC_MD5] = EVP_md5,
		[HMAC_SHA1] = EVP_sha1,
		[HMAC_SHA224] = EVP_sha224,
		[HMAC_SHA256] = EVP_sha256,
		[HMAC_SHA384] = EVP_sha384,
		[HMAC_SHA512] = EVP_sha512,
	};
	unsigned n = 0;

	/* HMAC takes a key of NULL for "the last one" */
	if (key_len > INT_MAX ||
		!HMAC(hashes[hash](), key ? key : "", (int)key_len, data, len, mac, &n))
		return 0;
	return n;
}

bool bytes_eq(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

static void encode(struct buf *out, const char *alphabet, const uint8_t *p, size_t len)
{
	buf_reserve(out, len / 3 * 4 + 4);
	for (; len >= 3; p += 3, len -= 3) {
		buf_putc(out, alphabet[p[0] >> 2]);
		buf_putc(out, alphabet[(p[0] & 3) << 4 | p[1] >> 4]);
		buf_putc(out, alphabet[(p[1] & 15) << 2 | p[2] >> 6]);
		buf_putc(out, alphabet[p[2] & 63]);
	}
	if (len == 0)
		return;
	buf_putc(out, alphabet[p[0] >> 2]);
	if (len == 1) {
		buf_putc(out, alphabet[(p[0] & 3) << 4]);
		return;
	}
	buf_putc(out, alphabet[(p[0] & 3) << 4 | p[1] >> 4]);
	buf_putc(out, alphabet[(p[1] & 15) << 2]);
}

void base64_encode(struct buf *out, const void *data, size_t len)
{
	encode(out, standard, data, len);
	if (len % 3)
		buf_puts(out, len % 3 == 1 ? "==" : "=");
}

void base64url_encode(struct buf *out, const void *data, size_t len)
{
	encode(out, url, data, len);
}

enum { NO_DIGIT = -1 };

static int digit(char c, bool url_too)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || (url_too && c == '-'))
		return 62;
	if (c == '/' || (url_too && c == '_'))
		return 63;
	return NO_DIGIT;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What is allowed to follow the last digit: blanks, and n signs of padding. */
static bool padding(const char *s, size_t len, size_t *n)
{
	for (*n = 0; len > 0; s++, len--) {
		if (*s == '=')
			++*n;
		else if (!blank(*s))
			return false;
	}
	return true;
}

/* RFC 4648 3.5: the bits that no byte needs must be zero, so that each text is one value.
 */
static bool decode(struct buf *out, const char *s, size_t len, bool url_too)
{
	uint32_t bits = 0;
	size_t n = 0, pads;
	unsigned held = 0;

	for (; len > 0 && *s != '='; s++, len--) {
		int d = digit(*s, url_too);

		if (d == NO_DIGIT && blank(*s))
			continue;
		if (d == NO_DIGIT)
			return false;
		bits = (bits << 6 | (uint32_t)d) & 0xffff;
		held += 6;
		n++;
		if (held >= 8) {
			held -= 8;
			buf_putc(out, (char)(bits >> held & 0xff));
		}
	}
	if (!padding(s, len, &pads) || n % 4 == 1 || (bits & ((1U << held) - 1)))
		return false;
	return pads == (4 - n % 4) % 4 || (url_too && pads == 0);
}

static bool decode_or_undo(struct buf *out, const char *s, size_t len, bool url_too)
{
	size_t start = out->len;

	if (decode(out, s, len, url_too))
		return true;
	buf_truncate(out, start);
	return false;
}

bool base64_decode(struct buf *out, const char *s, size_t len)
{
	return decode_or_undo(out, s, len, false);
}

bool base64url_decode(struct buf *out, const char *s, size_t len)
{
	return decode_or_undo(out, s, len, true);
}

void random_bytes(void *data, size_t len)
{
	uint8_t *p = data;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

void random_hex(char *out, size_t n)
{
	uint8_t bytes[32];

	while (n > 0) {
		size_t now = n < sizeof bytes ? n : sizeof bytes;

		random_bytes(bytes, now);
		hex(out, bytes, now);
		out += 2 * now;
		n -= now;
	}
	*out = '\0';
}
