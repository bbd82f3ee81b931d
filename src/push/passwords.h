/*
 * passwords - those that become methods and keys ask for, each read once in a run: a
 * command that fetches one may ask a person, or count.
 *
 * Shared by the threads of a run.
 */
#pragma once

#include "conf/secret.h"

struct passwords; /* opaque */

struct passwords *passwords_new(void);
void passwords_free(struct passwords *p); /* wipes them */
DEFINE_AUTO(struct passwords, passwords, passwords_free)

/* As secret_read, and one line. What failed once isn't tried again. */
bool passwords_read(struct passwords *p, const struct secret_source *from, struct buf *out,
	struct err *e) NODISCARD;
