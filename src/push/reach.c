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
		.tunnels = host_tunnels(h),
		.options = to->options,
	};
}

/* Who knows the passphrase of a host's key. */
struct knower {
	const struct secret_source *from;
	struct passwords *passwords;
	struct report *report;
};

static bool read_passphrase(void *ctx, const char *question, struct buf *out, struct err *e)
{
	const struct knower *k = ctx;

	(void)question;
	return passwords_read(k->passwords, k->from, out, e);
}

static bool ask_passphrase(void *ctx, const char *question, struct buf *out, struct err *e)
{
	const struct knower *k = ctx;

	return report_ask(k->report, question, true, out, e);
}

static struct ssh_passphrase passphrase_by(struct knower *k)
{
	const struct secret_source *from = k->from;

	if (secret_sources(from) > 0)
		return (struct ssh_passphrase){ from->file ? from->file : from->command,
			read_passphrase, k };
	return (struct ssh_passphrase){ NULL,
		report_can_ask(k->report) ? ask_passphrase : NULL, k };
}

struct ssh *reach_open(const struct host *h, const struct reach *r,
	struct passwords *passwords, const struct ssh_vouch *vouch, struct report *report,
	struct err *e)
{
	struct knower knower = { &h->connection.key_passphrase, passwords, report };
	struct ssh_config with = r->ssh;

	with.vouch = h->connection.sshfp ? vouch : NULL;
	with.passphrase = passphrase_by(&knower);
	return ssh_open(&with, e);
}
