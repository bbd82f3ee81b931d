/*
 * patience - how often a connection that was closed before a word was said is tried again:
 * sshd drops some while too many are in their handshake (MaxStartups).
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct patience {
	int tries; /* so far */
	int ms;    /* the next pause; each is twice the one before, and up to half as long
		      again, so that those who were dropped together don't come together */
};
#define PATIENCE                                                                           \
	{                                                                                  \
		0, 250                                                                     \
	}

/* False when it isn't to be tried again: *e is as it was then, or ERR_STOPPED. */
bool patience_wait(struct patience *p, int64_t deadline, struct err *e) NODISCARD;

/* Is it worth it behind a proxy, whose standard error is collected there (-1: none)? Where
 * it was the jump host that dropped it, or the host without a word of the proxy. */
bool patience_for_proxy(int proxy_err);
