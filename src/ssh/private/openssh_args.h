/*
 * openssh_args - the command line of the ssh that carries a session.
 */
#pragma once

#include "base/words.h"
#include "ssh/ssh.h"

/* asks: for the passphrase of its key, and for nothing else. False with ERR_CONFIG if the
 * proxy command isn't one. */
bool openssh_args(const struct ssh_config *c, const char *socket, bool asks,
	struct words *w, struct err *e) NODISCARD;
