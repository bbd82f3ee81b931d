/*
 * place - files put in place over SFTP alone, for a login that can run no command: what
 * ssh_look, ssh_place, ssh_restore and ssh_forget ask of SFTP, and in which order.
 *
 * It leaves beside a file what transact.sh leaves there, by the same names, so that either
 * mends what the other's killed run has left. There is no directory to stand in, and no
 * process that could hold a lock: whoever may write in the file's directory is trusted.
 */
#pragma once

#include "ssh/private/sftp.h"
#include "ssh/ssh.h"

/* As ssh.h says. After a failure the connection is in disorder, but for ERR_REMOTE. */
bool place_look(struct sftp *f, const char *const *paths, size_t n, struct ssh_seen *seen,
	int64_t deadline, struct err *e) NODISCARD;
bool place_files(struct sftp *f, const struct ssh_placing *files, size_t n, bool *swapped,
	int64_t deadline, struct err *e) NODISCARD;
bool place_restore(struct sftp *f, const char *const *paths, size_t n, int64_t deadline,
	struct err *e) NODISCARD;
bool place_forget(struct sftp *f, const char *const *paths, size_t n, int64_t deadline,
	struct err *e) NODISCARD;
