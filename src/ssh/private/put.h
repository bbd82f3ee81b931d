/*
 * put - SFTP over a session, opened when it is first needed.
 */
#pragma once

#include "ssh/ssh.h"

/* Close it, if it is open. If that fails, the session can't be used any more. */
bool put_end(struct ssh *s, int64_t deadline, struct err *e);
