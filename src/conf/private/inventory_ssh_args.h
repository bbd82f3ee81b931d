/*
 * inventory_ssh_args - what certpush understands of the options for ssh in an inventory.
 */
#pragma once

#include "base/words.h"
#include "conf/private/yaml.h"

/* As written; NULL: not said. What is said first counts, as with ssh. */
struct ssh_args {
	const char *port, *user, *identity, *known_hosts;
	const char *jump, *command; /* one of them, or neither; "none" is a value */
	bool sshfp, sshfp_said;     /* VerifyHostKeyDNS */
	struct pos port_pos, proxy_pos;
	struct words only; /* what only OpenSSH can honour, as -oNAME=VALUE or -FFILE */
};

/* "-o ProxyJump=bastion -p 2222" and so on, over what is there already. */
bool ssh_args_read(struct ssh_args *args, struct arena *a, const struct node *value,
	const char *what, struct err *e) NODISCARD;

/* Where a proxy leads to. */
struct proxy_target {
	const char *address, *name, *user; /* user may be NULL */
	int port;
};

/* The command of a ProxyJump or ProxyCommand, without %: NULL in *command if there is none.
 */
bool ssh_args_proxy(const struct ssh_args *args, struct arena *a,
	const struct proxy_target *to, const char **command, struct err *e) NODISCARD;

/* What it shares with other hosts: struct connection's `through`. */
const char *const *ssh_args_through(const struct ssh_args *args, struct arena *a) NODISCARD;
