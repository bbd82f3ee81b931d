#include "push/private/prove.h"
#include "base/clock.h"
#include "push/private/script.h"
#include "push/private/sftp_only.h"
#include "push/private/tell.h"

#define SETTLE_SECONDS 5 /* for a service to answer again after it was put back */

static void restart_script(
	struct buf *out, const char *nonce, const struct job *j, const void *ctx)
{
	const struct restarts *r = ctx;

	script_restart(out, nonce, j->group, r->list, r->n);
}

static void undo_script(
	struct buf *out, const char *nonce, const struct job *j, const void *ctx)
{
	const struct restarts *r = ctx;

	script_undo(out, nonce, j->group, r->list, r->n);
}

static void commit_script(
	struct buf *out, const char *nonce, const struct job *j, const void *ctx)
{
	(void)ctx;
	script_commit(out, nonce, j->group);
}

static bool is_back(const struct remote_story *s)
{
	return s->restored && !remote_story_failed_at(s, "restore");
}

static struct restarts restarts_of(struct job *j, const struct proofs *proofs)
{
	struct restarts r = {
		.list = arena_calloc(j->arena, j->group->n_services, sizeof *r.list),
	};

	for (size_t i = 0; i < j->group->n_services; i++) {
		const struct service_plan *s = &j->group->services[i];

		if (!j->sftp_only && s->service->restart && proofs_bad(proofs, s))
			r.list[r.n++] = (struct command){ s->service->restart, s->service };
	}
	return r;
}

/* A reload that wasn't enough: restart, and ask again. False: it has been told and taken
 * back. */
static bool restart(struct job *j, struct proofs *proofs, const struct restarts *r)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	struct err e = { 0 };

	if (r->n == 0)
		return true;
	if (!job_run(j, restart_script, r, NULL, &story, &e)) {
		job_lost(j, &e);
		job_unsettled(j);
		job_fail_group(j, &e);
		return false;
	}
	if (remote_story_failure(&story)) {
		if (!is_back(&story))
			job_unsettled(j);
		tell_failure(j, &story, r);
		return false;
	}
	proofs_wait(proofs, j->push->prober);
	return true;
}

static bool has_previous(const struct job *j)
{
	for (size_t i = 0; i < j->group->n_services; i++)
		if (job_has_previous(j, &j->group->services[i]))
			return true;
	return false;
}

static bool wants_rollback(const struct job *j, const struct proofs *proofs)
{
	for (size_t i = 0; i < j->group->n_services; i++) {
		const struct service_plan *s = &j->group->services[i];

		if (s->service->rollback && proofs_bad(proofs, s))
			return true;
	}
	return false;
}

/* Whatever is served after a roll-back: does the service answer at all? Without an address
 * nobody can tell. */
static const char *answers_again(const struct job *j, const struct proof *q)
{
	const int64_t deadline = deadline_in(SETTLE_SECONDS);
	AUTO(probe_result) struct probe_result r = { 0 };
	struct proof any = *q;

	if (!*q->address.text)
		return tell_back(j);
	any.key = NULL;
	do {
		proof_run(
			&any, carrier_ssh(j->carrier), j->push->prober, NULL, deadline, &r);
		if (r.served.n > 0)
			return tell_back(j);
	} while (clock_sleep_ms(200, &(struct err){ 0 }) && deadline_left(deadline) > 0);
	return arena_printf(j->arena, "%s, BUT THE SERVICE DOES NOT ANSWER", tell_back(j));
}

/* What became of it, to be put behind what made it necessary. */
static const char *undo(struct job *j, const struct proof *bad, const struct restarts *r)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	const struct remote_event *failure;
	struct err e = { 0 };

	if (!(j->sftp_only ? sftp_only_undo(j, &story, &e)
			   : job_run(j, undo_script, r, NULL, &story, &e))) {
		job_lost(j, &e);
		job_unsettled(j);
		return arena_printf(
			j->arena, "; while the old files were put back: %s", e.msg);
	}
	failure = remote_story_failure(&story);
	if (!is_back(&story))
		job_unsettled(j);
	if (failure)
		return arena_printf(j->arena, "%s: %s",
			story.restored ? tell_aftermath(j, &story)
				       : "; THE OLD FILES COULD NOT BE PUT BACK",
			failure->text);
	return answers_again(j, bad);
}

static void commit(struct job *j)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	const struct remote_event *failure;
	struct err e = { 0 };

	if (!(j->sftp_only ? sftp_only_commit(j, &e)
			   : job_run(j, commit_script, NULL, NULL, &story, &e))) {
		job_lost(j, &e);
		tell_unforgotten(j, e.msg);
		return;
	}
	failure = remote_story_failure(&story);
	if (failure)
		tell_unforgotten(j, failure->text);
}

void prove(struct job *j)
{
	AUTO(proofs) struct proofs proofs = { .through = carrier_ssh(j->carrier) };
	struct restarts r = { 0 };
	const struct proof *bad;

	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "proving" });
	proofs_list(&proofs, j->arena, j->group, plan_takes_up, true);
	proofs_wait(&proofs, j->push->prober);
	r = restarts_of(j, &proofs);
	if (!restart(j, &proofs, &r))
		return;
	if (!proofs_bad(&proofs, NULL)) {
		for (size_t i = 0; i < j->group->n_services; i++)
			j->group->services[i].proved = true;
		if (j->sftp_only || proof_is_due(j->group))
			commit(j);
		tell_applied(j, &r);
		tell_proofs(j, &proofs);
		return;
	}
	bad = proofs_bad(&proofs, NULL);
	if (has_previous(j) && wants_rollback(j, &proofs)) {
		tell_unproved(j, bad, undo(j, bad, &r));
	} else {
		tell_unproved(j, bad, "");
		tell_applied(j, &r);
	}
}
