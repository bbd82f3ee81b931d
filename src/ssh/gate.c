#include "ssh/private/gate.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"

#include <pthread.h>
#include <time.h>

/* How often a waiting thread looks for a stop request and its deadline. */
enum { LOOK_MS = 200 };

struct gate {
	struct gate *next;
	char *address;
	int port;
	int inside;
	int waiting;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static struct gate *gates;

static struct gate **find(const char *address, int port)
{
	struct gate **g = &gates;

	while (*g && ((*g)->port != port || !text_eq((*g)->address, address)))
		g = &(*g)->next;
	return g;
}

static struct gate *find_or_add(const char *address, int port)
{
	struct gate **g = find(address, port);

	if (!*g) {
		*g = xcalloc(1, sizeof **g);
		(*g)->address = xstrdup(address);
		(*g)->port = port;
	}
	return *g;
}

static void drop_idle(const char *address, int port)
{
	struct gate **g = find(address, port);
	struct gate *old = *g;

	if (!old || old->inside || old->waiting)
		return;
	*g = old->next;
	free(old->address);
	free(old);
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

bool gate_enter(const char *address, int port, int64_t deadline, struct err *e)
{
	struct gate *g;
	bool ok = true;

	pthread_mutex_lock(&lock);
	g = find_or_add(address, port);
	g->waiting++;
	while (ok && g->inside >= GATE_WIDTH) {
		look_later(deadline);
		if (stop_requested())
			ok = err_set(e, ERR_STOPPED, "interrupted");
		else if (deadline_left(deadline) == 0 && g->inside >= GATE_WIDTH)
			ok = err_set(e, ERR_TIMEOUT,
				"timed out behind %d other logins to %s port %d",
				GATE_WIDTH, address, port);
	}
	g->waiting--;
	if (ok)
		g->inside++;
	else
		drop_idle(address, port);
	pthread_mutex_unlock(&lock);
	return ok;
}

void gate_leave(const char *address, int port)
{
	struct gate *g;

	pthread_mutex_lock(&lock);
	g = *find(address, port);
	if (g)
		g->inside--;
	drop_idle(address, port);
	pthread_cond_broadcast(&left);
	pthread_mutex_unlock(&lock);
}
