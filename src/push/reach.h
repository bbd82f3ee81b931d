/*
 * reach - how ssh gets to a host of the inventory, and as whom.
 */
#pragma once

#include "conf/inventory.h"
#include "push/passwords.h"
#include "report/report.h"
#include "ssh/ssh.h"

/* The texts are the host's, and login; not for a host that is this machine. */
struct reach {
	char login[64];
	struct ssh_config ssh; /* its user is login: not to be copied */
};
void reach_of(const struct host *h, struct reach *r);

/* Log in, as ssh_open does. vouch: as in ssh_config, for a host that wants it. The report
 * asks for a passphrase that nothing else tells. */
struct ssh *reach_open(const struct host *h, const struct reach *r,
	struct passwords *passwords, const struct ssh_vouch *vouch, struct report *report,
	struct err *e) NODISCARD;
