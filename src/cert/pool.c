#include "base/alloc.h"
#include "cert/private/cert.h"

#include <pthread.h>

enum { PLACES = 256 };

struct cert_pool {
	pthread_mutex_t lock; /* of the places */
	struct cert *places[PLACES];
};

struct cert_pool *cert_pool_new(void)
{
	struct cert_pool *p = xcalloc(1, sizeof *p);

	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void cert_pool_free(struct cert_pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < PLACES; i++)
		cert_free(p->places[i]);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct cert *find(struct cert_pool *p, const struct sha256 *digest)
{
	struct cert *c;

	pthread_mutex_lock(&p->lock);
	c = p->places[digest->bytes[0] % PLACES];
	c = c && sha256_eq(&c->sha256, digest) ? cert_ref(c) : NULL;
	pthread_mutex_unlock(&p->lock);
	return c;
}

static void keep(struct cert_pool *p, struct cert *c)
{
	struct cert **place = &p->places[c->sha256.bytes[0] % PLACES], *before;

	pthread_mutex_lock(&p->lock);
	before = *place;
	*place = cert_ref(c);
	pthread_mutex_unlock(&p->lock);
	cert_free(before);
}

struct cert *cert_pooled(struct cert_pool *p, X509 *x)
{
	const struct sha256 digest = x509_digest(x);
	struct cert *c = find(p, &digest);

	if (!c) {
		c = cert_from_x509(x);
		keep(p, c);
	}
	return c;
}
