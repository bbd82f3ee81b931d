/*
 * tunnel - the way of a probe through a host's SSH session, to a port that only the host
 * itself can reach. One thread's.
 */
#pragma once

#include "probe/probe.h"
#include "ssh/ssh.h"

struct tunnel {
	const struct ssh *through;
	struct ssh_line *line;
	struct probe_way way; /* for a probe_target */
};

/* s, which is one that ssh_tunnels, must outlive it; so must host. It stays where it is. */
void tunnel_init(struct tunnel *t, const struct ssh *s, const char *host, int port);
void tunnel_clear(struct tunnel *t);
DEFINE_AUTO_VALUE(struct tunnel, tunnel, tunnel_clear)
