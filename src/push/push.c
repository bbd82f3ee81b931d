#include "push/push.h"
#include "base/alloc.h"
#include "base/stop.h"
#include "push/private/job.h"
#include "work/crew.h"

#include <string.h>

struct fleet {
	const struct push *push;
	struct job *jobs;
};

static void push_host(void *ctx, size_t i)
{
	const struct fleet *fleet = ctx;
	struct job *j = &fleet->jobs[i];
	const struct push *p = fleet->push;

	if (stop_requested())
		return;
	j->plan = plan_targets(j->arena, j->host, p->wanted, p->bundle, p->ctx);
	if (j->plan->n_services == 0)
		return;
	if (job_look(j)) {
		if (p->dry)
			job_tell_plan(j);
		else
			job_carry_out(j);
	}
	carrier_close(TAKE(j->carrier));
}

static bool took_part(const struct job *j)
{
	return j->plan && j->plan->n_services > 0;
}

static int longest_name(const struct fleet *fleet)
{
	size_t longest = 0;

	for (size_t i = 0; i < fleet->push->n_hosts; i++) {
		const size_t len = strlen(fleet->jobs[i].host->name);

		if (took_part(&fleet->jobs[i]) && len > longest)
			longest = len;
	}
	return (int)longest;
}

static struct push_total add_up(const struct fleet *fleet)
{
	struct push_total total = { 0 };

	for (size_t i = 0; i < fleet->push->n_hosts; i++) {
		const struct job *j = &fleet->jobs[i];

		total.hosts += took_part(j);
		total.services += took_part(j) ? j->plan->n_services : 0;
		total.changes += j->changes;
		total.failed += j->recap.failed + j->recap.unreachable > 0;
	}
	return total;
}

struct push_total push_run(const struct push *p)
{
	struct fleet fleet = { p, xcalloc(p->n_hosts, sizeof *fleet.jobs) };
	struct push_total total;
	int columns;

	for (size_t i = 0; i < p->n_hosts; i++)
		fleet.jobs[i] = (struct job){
			.push = p, .host = p->hosts[i], .arena = arena_new()
		};
	crew_run(p->forks, p->n_hosts, push_host, &fleet);
	total = add_up(&fleet);
	columns = longest_name(&fleet);
	for (size_t i = 0; i < p->n_hosts; i++) {
		struct job *j = &fleet.jobs[i];

		j->recap.columns = columns;
		/* Where all is as it should be, the summary says so in a line. */
		if (took_part(j) && (total.changes > 0 || total.failed > 0))
			job_emit(j,
				(struct event){ .kind = EVENT_RECAP, .recap = &j->recap });
		arena_free(j->arena);
	}
	free(fleet.jobs);
	return total;
}
