/*
 * inventory_names - the keys of `hosts:`: one host, or a range of hosts, and perhaps a
 * port.
 *
 * Knows nothing of YAML or files.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* What bounds a name. */
#define HOST_NAMES_MAX   10000
#define HOST_NAME_LENGTH 1000
#define HOST_NAME_RANGES 8

struct host_names {
	char **list; /* at least one, in the order of the range */
	size_t n;
	int port; /* of a ":port" at the end; 0: none */
};

/*
 * "web[01:20].example.net:2222" and the like, as Ansible expands them. What doesn't look
 * like a name or an address is one host of just that name. False with *e at pos.
 */
bool host_names_expand(const char *pattern, struct pos pos, struct host_names *out,
	struct err *e) NODISCARD;
void host_names_clear(struct host_names *h);
DEFINE_AUTO_VALUE(struct host_names, host_names, host_names_clear)

/*
 * Whether Ansible takes the text for one host with an optional port, where "a:b" could be
 * two patterns just as well.
 */
bool host_is_address(const char *text);
