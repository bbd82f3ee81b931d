#include "base/resolve.h"
#include "base/alloc.h"
#include "base/wait.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

/* Held by who asked and by the thread that asks the resolver; the last one frees it. */
struct request {
	atomic_int holders;
	char *host;
	char port[8];
	struct addrinfo hints;
	int done;             /* eventfd: readable once … */
	atomic_bool answered; /* … what follows is there */
	int rc, sys;
	struct addrinfo *found;
};

static struct request *request_new(const char *host, int port, int socktype)
{
	struct request *r = xcalloc(1, sizeof *r);

	atomic_init(&r->holders, 1);
	r->host = xstrdup(host);
	snprintf(r->port, sizeof r->port, "%d", port & 0xffff);
	r->hints = (struct addrinfo){ .ai_socktype = socktype,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV };
	r->done = eventfd(0, EFD_CLOEXEC);
	return r;
}

static void request_drop(struct request *r)
{
	if (atomic_fetch_sub(&r->holders, 1) > 1)
		return;
	if (r->found)
		freeaddrinfo(r->found);
	if (r->done >= 0)
		close(r->done);
	free(r->host);
	free(r);
}

static void look_up(struct request *r)
{
	r->rc = getaddrinfo(r->host, r->port, &r->hints, &r->found);
	r->sys = errno;
}

static void *resolver(void *arg)
{
	struct request *r = arg;

	look_up(r);
	atomic_store(&r->answered, true);
	(void)eventfd_write(r->done, 1);
	request_drop(r);
	return NULL;
}

/* Signals are for the threads that know what to do with them. */
static bool start_thread(struct request *r)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attr, resolver, r) == 0;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

/* An address needs no resolver. */
static bool is_address(struct request *r)
{
	const int flags = r->hints.ai_flags;

	r->hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	look_up(r);
	r->hints.ai_flags = flags;
	return r->rc == 0;
}

static bool asked(struct request *r, int64_t deadline, struct err *e)
{
	if (is_address(r))
		return true;
	atomic_store(&r->holders, 2);
	if (r->done < 0 || !start_thread(r)) {
		atomic_store(&r->holders, 1);
		look_up(r);
		return true;
	}
	if (wait_fd(r->done, POLLIN, deadline, e) && atomic_load(&r->answered))
		return true;
	if (e->kind == ERR_TIMEOUT)
		err_set(e, ERR_TIMEOUT, "the resolver doesn't answer");
	return err_wrap(e, "%s", r->host);
}

bool resolve(const char *host, int port, int socktype, int64_t deadline,
	struct addrinfo **found, struct err *e)
{
	struct request *r = request_new(host, port, socktype);
	bool ok = asked(r, deadline, e);

	if (ok && r->rc != 0)
		ok = err_set(e, ERR_NET, "%s: no address: %s", host,
			r->rc == EAI_SYSTEM ? strerror(r->sys) : gai_strerror(r->rc));
	else if (ok)
		*found = TAKE(r->found);
	request_drop(r);
	return ok;
}
