/*
 * dial - a connected socket to a host: TCP to whichever of its addresses answers, or the
 * socket of a proxy command.
 */
#pragma once

#include "ssh/ssh.h"

#include <sys/types.h>

struct dialed {
	int fd;        /* non-blocking */
	pid_t proxy;   /* 0 for TCP */
	int proxy_err; /* a file that collects the proxy's standard error; -1 for TCP */
};

bool dial(const struct ssh_config *c, int64_t deadline, struct dialed *d, struct err *e)
	NODISCARD;
void dialed_end(const struct dialed *d);

/* The last line that the proxy printed on its standard error, "" if none. */
void dialed_complaint(int proxy_err, char *line, size_t size);
