/*
 * job - the push to one host: what its steps share. One thread's.
 */
#pragma once

#include "push/private/answer.h"
#include "push/private/carrier.h"
#include "push/private/proof.h"
#include "push/push.h"

struct job {
	const struct push *push;
	struct passwords *passwords;
	const struct host *host;
	struct arena *arena;
	struct host_plan *plan; /* NULL or without services: nothing to do here */
	const struct planned_host *planned; /* of push->planned; NULL: it isn't in it */
	struct host_plan *groups; /* of the plan, after the look: a transaction each */
	size_t n_groups;
	struct host_plan *group; /* the one that is at work */
	const char *halt; /* why no other may be begun there any more; NULL: it may */
	struct seen_file *seen;
	struct carrier *carrier;
	bool sftp_only; /* no command can be run there */
	int at_work;    /* the pid there of what ends with this run; 0: unknown */
	struct recap recap;
	size_t changes;
	int retries; /* how often it may still be tried to reach it */
	bool again;  /* it couldn't be reached, and is to be tried again */
	bool begun;
	bool looked;  /* it is known what is to be done */
	time_t until; /* its window opens; 0: it is open, or nothing is to be done */
};

/* Look at the host and decide. False: it has been told why not. */
bool job_look(struct job *j);

/* Send, apply, prove, or put back, one group after the other. Tells what happened. */
void job_carry_out(struct job *j);

/* Tell what would be done. */
void job_tell_plan(struct job *j);

/* Run one of the scripts; the story of what it did. behind: what it reads, NULL: nothing.
 */
typedef void job_script(
	struct buf *out, const char *nonce, const struct job *j, const void *ctx);
bool job_run(struct job *j, job_script *script, const void *ctx,
	const struct parcel *behind, struct remote_story *story, struct err *e) NODISCARD;
/* The raw answer, for job_look. */
bool job_ask(struct job *j, job_script *script, const void *ctx,
	const struct parcel *behind, int seconds, struct buf *answer, char *nonce,
	struct err *e) NODISCARD;

/* What happens to the host is told through these; they count for the recap. */
void job_emit(struct job *j, struct event ev);
void job_fail(struct job *j, const struct service *s, const struct err *e);
void job_fail_text(struct job *j, const struct service *s, const char *fmt, ...)
	PRINTF(3, 4);
/* What concerns all services of the group. */
void job_fail_group(struct job *j, const struct err *e);

/* No other group is begun if the session is of no more use after *e; or since the one at
 * work is neither proved nor back, or nobody knows. */
void job_lost(struct job *j, const struct err *e);
void job_unsettled(struct job *j);

/* Was anything put in place of it, a service of the group, by this push or by one that
 * nobody has proved? */
bool job_has_previous(const struct job *j, const struct service_plan *s);

/* "nginx, dovecot": those of a plan that have something to take up. */
const char *job_services(const struct job *j, const struct host_plan *p);
