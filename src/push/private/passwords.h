/*
 * passwords - those that become methods ask for, each read once in a run: a command that
 * fetches one may ask a person, or count.
 *
 * Shared by the threads of a push.
 */
#pragma once

#include "conf/secret.h"

struct passwords; /* opaque */

struct passwords *passwords_new(void);
void passwords_free(struct passwords *p); /* wipes them */

/* As secret_read, and one line. What failed once isn't tried again. */
bool passwords_read(struct passwords *p, const struct secret_source *from, struct buf *out,
	struct err *e) NODISCARD;
