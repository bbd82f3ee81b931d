/*
 * exec - a command over a libssh2 session.
 */
#pragma once

#include "ssh/private/session.h"
#include "ssh/ssh.h"

/* As ssh_exec; r is empty, and -1. */
bool session_exec(struct session *s, const char *command, const void *input, size_t len,
	const char *last, struct ssh_result *r, int64_t deadline, struct err *e) NODISCARD;
