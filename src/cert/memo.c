#include "cert/private/memo.h"
#include "base/alloc.h"
#include "cert/private/cert.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 256 };

struct kept {
	bool taken;
	struct sha256 digest;
	struct chain_path path;
};

struct memo {
	pthread_mutex_t lock; /* of the places */
	struct kept places[PLACES];
};

struct memo *memo_new(void)
{
	struct memo *m = xcalloc(1, sizeof *m);

	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void memo_free(struct memo *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Of every certificate, in their order: another leaf, or one more, is another chain. */
static struct sha256 digest_of(const struct chain *c)
{
	struct sha256 all[MAX_CERTS];

	for (size_t i = 0; i < c->n; i++)
		all[i] = c->certs[i]->sha256;
	return sha256_of(all, c->n * sizeof *all);
}

static struct kept *place_of(struct memo *m, const struct sha256 *digest)
{
	return &m->places[digest->bytes[0] % PLACES];
}

bool memo_find(struct memo *m, const struct chain *c, time_t at, struct chain_path *path)
{
	const struct sha256 digest = digest_of(c);
	const struct kept *k = place_of(m, &digest);
	bool found;

	pthread_mutex_lock(&m->lock);
	found = k->taken && sha256_eq(&k->digest, &digest) && at >= k->path.from &&
		at <= k->path.until;
	if (found)
		*path = k->path;
	pthread_mutex_unlock(&m->lock);
	return found;
}

void memo_keep(struct memo *m, const struct chain *c, const struct chain_path *path)
{
	const struct sha256 digest = digest_of(c);
	struct kept *k = place_of(m, &digest);

	pthread_mutex_lock(&m->lock);
	*k = (struct kept){ .taken = true, .digest = digest, .path = *path };
	pthread_mutex_unlock(&m->lock);
}
