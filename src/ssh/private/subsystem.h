/*
 * subsystem - the SFTP channel of a libssh2 session, as a pipe.
 */
#pragma once

#include "base/buf.h"
#include "ssh/private/session.h"

bool subsystem_open(struct session *s, int64_t deadline, struct err *e) NODISCARD;
/* As sftp_pipe has it. */
bool subsystem_move(struct session *s, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e) NODISCARD;
/* Close it, if it is open; if that fails the session is lost. */
bool subsystem_close(struct session *s, int64_t deadline, struct err *e) NODISCARD;
