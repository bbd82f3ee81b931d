/*
 * copy - new files on a host, 0600 from the open, all of them in two round trips.
 */
#pragma once

#include "ssh/private/sftp.h"
#include "ssh/ssh.h"

/* The names are whole paths. Synced, where the server can. */
bool copy_files(struct sftp *f, const struct ssh_file *files, size_t n, int64_t deadline,
	struct err *e) NODISCARD;
