#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wait.h"
#include "digest/digest.h"
#include "push/private/job.h"
#include "push/private/prove.h"
#include "push/private/script.h"
#include "push/private/sftp_only.h"
#include "push/private/tell.h"

#define SEND_SECONDS   60
#define TUNNEL_SECONDS 5

/* A name of this run's own, for the script of a run that was killed may be at work there
 * still; and one that tells others whether this run is. */
static char *staging_name(const struct job *j)
{
	const char *tmp = j->host->connection.remote_tmp;
	char run[2 * 4 + 1];

	random_hex(run, 4);
	if (tmp && text_starts(tmp, "~/")) /* that is where SFTP begins */
		tmp += 2;
	return xasprintf("%s%scertpush-%s-%s.%d", tmp ? tmp : "", tmp ? "/" : ".",
		j->push->store_id, run, j->at_work);
}

/* Keys may be in it if it was begun at all; what the host refused wasn't. */
static void leftover(struct job *j, const char *dir, const struct err *why)
{
	if (why->kind == ERR_NET || why->kind == ERR_TIMEOUT)
		report_warn(j->push->report,
			"%s: %s may be left there, with a key in it: the next push removes it",
			j->host->name, dir);
}

/* Each content once, under the number of its first target. */
static struct parcel pack(struct job *j)
{
	const struct host_plan *p = j->group;
	struct parcel out = { arena_calloc(j->arena, p->n_targets, sizeof *out.files), 0 };

	for (size_t i = 0; i < p->n_targets; i++) {
		const struct target *t = &p->targets[i];

		if (t->send && script_staged(p, i) == i)
			out.files[out.n++] = (struct ssh_file){
				.name = arena_printf(j->arena, "%zu", i),
				.data = t->content->data,
				.len = t->content->len,
			};
	}
	return out;
}

/* What is to travel, and how. */
struct way {
	struct parcel parcel;
	char *staging;
	bool streams; /* behind the script */
};

static void way_clear(struct way *w)
{
	free(w->staging);
}
DEFINE_AUTO_VALUE(struct way, way, way_clear)

/* The staging directory gets its absolute path. A host without SFTP gets the files with the
 * script. */
static bool send_ahead(struct job *j, struct way *w, struct err *e)
{
	char *path = NULL;

	if (carrier_put(j->carrier, w->staging, &w->parcel, &path,
		    deadline_in(SEND_SECONDS), e)) {
		free(w->staging);
		w->staging = path;
		return true;
	}
	if (carrier_lacks_sftp(j->carrier)) {
		report_note(j->push->report, "%s: %s: the files go with the script",
			j->host->name, e->msg);
		w->streams = true;
		return true;
	}
	if (!carrier_remove(
		    j->carrier, w->staging, deadline_in(SEND_SECONDS), &(struct err){ 0 }))
		leftover(j, w->staging, e);
	return false;
}

static bool send_files(struct job *j, struct way *w, struct err *e)
{
	w->parcel = pack(j);
	if (w->parcel.n == 0 || j->sftp_only)
		return true;
	w->staging = staging_name(j);
	w->streams = j->host->connection.transfer == TRANSFER_STREAM ||
		carrier_lacks_sftp(j->carrier);
	return w->streams || send_ahead(j, w, e);
}

static void apply_script(
	struct buf *out, const char *nonce, const struct job *j, const void *ctx)
{
	script_apply(out, nonce, j->group, ctx);
}

static bool apply(struct job *j, const struct way *w)
{
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	const struct delivery d = {
		.staging = w->staging,
		.behind = w->streams ? &w->parcel : NULL,
		.for_good = !proof_is_due(j->group),
	};
	struct err e = { 0 };

	if (!(j->sftp_only ? sftp_only_apply(j, &story, &e)
			   : job_run(j, apply_script, &d, d.behind, &story, &e))) {
		err_wrap(&e, "while the files were put in place: the next run will tell");
		job_lost(j, &e);
		job_unsettled(j);
		job_fail_group(j, &e);
		return false;
	}
	if (remote_story_failed_at(&story, "forget")) {
		tell_unforgotten(j, remote_story_failure(&story)->text);
	} else if (remote_story_failure(&story)) {
		if (remote_story_failed_at(&story, "restore"))
			job_unsettled(j);
		tell_failure(j, &story, NULL);
		return false;
	}
	return true;
}

static void transact(struct job *j)
{
	AUTO(way) struct way w = { .staging = NULL };
	struct err e = { 0 };

	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "sending" });
	if (!send_files(j, &w, &e)) {
		job_lost(j, &e);
		job_fail_group(j, &e);
		return;
	}
	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "applying" });
	if (apply(j, &w))
		prove(j);
}

/* Outside of its windows a host is looked at, and left. */
static bool waits(struct job *j)
{
	const struct host *h = j->host;
	const time_t now = clock_now();
	struct tm local = { 0 };

	if (j->push->any_time || plan_idle(j->plan) ||
		windows_open(h->windows, h->n_windows, localtime_r(&now, &local)))
		return false;
	j->until = windows_next(h->windows, h->n_windows, now);
	tell_owed(j);
	return true;
}

static bool is_let(const struct job *j, const struct check *c, struct err *e)
{
	AUTO(ssh_line)
	struct ssh_line *line = ssh_line_new(carrier_ssh(j->carrier),
		check_host(j->host, c), probe_port(c->protocol, c->port));
	AUTO(fd) int fd = ssh_line_connect(line, deadline_in(TUNNEL_SECONDS), e);

	return fd >= 0 || e->kind != ERR_REMOTE;
}

/* A sshd that forbids tunnels would have a group put back that was well. */
static bool tunnels_are_let(struct job *j)
{
	struct err e = { 0 };

	for (size_t i = 0; i < j->group->n_services; i++) {
		const struct service *s = j->group->services[i].service;

		for (size_t k = 0; k < s->n_checks; k++)
			if (check_tunnels(j->host, &s->checks[k]) &&
				!is_let(j, &s->checks[k], &e)) {
				err_wrap(&e, "not begun");
				job_fail_group(j, &e);
				return false;
			}
	}
	return true;
}

/* From the group's first byte on the host to its proof, a stop request waits: broken off,
 * the connection is lost, and with it the way to take a key away again. */
static void carry_out(struct job *j)
{
	struct err e = { 0 };

	/* first, as a stop request that comes meanwhile is seen then */
	if (!j->halt && !stop_requested() && !tunnels_are_let(j))
		return;
	if (!j->halt && stop_requested())
		j->halt = "interrupted";
	if (j->halt) {
		err_set(&e, ERR_REMOTE, "not begun: %s", j->halt);
		job_fail_group(j, &e);
		return;
	}
	stop_shield();
	transact(j);
	stop_unshield();
}

void job_carry_out(struct job *j)
{
	tell_ok(j);
	if (waits(j))
		return;
	for (size_t i = 0; i < j->n_groups; i++) {
		j->group = &j->groups[i];
		carry_out(j);
	}
}

void job_tell_plan(struct job *j)
{
	tell_ok(j);
	for (size_t i = 0; i < j->n_groups; i++) {
		j->group = &j->groups[i];
		if (!tunnels_are_let(j))
			continue;
		tell_applied(j, &(struct restarts){ 0 });
		tell_checks(j);
	}
	(void)waits(j);
}
