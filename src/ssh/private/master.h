/*
 * master - an ssh of OpenSSH that is logged in to a host, and takes commands at a control
 * socket.
 *
 * Its socket is in a directory of its own that nobody else can enter. It ends with us,
 * however we end: a child of it waits for the end of a pipe that we hold.
 */
#pragma once

#include "base/buf.h"
#include "ssh/private/known_hosts.h"
#include "ssh/ssh.h"

#include <sys/types.h>

struct master {
	char socket[80]; /* in its directory; "" if that isn't made yet */
	pid_t pid;       /* and its group */
	int pidfd;       /* tells that it has ended */
	int tether;      /* it ends when this is closed */
	int log;         /* a file with what it printed on standard error */
	char *host_key;
};

/* *again: closed on before a word was said. */
struct master *master_open(const struct ssh_config *c, const struct known_hosts *k,
	int64_t deadline, bool *again, struct err *e) NODISCARD;
void master_close(struct master *m);
DEFINE_AUTO(struct master, master, master_close)

/* What it printed so far. */
void master_log(const struct master *m, struct buf *out);
