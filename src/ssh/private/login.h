/*
 * login - prove to a host who we are: a key file, the agent, or the usual key files.
 */
#pragma once

#include "ssh/private/session.h"
#include "ssh/private/transport.h"

/*
 * ERR_AUTH says which keys were tried, or why one could not be; why->beyond: there is a key
 * that OpenSSH could try and libssh2 can't.
 */
bool login(struct session *s, const struct ssh_config *c, int64_t deadline,
	struct refusal *why, struct err *e) NODISCARD;
