/*
 * sshfp - what SSHFP records say of a host's keys, brought together for ssh, which knows
 * nothing of the DNS.
 */
#pragma once

#include "conf/settings.h"
#include "ssh/ssh.h"
#include "ssh/trust.h"

/* For ssh_config's vouch: SSHFP records that DNSSEC proves. s must outlive it. */
struct ssh_vouch sshfp_vouch(const struct settings *s);

/* Of one key. */
struct sshfp_view {
	const char *text; /* "SSHFP matches, by DNSSEC"; NULL: there is nothing to say */
	bool proves;      /* it matches, and DNSSEC holds */
};
/* For each of a host's keys; an address has no records. */
void sshfp_view(const struct settings *s, const char *address, const struct ssh_keys *keys,
	struct sshfp_view *views);
