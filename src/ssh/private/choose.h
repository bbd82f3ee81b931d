/*
 * choose - what libssh2 can't do for a host, as far as that is known before it is tried.
 */
#pragma once

#include "ssh/private/known_hosts.h"
#include "ssh/ssh.h"

/* Why OpenSSH must carry this session, "its key FILE is RSA"; NULL if libssh2 may try.
 * malloc'ed. */
char *choose_openssh(const struct ssh_config *c, const struct known_hosts *k) NODISCARD;
