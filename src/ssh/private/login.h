/*
 * login - prove to a host who we are: a key file, the agent, or the usual key files.
 */
#pragma once

#include "ssh/private/session.h"
#include "ssh/ssh.h"

/* ERR_AUTH says which keys were tried, or why one could not be. */
bool login(struct ssh *s, const struct ssh_config *c, int64_t deadline, struct err *e)
	NODISCARD;
