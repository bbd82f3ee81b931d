/*
 * resolve - getaddrinfo(3) with a deadline. By itself it waits as long as resolv.conf(5)
 * says, which can be minutes, and sees no stop request.
 */
#pragma once

#include "base/err.h"

#include <netdb.h>
#include <stdint.h>

enum { RESOLVE_SECONDS = 10 }; /* what callers allow who have no deadline of their own */

/*
 * All addresses of host (a name or an address) with port put in. *found is the caller's,
 * for freeaddrinfo. False with ERR_NET (there is none), ERR_TIMEOUT or ERR_STOPPED: the
 * name is in the message.
 */
bool resolve(const char *host, int port, int socktype, int64_t deadline,
	struct addrinfo **found, struct err *e) NODISCARD;
DEFINE_AUTO(struct addrinfo, addrinfo, freeaddrinfo)
