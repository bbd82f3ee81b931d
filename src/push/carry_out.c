#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/stop.h"
#include "base/text.h"
#include "push/private/job.h"
#include "push/private/script.h"

#include <stdio.h>
#include <string.h>

#define SEND_SECONDS   60
#define SETTLE_SECONDS 5 /* for a service to answer again after it was put back */

static bool takes_up(const struct service_plan *s)
{
	return s->reload_why != NULL;
}

/* ---- tell what was done ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void tell_files(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_targets; i++) {
		const struct target *t = &j->plan->targets[i];
		const struct sha256_hex hex = sha256_hex(&t->sha256);

		if (!t->why)
			continue;
		j->recap.changed++;
		j->changes++;
		job_emit(j,
			(struct event){ .kind = EVENT_CHANGED,
				.service = t->service->name,
				.item = base_name(t->file->path),
				.path = t->file->path,
				.part = part_name(t->file->part),
				.fingerprint = t->file->part == PART_PRIVKEY ? NULL : hex.s,
				.detail = t->why });
	}
}

/* NULL where the files that changed say why. */
static const char *why_of(const struct job *j, const struct service *s)
{
	for (size_t i = 0; i < j->plan->n_services; i++)
		if (j->plan->services[i].service == s &&
			j->plan->services[i].n_changes == 0)
			return j->plan->services[i].reload_why;
	return NULL;
}

static void tell_commands(
	struct job *j, enum event_kind kind, const struct command *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (kind != EVENT_VALIDATED) {
			j->recap.reloaded++;
			j->changes++;
		}
		job_emit(j,
			(struct event){ .kind = kind,
				.service = list[i].service->name,
				.item = list[i].line,
				.detail = why_of(j, list[i].service) });
	}
}

static void tell_proofs(struct job *j, const struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *q = &proofs->list[i];
		const struct cert *leaf = q->result.served.certs[0];
		const struct sha256 print = cert_sha256(leaf);
		const struct sha256_hex hex = sha256_hex(&print);

		j->recap.verified++;
		job_emit(j,
			(struct event){ .kind = EVENT_VERIFIED,
				.service = q->service->service->name,
				.protocol = probe_protocol_title(q->check->protocol),
				.address = q->address.text,
				.not_after = cert_not_after(leaf),
				.fingerprint = hex.s });
	}
}

/* ---- send ---- */

static char *staging_name(const struct job *j)
{
	const char *tmp = j->host->connection.remote_tmp;

	return tmp ? xasprintf("%s/certpush-%s", tmp, j->push->store_id)
		   : xasprintf(".certpush-%s", j->push->store_id);
}

/* Each content once, under the number of its first target. *path stays NULL if nothing has
 * to travel. */
static bool send_files(struct job *j, char **path, struct err *e)
{
	const struct host_plan *p = j->plan;
	struct ssh_file *files = arena_calloc(j->arena, p->n_targets, sizeof *files);
	AUTO(str) char *dir = staging_name(j);
	size_t n = 0;

	for (size_t i = 0; i < p->n_targets; i++) {
		const struct target *t = &p->targets[i];

		if (t->send && script_staged(p, i) == i)
			files[n++] = (struct ssh_file){
				.name = arena_printf(j->arena, "%zu", i),
				.data = t->content->data,
				.len = t->content->len,
			};
	}
	if (n == 0)
		return true;
	if (carrier_put(j->carrier, dir, files, n, path, deadline_in(SEND_SECONDS), e))
		return true;
	stop_shield();
	if (!carrier_remove(j->carrier, dir, deadline_in(SEND_SECONDS), &(struct err){ 0 }))
		report_note(
			j->push->report, "%s: %s may be left there", j->host->name, dir);
	stop_unshield();
	return false;
}

/* ---- apply ---- */

static void apply_script(struct buf *out, const char *nonce, const struct job *j, void *ctx)
{
	script_apply(out, nonce, j->plan, ctx);
}

static void undo_script(struct buf *out, const char *nonce, const struct job *j, void *ctx)
{
	(void)ctx;
	script_undo(out, nonce, j->plan);
}

static void commit_script(
	struct buf *out, const char *nonce, const struct job *j, void *ctx)
{
	(void)ctx;
	script_commit(out, nonce, j->plan);
}

struct restarts {
	struct command *list;
	size_t n;
};

static void restart_script(
	struct buf *out, const char *nonce, const struct job *j, void *ctx)
{
	const struct restarts *r = ctx;

	script_restart(out, nonce, j->plan, r->list, r->n);
}

/* The step's name for a person; the command, if it was one. */
static void tell_failure(struct job *j, const struct remote_event *ev,
	const struct command *restarts, const char *after)
{
	const struct host_plan *p = j->plan;
	const struct command *c = NULL;

	if (ev->index >= 0 && text_eq(ev->step, "validate") &&
		(size_t)ev->index < p->n_validates)
		c = &p->validates[ev->index];
	if (ev->index >= 0 && text_eq(ev->step, "reload") &&
		(size_t)ev->index < p->n_reloads)
		c = &p->reloads[ev->index];
	if (ev->index >= 0 && text_eq(ev->step, "restart") && restarts)
		c = &restarts[ev->index];
	if (c)
		job_fail_text(j, c->service, "%s: %s%s", c->line, ev->text, after);
	else
		job_fail_text(j, NULL, "%s%s", ev->text, after);
}

