/*
 * agent - a key agent, in libssh2's hands.
 */
#pragma once

#include "ssh/private/session.h"

/* Its identities are good as long as it is. */
struct agent {
	LIBSSH2_AGENT *agent;
};
#define AGENT_EMPTY                                                                        \
	{                                                                                  \
		NULL                                                                       \
	}
void agent_close(struct agent *g);
DEFINE_AUTO_VALUE(struct agent, agent, agent_close)

/* path NULL: at $SSH_AUTH_SOCK. False if there is none; *silent: there should be. */
bool agent_open(struct agent *g, struct session *s, const char *path, bool *silent)
	NODISCARD;

/* Has it the key with this public half? No session is needed for that. */
bool agent_has(const struct buf *blob, const char *path, int64_t deadline);
