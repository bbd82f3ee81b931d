/*
 * staging - a private directory on a host and the files in it: what ssh_put and ssh_remove
 * ask of SFTP, and in which order.
 *
 * A new directory costs three round trips: look and make it, create the files, write them.
 * Two rules make it safe beside other users: what mkdir has just made is ours, so an old
 * one is removed and made anew; and nothing above it may be in a stranger's hand.
 */
#pragma once

#include "ssh/private/sftp.h"
#include "ssh/ssh.h"

/* As ssh_put and ssh_remove say. After a failure the connection is in disorder. */
bool staging_put(struct sftp *f, const char *dir, const struct ssh_file *files, size_t n,
	char **path, int64_t deadline, struct err *e) NODISCARD;
bool staging_remove(struct sftp *f, const char *dir, int64_t deadline, struct err *e)
	NODISCARD;
