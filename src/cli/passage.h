/*
 * passage - SSH sessions with hosts, for what is asked from the hosts themselves.
 */
#pragma once

#include "cli/context.h"
#include "ssh/ssh.h"

struct passage {
	const struct host *host;
	struct ssh *ssh; /* NULL: it couldn't be opened, and err says why */
	struct err err;
};

struct passages {
	struct passage **list;
	size_t n;
};

/* The host's, which is added if there is none yet. */
struct passage *passages_of(struct passages *p, const struct host *h);

/* Log in, side by side; until the deadline again where a host can't be reached. */
void passages_open(struct passages *p, const struct context *c, int64_t deadline);
void passages_close(struct passages *p);