static const char *aftermath(const struct remote_story *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->events[i].step, "restore"))
			return "; AND THE OLD FILES COULD NOT BE PUT BACK";
	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].failed && text_eq(s->events[i].step, "again"))
			return "; the old files are back, but the service would not take them up";
	return s->restored ? "; the old files are back" : "; nothing was changed";
}

static bool apply(struct job *j, char *staging)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	const struct remote_event *failure;
	struct err e = { 0 };

	if (!job_run(j, apply_script, staging, &story, &e)) {
		err_wrap(&e, "while the files were put in place: the next run will tell");
		job_fail(j, NULL, &e);
		return false;
	}
	failure = remote_story_failure(&story);
	if (failure) {
		tell_failure(j, failure, NULL, aftermath(&story));
		return false;
	}
	return true;
}

/* ---- prove ---- */

static struct restarts restarts_of(struct job *j, const struct proofs *proofs)
{
	struct restarts r = {
		.list = arena_calloc(j->arena, j->plan->n_services, sizeof *r.list),
	};

	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (s->service->restart && proofs_bad(proofs, s))
			r.list[r.n++] = (struct command){ s->service->restart, s->service };
	}
	return r;
}

/* A reload that wasn't enough: restart, and ask again. False: it has been told and taken
 * back. */
static bool restart(struct job *j, struct proofs *proofs)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	struct restarts r = restarts_of(j, proofs);
	const struct remote_event *failure;
	struct err e = { 0 };

	if (r.n == 0)
		return true;
	if (!job_run(j, restart_script, &r, &story, &e)) {
		job_fail(j, NULL, &e);
		return false;
	}
	failure = remote_story_failure(&story);
	if (failure) {
		tell_failure(j, failure, r.list, aftermath(&story));
		return false;
	}
	tell_commands(j, EVENT_RESTARTED, r.list, r.n);
	proofs_wait(proofs, j->push->prober);
	return true;
}

static bool wants_rollback(const struct job *j, const struct proofs *proofs)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (s->service->rollback && proofs_bad(proofs, s))
			return true;
	}
	return false;
}

/* Whatever is served after a roll-back: does the service answer at all? */
static const char *answers_again(const struct job *j, const struct proof *q)
{
	const struct probe_target t = { .protocol = q->check->protocol, .name = q->name };
	const int64_t deadline = deadline_in(SETTLE_SECONDS);
	AUTO(probe_result) struct probe_result r = { 0 };

	do {
		probe_run(j->push->prober, &t, &q->address, NULL, deadline, &r);
		if (r.served.n > 0)
			return "the old files are back";
	} while (clock_sleep_ms(200, &(struct err){ 0 }) && deadline_left(deadline) > 0);
	return "the old files are back, BUT THE SERVICE DOES NOT ANSWER";
}

static void undo(struct job *j, const struct proof *bad)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	struct err e = { 0 };

	if (!job_run(j, undo_script, NULL, &story, &e)) {
		err_wrap(&e, "while the old files were put back");
		job_fail(j, NULL, &e);
	} else if (remote_story_failure(&story)) {
		tell_failure(j, remote_story_failure(&story), NULL, aftermath(&story));
	} else {
		job_emit(j,
			(struct event){ .kind = EVENT_ROLLED_BACK,
				.service = bad->service->service->name,
				.detail = answers_again(j, bad) });
	}
}

static void commit(struct job *j)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	struct err e = { 0 };

	if (!job_run(j, commit_script, NULL, &story, &e))
		report_warn(j->push->report,
			"%s: %s; all is proved there, the next run will reload once more",
			j->host->name, e.msg);
}

/* Told once it is sure that it stays. */
static void tell_applied(struct job *j)
{
	tell_files(j);
	tell_commands(j, EVENT_VALIDATED, j->plan->validates, j->plan->n_validates);
	tell_commands(j, EVENT_RELOADED, j->plan->reloads, j->plan->n_reloads);
}

static void prove(struct job *j)
{
	AUTO(proofs) struct proofs proofs = { 0 };
	const struct proof *bad;

	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "proving" });
	proofs_list(&proofs, j->arena, j->plan, takes_up);
	proofs_wait(&proofs, j->push->prober);
	if (proofs_bad(&proofs, NULL) && !restart(j, &proofs))
		return;
	bad = proofs_bad(&proofs, NULL);
	if (!bad) {
		commit(j);
		tell_applied(j);
		tell_proofs(j, &proofs);
		return;
	}
	job_fail_text(j, bad->service->service, "%s %s: %s",
		probe_protocol_title(bad->check->protocol), bad->address.text,
		bad->result.err.msg);
	if (wants_rollback(j, &proofs))
		undo(j, bad);
	else
		tell_applied(j);
}

/* From the first change on the host to its proof, a stop request waits. */
static void transact(struct job *j, char *staging)
{
	stop_shield();
	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "applying" });
	if (apply(j, staging))
		prove(j);
	stop_unshield();
}

static void tell_ok(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (s->reload_why || s->faulty)
			continue;
		j->recap.ok++;
		job_emit(
			j, (struct event){ .kind = EVENT_OK, .service = s->service->name });
	}
}

void job_carry_out(struct job *j)
{
	AUTO(str) char *staging = NULL;
	struct err e = { 0 };

	tell_ok(j);
	if (plan_idle(j->plan))
		return;
	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "sending" });
	if (!send_files(j, &staging, &e))
		job_fail(j, NULL, &e);
	else
		transact(j, staging);
}

void job_tell_plan(struct job *j)
{
	tell_ok(j);
	tell_applied(j);
}
