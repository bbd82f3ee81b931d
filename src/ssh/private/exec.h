/*
 * exec - a command over a libssh2 session.
 */
#pragma once

#include "ssh/private/session.h"
#include "ssh/ssh.h"

/* As ssh_talk; r is empty, and -1. */
bool session_exec(struct session *s, const char *command, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e) NODISCARD;
