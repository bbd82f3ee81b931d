#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/clock.h"

#include <string.h>

/* CAs forget nonces; an old one costs a round trip more than a new one. */
enum { KEEP_MS = 5 * 60 * 1000, LONGEST = 1024 };

char *nonce_of(const struct http_response *r)
{
	const char *value = http_header(r, "Replay-Nonce", NULL);
	size_t len = value ? strspn(value,
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_")
			   : 0;

	/* RFC 8555 6.5.1: what isn't base64url MUST be ignored. */
	if (len == 0 || len > LONGEST || value[len] != '\0')
		return NULL;
	return xstrdup(value);
}

void nonce_put(struct acme *a, char *nonce)
{
	char *surplus = nonce;

	if (!nonce)
		return;
	pthread_mutex_lock(&a->lock);
	if (a->n_nonces < ARRAY_LEN(a->nonces)) {
		a->nonces[a->n_nonces++] = (struct nonce){ nonce, clock_ms() };
		surplus = NULL;
	}
	pthread_mutex_unlock(&a->lock);
	free(surplus);
}

void nonces_clear(struct acme *a)
{
	while (a->n_nonces > 0)
		free(a->nonces[--a->n_nonces].text);
}

/* The newest; if even that one is old, all are. */
static char *pooled(struct acme *a)
{
	char *text = NULL;

	pthread_mutex_lock(&a->lock);
	if (a->n_nonces > 0 && clock_ms() - a->nonces[a->n_nonces - 1].got > KEEP_MS)
		nonces_clear(a);
	if (a->n_nonces > 0)
		text = a->nonces[--a->n_nonces].text;
	pthread_mutex_unlock(&a->lock);
	return text;
}

char *nonce_take(struct acme *a, int64_t deadline, struct http_response *r, struct err *e)
{
	struct http_request q = {
		.method = "HEAD", .url = a->new_nonce, .deadline = deadline
	};
	char *nonce = pooled(a);

	if (nonce)
		return nonce;
	if (!http_do(a->http, &q, r, e))
		return NULL;
	nonce = nonce_of(r);
	if (!nonce)
		err_set(e, ERR_PROTOCOL,
			"%s: newNonce answered without a nonce (status %d)", a->host,
			r->status);
	return nonce;
}
