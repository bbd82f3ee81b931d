/*
 * carrier - the way to one host: SSH, or this machine itself (ansible_connection: local).
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "conf/inventory.h"
#include "push/passwords.h"
#include "report/report.h"
#include "ssh/ssh.h"

struct carrier;

/* Says ERR_NET or ERR_TIMEOUT when the host can't be reached, ERR_AUTH when it lets nobody
 * in. vouch: as in ssh_config, for a host that wants it. The report asks for a passphrase
 * that nothing else tells. */
struct carrier *carrier_open(const struct host *h, struct passwords *passwords,
	const struct ssh_vouch *vouch, struct report *report, struct err *e) NODISCARD;
void carrier_close(struct carrier *c);
DEFINE_AUTO(struct carrier, carrier, carrier_close)

/* NULL: this machine. */
struct ssh *carrier_ssh(const struct carrier *c);

/* For -v: the host key that was accepted and what carries, or that it is this machine. */
const char *carrier_tell(const struct carrier *c);

/* Files for the way; not owned. */
struct parcel {
	struct ssh_file *files;
	size_t n;
};

/*
 * Run a POSIX-sh script there as the user that become asks for; out gets what it printed.
 * It is received whole before it starts, and finds the parcel's contents on its standard
 * input, one behind the other; NULL: there are none. One shell runs all scripts of a host,
 * each in a subshell: what is left of its input would be taken for the next, so one that
 * doesn't read all of it must exit with another status than 0.
 * ERR_AUTH when sudo refuses, ERR_REMOTE when it didn't run.
 */
bool carrier_script(struct carrier *c, const struct buf *script,
	const struct parcel *behind, struct buf *out, int64_t deadline, struct err *e)
	NODISCARD;

/* As ssh_put, ssh_lacks_sftp and ssh_remove. */
bool carrier_put(struct carrier *c, const char *dir, const struct parcel *parcel,
	char **path, int64_t deadline, struct err *e) NODISCARD;
bool carrier_lacks_sftp(const struct carrier *c);
bool carrier_remove(struct carrier *c, const char *dir, int64_t deadline, struct err *e)
	NODISCARD;
