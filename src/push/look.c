#include "base/clock.h"
#include "push/private/job.h"
#include "push/private/script.h"
#include "push/private/sftp_only.h"
#include "push/private/tell.h"

#include <unistd.h>

#define LOOK_SECONDS 60

static void look_script(
	struct buf *out, const char *nonce, const struct job *j, const void *ctx)
{
	(void)ctx;
	script_look(out, nonce, j->plan);
}

static bool see(struct job *j, struct err *e)
{
	AUTO(buf) struct buf answer = BUF_EMPTY;
	char nonce[17];

	j->seen = arena_calloc(j->arena, j->plan->n_targets, sizeof *j->seen);
	if (!job_ask(j, look_script, NULL, NULL, LOOK_SECONDS, &answer, nonce, e)) {
		if (e->kind != ERR_REMOTE || !sftp_only_look(j, e))
			return false;
	} else if (!answer_seen(answer.data, nonce, j->seen, j->plan->n_targets, e)) {
		return false;
	}
	/* this machine's shell ends with each script */
	j->at_work = carrier_ssh(j->carrier) ? answer_shell(answer.data, nonce) : getpid();
	return plan_compare(j->plan, j->seen, j->push->force, e);
}

static bool files_are_right(const struct service_plan *s)
{
	return !s->reload_why && !s->newer;
}

/* A process that serves something else than its files hold may just have missed a reload.
 */
static const char *missed(const struct job *j, const struct proof *q)
{
	static const char *const whys[N_PROBE_VERDICTS] = {
		[PROBE_OLDER] = "serves an older certificate than its files hold",
		[PROBE_NEWER] = "serves another certificate than its files hold",
		[PROBE_SAME_KEY] = "serves another certificate than its files hold",
		[PROBE_FOREIGN] = "serves a foreign certificate",
		[PROBE_CHAIN] = "serves another chain than its files hold",
		[PROBE_HANDSHAKE] = "fails in the TLS handshake",
	};

	return !j->sftp_only &&
			(q->service->service->reload || q->service->service->restart)
		? whys[q->result.verdict]
		: NULL;
}

/* Somebody has put it there since, or the store is an old copy. */
static void tell_newer(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		struct service_plan *s = &j->plan->services[i];
		time_t there;

		if (!s->newer)
			continue;
		there = cert_not_before(s->newer->seen->held.certs[0]);
		s->faulty = true;
		job_fail_text(j, s->service,
			"%s holds a certificate that is newer than the store's (since %s, ours since %s): replaced only with push --force",
			s->newer->file->path, time_openssl(there).s,
			time_openssl(cert_not_before(s->newer->bundle->chain.certs[0])).s);
	}
}

static void tell_faulty(struct job *j, const struct proof *q)
{
	q->service->faulty = true;
	tell_unproved(j, q, "");
}

static time_t end_of(const struct chain *c)
{
	return c->n > 0 ? cert_not_after(c->certs[0]) : 0;
}

/* Files that are right prove nothing of the process. */
static void ask_processes(struct job *j)
{
	AUTO(proofs) struct proofs proofs = { .through = carrier_ssh(j->carrier) };

	proofs_list(&proofs, j->arena, j->plan, files_are_right, false);
	proofs_ask(&proofs, j->push->prober);
	for (size_t i = 0; i < j->plan->n_services; i++) {
		struct service_plan *s = &j->plan->services[i];
		const struct proof *bad = proofs_bad(&proofs, s);

		if (bad && missed(j, bad)) {
			plan_stale(s, missed(j, bad));
			s->served_until = end_of(&bad->result.served);
		} else if (bad) {
			tell_faulty(j, bad);
		}
	}
}

/* Before anything was said to the host: a packet lost, a sshd with too many at its door. */
static bool tries_again(struct job *j, const struct err *e)
{
	if (j->carrier || j->retries == 0 || (e->kind != ERR_NET && e->kind != ERR_TIMEOUT))
		return false;
	j->retries--;
	j->again = true;
	report_note(j->push->report, "%s: %s; tried again", j->host->name, e->msg);
	return true;
}

/* Refused, if it isn't the host that was planned for any more. */
typedef bool planned_check(struct arena *a, const struct planned_host *then,
	const struct host_plan *now, const struct service **which, struct err *e);
static bool as_planned(struct job *j, planned_check *check)
{
	const struct service *which = NULL;
	struct err e = { 0 };

	if (!j->planned || check(j->arena, j->planned, j->plan, &which, &e))
		return true;
	job_fail(j, which, &e);
	return false;
}

bool job_look(struct job *j)
{
	struct err e = { 0 };

	if (!as_planned(j, planned_fits))
		return false;
	job_emit(j, (struct event){ .kind = EVENT_STEP, .detail = "looking" });
	j->carrier =
		carrier_open(j->host, j->passwords, j->push->vouch, j->push->report, &e);
	if (j->carrier)
		report_note(
			j->push->report, "%s: %s", j->host->name, carrier_tell(j->carrier));
	if (!j->carrier || !see(j, &e)) {
		if (!tries_again(j, &e))
			job_fail(j, NULL, &e);
		return false;
	}
	if (!as_planned(j, planned_holds))
		return false;
	tell_newer(j);
	ask_processes(j);
	j->groups = plan_groups(j->arena, j->plan, &j->n_groups);
	if (j->sftp_only)
		sftp_only_tell(j);
	for (size_t i = 0; i < j->n_groups && !j->sftp_only; i++)
		plan_commands(j->arena, &j->groups[i]);
	return true;
}
