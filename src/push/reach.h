/*
 * reach - how ssh gets to a host of the inventory, and as whom.
 */
#pragma once

#include "conf/inventory.h"
#include "ssh/ssh.h"

/* The texts are the host's, and login; not for a host that is this machine. */
struct reach {
	char login[64];
	struct ssh_config ssh; /* its user is login: not to be copied */
};
void reach_of(const struct host *h, struct reach *r);
