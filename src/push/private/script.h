/*
 * script - what is run on a host: look.sh, or transact.sh behind it, with the paths and
 * commands of one plan.
 *
 * Nothing secret is in it: content travels by SFTP, or behind it.
 */
#pragma once

#include "base/buf.h"
#include "plan/plan.h"
#include "push/private/carrier.h"

/* Answered by "file I missing|link|other OWED" or "file I regular OWED SHA256" + "names …"
 * + "numbers …" (ls -l and ls -ln of it), for each target; and its certificates, in lines
 * "pem …", where they aren't those that it must hold. */
void script_look(struct buf *out, const char *nonce, const struct host_plan *p);

/*
 * Each answered by lines "did STEP I", "fail STEP I TEXT" (I is "-" or an index into the
 * plan's builds, validates or reloads) and "restored" once the previous files are back.
 */
struct delivery {
	/* The directory that holds what was sent, or is to be made for what comes behind
	 * the script: then below the home of who runs it, if it isn't absolute. NULL if
	 * nothing is sent. If its name is [.]certpush-STORE-RUN.PID, those of runs of that
	 * store whose process PID is gone were left by killed ones, and go, too. */
	const char *staging;
	const struct parcel *behind; /* NULL: nothing */
	bool for_good;               /* nothing will prove it: script_commit is in it */
};
void script_apply(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct delivery *d);
/* Run the restart commands of those services: restarts[i] is one of them. */
void script_restart(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct command *restarts, size_t n);
/* Put the previous files back; reload, and run those restarts too. */
void script_undo(struct buf *out, const char *nonce, const struct host_plan *p,
	const struct command *restarts, size_t n);
void script_commit(struct buf *out, const char *nonce, const struct host_plan *p);

/* The file name in the staging directory of a target's content: the same for the same
 * content. */
size_t script_staged(const struct host_plan *p, size_t target);
