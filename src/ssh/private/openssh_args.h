/*
 * openssh_args - the command line of the ssh that carries a session.
 */
#pragma once

#include "base/words.h"
#include "ssh/ssh.h"

/* vouched: a known_hosts file that counts as well, or NULL. asks: for the passphrase of its
 * key, and for nothing else. False with ERR_CONFIG if the proxy command isn't one. */
bool openssh_args(const struct ssh_config *c, const char *socket, const char *vouched,
	bool asks, struct words *w, struct err *e) NODISCARD;
