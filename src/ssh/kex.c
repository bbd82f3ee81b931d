#include "ssh/private/kex.h"
#include "base/text.h"
#include "digest/digest.h"
#include "ssh/private/printable.h"
#include "ssh/private/wire.h"

#include <stdio.h>
#include <string.h>

/* Messages: RFC 4250 4.1.2. */
enum {
	M_DISCONNECT = 1,
	M_IGNORE = 2,
	M_UNIMPLEMENTED = 3,
	M_DEBUG = 4,
	M_KEXINIT = 20,
	M_BEGIN = 30, /* KEXDH_INIT, KEX_ECDH_INIT */
	M_REPLY = 31,
	MAX_PACKET = 256 << 10,
	COOKIE = 16,
};

/*
 * What we send for our half. Nothing is ever encrypted with what comes of it, so it needs
 * no secret: on curves it is their generator, of a group of integers any number will do,
 * and a post-quantum key is all zeros.
 */
#define G_25519 "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define G_P256                                                                                 \
	"BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/" \
	"UfU="
#define G_P384                                                                                 \
	"BKqHyiK+iwU3jrHHHvMgrXRuHTtii6ebmFn3QeCCVCo4VQLyXb9VKWw6VF44cnYKtzYX3kqWJixvXZ6Yv5KS" \
	"3Cn49B29KJoUfOnaMRO18LjACmCxzh1+gZ16Qx18kOoOXw=="
#define NUMBER                                                                                   \
	"EREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREREQ" \
	"=="

static const struct method {
	const char *name;
	size_t zeros; /* in front of it */
	const char *base64;
} methods[] = {
	{ "curve25519-sha256", 0, G_25519 },
	{ "curve25519-sha256@libssh.org", 0, G_25519 },
	{ "ecdh-sha2-nistp256", 0, G_P256 },
	{ "ecdh-sha2-nistp384", 0, G_P384 },
	{ "diffie-hellman-group14-sha256", 0, NUMBER },
	{ "diffie-hellman-group16-sha512", 0, NUMBER },
	{ "diffie-hellman-group18-sha512", 0, NUMBER },
	{ "diffie-hellman-group14-sha1", 0, NUMBER },
	{ "diffie-hellman-group1-sha1", 0, NUMBER },
	{ "sntrup761x25519-sha512@openssh.com", 1158, G_25519 },
	{ "sntrup761x25519-sha512", 1158, G_25519 },
};

bool kex_list_has(const struct kex_list *l, const char *name)
{
	const size_t want = strlen(name);
	const char *at = l->s, *end = l->s + l->len;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t len = (size_t)((comma ? comma : end) - at);

		if (len == want && memcmp(at, name, len) == 0)
			return true;
		at += len + 1;
	}
	return false;
}

bool kex_offer_read(struct kex_offer *o, const struct buf *payload, struct err *e)
{
	struct reader r = { (const uint8_t *)payload->data, payload->len, false };
	const uint8_t *type = take(&r, 1);

	if (!type || *type != M_KEXINIT)
		return err_set(e, ERR_PROTOCOL, "it doesn't begin with a key exchange");
	take(&r, COOKIE);
	for (size_t i = 0; i < KEX_LISTS; i++)
		o->lists[i].s = take_bytes(&r, &o->lists[i].len);
	return !r.bad || err_set(e, ERR_PROTOCOL, "a malformed key exchange");
}

static const struct method *choose(const struct kex_offer *o)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (kex_list_has(&o->lists[KEX_METHODS], methods[i].name))
			return &methods[i];
	return NULL;
}

static void put_half(struct buf *b, const struct method *m)
{
	AUTO(buf) struct buf half = BUF_EMPTY;

	for (size_t i = 0; i < m->zeros; i++)
		buf_putc(&half, '\0');
	(void)!base64_decode(&half, m->base64, strlen(m->base64));
	buf_putc(b, M_BEGIN);
	put_bytes(b, half.data, half.len);
}

const char *kex_answer(const struct kex_offer *o, const char *host_key, struct buf *init,
	struct buf *begin)
{
	const struct method *m = choose(o);
	uint8_t cookie[COOKIE];

	if (!m)
		return NULL;
	random_bytes(cookie, sizeof cookie);
	buf_putc(init, M_KEXINIT);
	buf_add(init, cookie, sizeof cookie);
	put_text(init, m->name);
	put_text(init, host_key);
	for (size_t i = KEX_CIPHERS; i < KEX_LISTS; i++)
		put_bytes(init, o->lists[i].s, o->lists[i].len);
	buf_putc(init, 0); /* no guess follows */
	put_u32(init, 0);
	put_half(begin, m);
	return m->name;
}

bool kex_host_key(const struct buf *payload, struct buf *blob, struct err *e)
{
	struct reader r = { (const uint8_t *)payload->data, payload->len, false };
	const uint8_t *type = take(&r, 1);
	size_t len;
	const char *key = take_bytes(&r, &len);

	if (!type || *type != M_REPLY || !key)
		return err_set(e, ERR_PROTOCOL, "no host key in its answer");
	buf_add(blob, key, len);
	return true;
}

/* Why it hangs up, RFC 4253 11.1. Returns false. */
static bool hung_up(const struct buf *payload, struct err *e)
{
	struct reader r = { (const uint8_t *)payload->data + 1, payload->len - 1, false };
	char text[81] = "";
	size_t len = 0;
	const char *why;

	take_u32(&r);
	why = take_bytes(&r, &len);
	for (size_t i = 0; why && i < len && i < sizeof text - 1; i++)
		text[i] = printable(why[i]);
	return err_set(e, ERR_NET, "the host hung up%s%s", *text ? ": " : "", text);
}

/* RFC 4253 11: what may come at any time, and means nothing to us. */
static bool is_aside(uint8_t type)
{
	return type == M_IGNORE || type == M_DEBUG || type == M_UNIMPLEMENTED;
}

static void drop(struct buf *in, size_t n)
{
	memmove(in->data, in->data + n, in->len - n);
	buf_truncate(in, in->len - n);
}

bool kex_take(struct buf *in, struct buf *payload, bool *got, struct err *e)
{
	for (*got = false; !*got;) {
		struct reader r = { (const uint8_t *)in->data, in->len, false };
		size_t len = take_u32(&r), padding;
		const uint8_t *p;

		if (r.bad)
			return true;
		if (len < 2 || len > MAX_PACKET)
			return err_set(e, ERR_PROTOCOL, "it doesn't speak SSH");
		p = take(&r, len);
		if (!p)
			return true;
		padding = p[0];
		if (padding + 1 >= len)
			return err_set(e, ERR_PROTOCOL, "an empty message");
		buf_reset(payload);
		buf_add(payload, p + 1, len - 1 - padding);
		drop(in, 4 + len);
		if (payload->data[0] == M_DISCONNECT)
			return hung_up(payload, e);
		*got = !is_aside((uint8_t)payload->data[0]);
	}
	return true;
}

/* RFC 4253 6: a multiple of eight, with four bytes of padding at least. */
void kex_put(struct buf *out, const struct buf *payload)
{
	static const char zeros[16];
	size_t padding = 8 - (5 + payload->len) % 8;

	if (padding < 4)
		padding += 8;
	put_u32(out, (uint32_t)(1 + payload->len + padding));
	buf_putc(out, (char)padding);
	buf_add(out, payload->data, payload->len);
	buf_add(out, zeros, padding);
}
