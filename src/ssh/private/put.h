/*
 * put - the session's SFTP channel, opened when it is first needed.
 */
#pragma once

#include "ssh/private/session.h"

/* Close it, if it is open. */
bool put_end(struct ssh *s, int64_t deadline, struct err *e) NODISCARD;
