/*
 * tell - what was done on a host, as events; counted for the recap.
 */
#pragma once

#include "push/private/job.h"

/* Restart commands, of the services that need them. */
struct restarts {
	struct command *list;
	size_t n;
};

/* The services that were found as they should be. */
void tell_ok(struct job *j);
/* Files, validates, reloads and restarts of the group; in a dry run: that would be. */
void tell_applied(struct job *j, const struct restarts *r);
void tell_proofs(struct job *j, const struct proofs *proofs);
/* In a dry run: what of the group would be asked. A name without an address is a failure
 * already. */
void tell_checks(struct job *j);
/* What is to be done waits for the host's window. */
void tell_owed(struct job *j);
/* A story with a failure in it: which step, and how the group is now. r may be NULL. */
void tell_failure(
	struct job *j, const struct remote_story *story, const struct restarts *r);
/* "; the old files are back"; of a group with several services it says whose. */
const char *tell_back(const struct job *j);
/* How the host is after a story with a failure in it: tell_back and the like. */
const char *tell_aftermath(const struct job *j, const struct remote_story *s);
/* The group is well, but what was there before couldn't be taken away. */
void tell_unforgotten(struct job *j, const char *why);
/* A check that didn't come out as it should, and what came of that: "; …", or "". */
void tell_unproved(struct job *j, const struct proof *bad, const char *aftermath);
