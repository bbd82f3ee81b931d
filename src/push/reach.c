#include "push/reach.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

static void own_name(char *name, size_t size)
{
	char space[1024];
	struct passwd pw, *found = NULL;

	if (getpwuid_r(geteuid(), &pw, space, sizeof space, &found) == 0 && found)
		snprintf(name, size, "%s", found->pw_name);
	else
		snprintf(name, size, "root");
}

/* The inventory knows nothing of ssh, and ssh nothing of an inventory. */
static const enum ssh_carrier transports[] = { [TRANSPORT_AUTO] = SSH_AUTO,
	[TRANSPORT_LIBSSH2] = SSH_LIBSSH2,
	[TRANSPORT_OPENSSH] = SSH_OPENSSH };

void reach_of(const struct host *h, struct reach *r)
{
	const struct connection *to = &h->connection;

	if (to->user && !to->local)
		snprintf(r->login, sizeof r->login, "%s", to->user);
	else
		own_name(r->login, sizeof r->login);
	r->ssh = (struct ssh_config){
		.name = h->name,
		.address = to->address,
		.port = to->port,
		.user = r->login,
		.key_file = to->key_file,
		.known_hosts = to->known_hosts,
		.proxy_command = to->proxy_command,
		.through = to->through,
		.timeout = to->timeout,
		.carrier = transports[to->transport],
		.options = to->options,
	};
}
