#include "acme/private/acme.h"
#include "base/alloc.h"
#include "digest/digest.h"

#include <string.h>

/* RFC 8555 6.2: alg, nonce, url, and either jwk or kid. */
static char *protected_header(const struct acme *a, const struct ask *q, const char *nonce)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "alg", key_jws_alg(a->key));
	if (q->with_jwk)
		cJSON_AddRawToObject(o, "jwk", a->jwk.data);
	else
		cJSON_AddStringToObject(o, "kid", a->account);
	cJSON_AddStringToObject(o, "nonce", nonce);
	cJSON_AddStringToObject(o, "url", q->url);
	return json_print(o);
}

bool jws_make(struct acme *a, const struct ask *q, const char *nonce, struct buf *out,
	struct err *e)
{
	AUTO(buf) struct buf signed_part = BUF_EMPTY;
	AUTO(buf) struct buf signature = BUF_EMPTY;
	AUTO(str) char *header = NULL;
	size_t dot;

	if (!q->with_jwk && !a->account)
		return err_set(e, ERR_ACME, "%s: no account yet", a->host);
	header = protected_header(a, q, nonce);
	base64url_encode(&signed_part, header, strlen(header));
	dot = signed_part.len;
	buf_putc(&signed_part, '.');
	base64url_encode(&signed_part, q->payload, strlen(q->payload));
	if (!key_jws_sign(a->key, signed_part.data, signed_part.len, &signature, e))
		return false;
	buf_printf(out, "{\"protected\":\"%.*s\",\"payload\":\"%s\",\"signature\":\"",
		(int)dot, signed_part.data, signed_part.data + dot + 1);
	base64url_encode(out, signature.data, signature.len);
	buf_puts(out, "\"}");
	return true;
}
