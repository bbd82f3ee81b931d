#include "ssh/private/gate.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"

#include <pthread.h>
#include <time.h>

/* How often a waiting thread looks for a stop request and its deadline. */
enum { LOOK_MS = 200 };

/* The door of one sshd; there while somebody is inside, or waits. */
struct door {
	struct door *next;
	char *name;
	int inside;
	int known; /* sessions that go through it */
};

/* Those of one session. */
struct way {
	struct door **doors;
	size_t n;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static struct door *all;

static struct door *find_or_add(const char *name)
{
	struct door *d = all;

	while (d && !text_eq(d->name, name))
		d = d->next;
	if (d)
		return d;
	d = xcalloc(1, sizeof *d);
	d->name = xstrdup(name);
	d->next = all;
	all = d;
	return d;
}

/* Each door once, however often a way leads through it. */
static void add(struct way *w, const char *name)
{
	struct door *d = find_or_add(name);

	for (size_t i = 0; i < w->n; i++)
		if (w->doors[i] == d)
			return;
	GROW(w->doors, w->n);
	w->doors[w->n++] = d;
}

static struct way way_to(const struct ssh_config *c)
{
	AUTO(str) char *host = xasprintf("%s port %d", c->address, c->port);
	struct way w = { NULL, 0 };

	add(&w, host);
	for (const char *const *jump = c->through; jump && *jump; jump++)
		add(&w, *jump);
	return w;
}

static void drop_idle(void)
{
	for (struct door **d = &all; *d;) {
		struct door *old = *d;

		if (old->known > 0) {
			d = &old->next;
			continue;
		}
		*d = old->next;
		free(old->name);
		free(old);
	}
}

/* The first that is full; NULL: none. */
static const struct door *full(const struct way *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->doors[i]->inside >= GATE_WIDTH)
			return w->doors[i];
	return NULL;
}

static void look_later(int64_t deadline)
{
	int64_t ms = deadline_left(deadline) < LOOK_MS ? deadline_left(deadline) : LOOK_MS;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_clockwait(&left, &lock, CLOCK_MONOTONIC, &until);
}

/* inside, known: what to add to each of its doors. */
static void count(const struct way *w, int inside, int known)
{
	for (size_t i = 0; i < w->n; i++) {
		w->doors[i]->inside += inside;
		w->doors[i]->known += known;
	}
}

static bool wait_outside(const struct way *w, int64_t deadline, struct err *e)
{
	while (full(w)) {
		look_later(deadline);
		if (stop_requested())
			return err_set(e, ERR_STOPPED, "interrupted");
		if (deadline_left(deadline) == 0 && full(w))
			return err_set(e, ERR_TIMEOUT,
				"timed out behind %d other logins to %s", GATE_WIDTH,
				full(w)->name);
	}
	return true;
}

bool gate_enter(const struct ssh_config *c, int64_t deadline, struct err *e)
{
	struct way w;
	bool ok;

	pthread_mutex_lock(&lock);
	w = way_to(c);
	count(&w, 0, 1);
	ok = wait_outside(&w, deadline, e);
	if (ok)
		count(&w, 1, 0);
	else
		count(&w, 0, -1);
	drop_idle();
	pthread_mutex_unlock(&lock);
	free(w.doors);
	return ok;
}

void gate_leave(const struct ssh_config *c)
{
	struct way w;

	pthread_mutex_lock(&lock);
	w = way_to(c);
	count(&w, -1, -1);
	drop_idle();
	pthread_cond_broadcast(&left);
	pthread_mutex_unlock(&lock);
	free(w.doors);
}
