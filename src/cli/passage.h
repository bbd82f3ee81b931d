/*
 * passage - SSH sessions with hosts, for what is asked from the hosts themselves: each is
 * opened when the first question needs it, and once more if it breaks.
 */
#pragma once

#include "cli/context.h"
#include "ssh/ssh.h"

#include <pthread.h>

struct passage {
	const struct host *host;
	pthread_mutex_t lock;    /* around what follows */
	struct ssh *sessions[2]; /* the second in place of the first, which broke */
	size_t n;                /* that were opened */
	struct err err;          /* why the last couldn't be */
};

struct passages {
	struct passage **list;
	size_t n;
	/* what logging in needs to know */
	const struct context *context;
	struct passwords *passwords;
	struct ssh_vouch vouch;
	int64_t deadline;
};

/* The host's, which is added if there is none yet. */
struct passage *passages_of(struct passages *p, const struct host *h);

/* Before the first is entered. A host that can't be reached is tried again until the
 * deadline. */
void passages_prepare(struct passages *p, const struct context *c, int64_t deadline);
void passages_end(struct passages *p);

/*
 * The session, for any thread; it stays until passage_close. `broken` is the one that broke
 * on the caller, or NULL: another one is opened then, if it is the first. NULL with *e.
 */
const struct ssh *passage_enter(const struct passages *all, struct passage *p,
	const struct ssh *broken, struct err *e) NODISCARD;
/* Nobody uses it any more. */
void passage_close(struct passage *p);
