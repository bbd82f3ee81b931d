#include "work/crew.h"
#include "base/alloc.h"
#include "base/stop.h"

#include <pthread.h>
#include <stdatomic.h>

/* Sanitizers need several times the stack. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK ((size_t)2048 * 1024)
#else
#define STACK ((size_t)512 * 1024)
#endif

struct crew {
	void (*fn)(void *ctx, size_t i);
	void *ctx;
	size_t n;
	atomic_size_t next;
	bool shielded;
};

static void *work(void *arg)
{
	struct crew *crew = arg;
	size_t i;

	while ((i = atomic_fetch_add(&crew->next, 1)) < crew->n)
		crew->fn(crew->ctx, i);
	return NULL;
}

static void *hired_hand(void *arg)
{
	const struct crew *crew = arg;

	if (crew->shielded)
		stop_shield();
	return work(arg);
}

/* As many as there can be: with too few threads the work takes longer, no more. */
static size_t hire(struct crew *crew, pthread_t *threads, size_t want)
{
	pthread_attr_t attr;
	size_t n = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	while (n < want && pthread_create(&threads[n], &attr, hired_hand, crew) == 0)
		n++;
	pthread_attr_destroy(&attr);
	return n;
}

void crew_run(size_t width, size_t n, void (*fn)(void *ctx, size_t i), void *ctx)
{
	struct crew crew = { .fn = fn, .ctx = ctx, .n = n, .shielded = stop_shielded() };
	size_t want = width < n ? width : n;
	pthread_t *threads;
	size_t hired;

	/* the caller is one of the crew: with nobody else, all is done in place */
	if (want <= 1) {
		work(&crew);
		return;
	}
	threads = xcalloc(want - 1, sizeof *threads);
	hired = hire(&crew, threads, want - 1);
	work(&crew);
	for (size_t i = 0; i < hired; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}
