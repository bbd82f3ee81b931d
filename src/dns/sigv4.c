#include "dns/private/sigv4.h"
#include "base/alloc.h"
#include "digest/digest.h"

#include <stdio.h>
#include <string.h>

#define ALGORITHM      "AWS4-HMAC-SHA256"
#define SIGNED_HEADERS "host;x-amz-date"

struct mac {
	uint8_t bytes[64];
	size_t len;
};

static struct mac mac_of(const void *key, size_t key_len, const char *text)
{
	struct mac m;

	m.len = hmac_of(HMAC_SHA256, key, key_len, text, strlen(text), m.bytes);
	return m;
}

/* Its own MAC is the next key. */
static void chain(struct mac *m, const char *text)
{
	struct mac next = mac_of(m->bytes, m->len, text);

	*m = next;
	wipe(&next, sizeof next);
}

static struct sha256_hex hash(const struct buf *b)
{
	const struct sha256 d = sha256_of(b ? b->data : "", b ? b->len : 0);

	return sha256_hex(&d);
}

static void put_scope(const struct sigv4 *by, struct buf *out)
{
	buf_printf(out, "%.8s/%s/%s/aws4_request", by->date, by->region, by->service);
}

static void put_canonical(
	const struct sigv4 *by, const struct sigv4_request *q, struct buf *out)
{
	buf_printf(out, "%s\n%s\n%s\n", q->method, q->path, q->query);
	buf_printf(out, "host:%s\nx-amz-date:%s\n\n", q->host, by->date);
	buf_printf(out, SIGNED_HEADERS "\n%s", hash(q->body).s);
}

static void put_signature(const struct sigv4 *by, const char *text, struct buf *out)
{
	AUTO(buf) struct buf first = BUF_EMPTY;
	AUTO(buf) struct buf day = BUF_EMPTY;
	struct mac m;

	buf_puts(&first, "AWS4");
	buf_add(&first, by->secret->data, by->secret->len);
	buf_printf(&day, "%.8s", by->date);
	m = mac_of(first.data, first.len, day.data);
	chain(&m, by->region);
	chain(&m, by->service);
	chain(&m, "aws4_request");
	chain(&m, text);
	for (size_t i = 0; i < m.len; i++)
		buf_printf(out, "%02x", m.bytes[i]);
}

void sigv4_authorize(const struct sigv4 *by, const struct sigv4_request *q, struct buf *out)
{
	AUTO(buf) struct buf canonical = BUF_EMPTY;
	AUTO(buf) struct buf text = BUF_EMPTY;

	put_canonical(by, q, &canonical);
	buf_printf(&text, ALGORITHM "\n%s\n", by->date);
	put_scope(by, &text);
	buf_printf(&text, "\n%s", hash(&canonical).s);

	buf_printf(out, ALGORITHM " Credential=%s/", by->key_id);
	put_scope(by, out);
	buf_puts(out, ", SignedHeaders=" SIGNED_HEADERS ", Signature=");
	put_signature(by, text.data, out);
}

void sigv4_date(time_t t, struct buf *out)
{
	struct tm tm = { 0 };
	char text[32];

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
	buf_puts(out, text);
}
