#include "push/private/job.h"
#include "base/clock.h"
#include "digest/digest.h"

#include <stdarg.h>
#include <stdio.h>

#define SCRIPT_SECONDS                                                                     \
	600     /* the bound of a hung host; the commands' own are in remote.sh */
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
