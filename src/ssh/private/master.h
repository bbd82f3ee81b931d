/*
 * master - an ssh of OpenSSH that is logged in to a host, and takes commands at a control
 * socket.
 *
 * Its socket is in a directory of its own; both go with us: see tether.h.
 */
#pragma once

#include "ssh/private/tether.h"
#include "ssh/private/transport.h"

struct master {
	struct tether tether;
	char socket[80];
	char *host_key;
};

struct master *master_open(const struct ssh_config *c, const struct known_hosts *k,
	int64_t deadline, struct refusal *why, struct err *e) NODISCARD;
void master_close(struct master *m);
DEFINE_AUTO(struct master, master, master_close)
