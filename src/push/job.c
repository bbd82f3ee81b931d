#include "push/private/job.h"
#include "base/clock.h"
#include "digest/digest.h"

#include <stdarg.h>
#include <stdio.h>

#define SCRIPT_SECONDS                                                                     \
	600     /* the bound of a hung host; the commands' own are in transact.sh */
#define NONCE 8 /* bytes */

void job_emit(struct job *j, struct event ev)
{
	ev.host = j->host->name;
	ev.dry = j->push->dry;
	report_emit(j->push->report, &ev);
}

void job_fail(struct job *j, const struct service *s, const struct err *e)
{
	const bool away = e->kind == ERR_NET || (e->kind == ERR_TIMEOUT && !j->carrier);

	if (away)
		j->recap.unreachable++;
	else
		j->recap.failed++;
	job_emit(j,
		(struct event){ .kind = away ? EVENT_UNREACHABLE : EVENT_FAILED,
			.service = s ? s->name : NULL,
			.detail = e->msg });
}

void job_fail_text(struct job *j, const struct service *s, const char *fmt, ...)
{
	struct err e = { .kind = ERR_REMOTE };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof e.msg, fmt, ap);
	va_end(ap);
	job_fail(j, s, &e);
}

const char *job_services(const struct job *j, const struct host_plan *p)
{
	AUTO(buf) struct buf names = BUF_EMPTY;

	for (size_t i = 0; i < p->n_services; i++)
		if (plan_takes_up(&p->services[i]))
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
				p->services[i].service->name);
	return arena_strdup(j->arena, names.data);
}

bool job_has_previous(const struct job *j, const struct service_plan *s)
{
	size_t n;
	const struct target *list = plan_targets_of(j->group, s, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i].why || list[i].seen->owed)
			return true;
	return false;
}

void job_fail_group(struct job *j, const struct err *e)
{
	const struct host_plan *g = j->group;
	struct err of_all = *e;

	if (g->n_services == 1) {
		job_fail(j, g->services[0].service, e);
		return;
	}
	err_wrap(&of_all, "%s", job_services(j, g));
	job_fail(j, NULL, &of_all);
}

void job_lost(struct job *j, const struct err *e)
{
	if (e->kind == ERR_NET || e->kind == ERR_TIMEOUT || e->kind == ERR_PROTOCOL ||
		e->kind == ERR_STOPPED)
		j->halt = "the connection is lost";
}

void job_unsettled(struct job *j)
{
	if (!j->halt)
		j->halt = arena_printf(
			j->arena, "%s must be settled first", job_services(j, j->group));
}

bool job_ask(struct job *j, job_script *script, const void *ctx,
	const struct parcel *behind, int seconds, struct buf *answer, char *nonce,
	struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	random_hex(nonce, NONCE);
	script(&text, nonce, j, ctx);
	return carrier_script(j->carrier, &text, behind, answer, deadline_in(seconds), e);
}

bool job_run(struct job *j, job_script *script, const void *ctx,
	const struct parcel *behind, struct remote_story *story, struct err *e)
{
	AUTO(buf) struct buf answer = BUF_EMPTY;
	char nonce[2 * NONCE + 1];

	return job_ask(j, script, ctx, behind, SCRIPT_SECONDS, &answer, nonce, e) &&
		answer_story(answer.data, nonce, story, e);
}
