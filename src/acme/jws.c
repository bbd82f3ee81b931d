#include "acme/private/acme.h"
#include "base/alloc.h"
#include "digest/digest.h"

#include <string.h>

/* Who a JWS is from, and what it is for (RFC 8555 6.2): never jwk and kid both. */
struct head {
	const char *alg;
	const char *jwk; /* JSON */
	const char *kid;
	const char *nonce; /* NULL in one that lies in another */
	const char *url;
};

static char *head_text(const struct head *h)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "alg", h->alg);
	if (h->jwk)
		cJSON_AddRawToObject(o, "jwk", h->jwk);
	else
		cJSON_AddStringToObject(o, "kid", h->kid);
	if (h->nonce)
		cJSON_AddStringToObject(o, "nonce", h->nonce);
	cJSON_AddStringToObject(o, "url", h->url);
	return json_print(o);
}

/* What is signed: both halves, a dot between; where the dot is. */
static size_t join(const struct head *h, const char *payload, struct buf *both)
{
	AUTO(str) char *text = head_text(h);
	size_t dot;

	base64url_encode(both, text, strlen(text));
	dot = both->len;
	buf_putc(both, '.');
	base64url_encode(both, payload, strlen(payload));
	return dot;
}

static void put_together(const struct buf *both, size_t dot, const void *signature,
	size_t len, struct buf *out)
{
	buf_printf(out, "{\"protected\":\"%.*s\",\"payload\":\"%s\",\"signature\":\"",
		(int)dot, both->data, both->data + dot + 1);
	base64url_encode(out, signature, len);
	buf_puts(out, "\"}");
}

static bool sign(const struct head *h, const struct key *key, const char *payload,
	struct buf *out, struct err *e)
{
	AUTO(buf) struct buf both = BUF_EMPTY;
	AUTO(buf) struct buf signature = BUF_EMPTY;
	const size_t dot = join(h, payload, &both);

	if (!key_jws_sign(key, both.data, both.len, &signature, e))
		return false;
	put_together(&both, dot, signature.data, signature.len, out);
	return true;
}

bool jws_make(struct acme *a, const struct ask *q, const char *nonce, struct buf *out,
	struct err *e)
{
	const struct key *key = q->key ? q->key : a->key;
	AUTO(buf) struct buf jwk = BUF_EMPTY;
	struct head h = { .alg = key ? key_jws_alg(key) : NULL,
		.kid = a->account,
		.nonce = nonce,
		.url = q->url };

	if (!key)
		return err_set(e, ERR_ACME, "%s: no account key", a->host);
	if (!q->with_jwk && !a->account)
		return err_set(e, ERR_ACME, "%s: no account yet", a->host);
	if (q->with_jwk && !key_jwk(key, &jwk, e))
		return false;
	if (q->with_jwk)
		h.jwk = jwk.data;
	return sign(&h, key, q->payload, out, e);
}

bool jws_by_key(const struct key *key, const char *url, const char *payload,
	struct buf *out, struct err *e)
{
	AUTO(buf) struct buf jwk = BUF_EMPTY;
	struct head h = { .alg = key_jws_alg(key), .url = url };

	if (!key_jwk(key, &jwk, e))
		return false;
	h.jwk = jwk.data;
	return sign(&h, key, payload, out, e);
}

bool jws_binding(const struct acme_eab *eab, const char *url, const char *payload,
	struct buf *out, struct err *e)
{
	const struct head h = { .alg = "HS256", .kid = eab->kid, .url = url };
	AUTO(buf) struct buf both = BUF_EMPTY;
	const size_t dot = join(&h, payload, &both);
	uint8_t mac[64];
	size_t len = hmac_of(HMAC_SHA256, eab->key, eab->key_len, both.data, both.len, mac);

	if (len == 0)
		return err_set(e, ERR_TLS, "no HMAC-SHA256 in this OpenSSL");
	put_together(&both, dot, mac, len, out);
	return true;
}
