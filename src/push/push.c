#include "push/push.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "digest/digest.h"
#include "push/private/job.h"
#include "work/crew.h"

#include <string.h>

enum { AGAIN_MS = 1000 };

struct fleet {
	const struct push *push;
	struct passwords *passwords;
	struct job *jobs;
	struct job **concerned; /* those with something to do, in the inventory's order */
	size_t n;
};

/* Those of one batch that are at work now. */
struct crowd {
	struct job **list;
	size_t n;
};

static void push_host(void *ctx, size_t i)
{
	struct job *j = ((const struct crowd *)ctx)->list[i];

	j->again = false;
	if (stop_requested()) {
		if (j->begun)
			job_fail_text(j, NULL, "interrupted");
		return;
	}
	j->begun = true;
	if (job_look(j)) {
		j->looked = true;
		if (j->push->dry)
			job_tell_plan(j);
		else
			job_carry_out(j);
	}
	carrier_close(TAKE(j->carrier));
}

static bool has_failed(const struct job *j)
{
	return j->recap.failed + j->recap.unreachable > 0;
}

/* From one to two seconds; a stop request ends it, and is seen by those who come next. */
static void wait_a_little(void)
{
	struct err stopped;
	uint16_t jitter;

	random_bytes(&jitter, sizeof jitter);
	(void)!clock_sleep_ms(AGAIN_MS + jitter % AGAIN_MS, &stopped);
}

static struct crowd those_again(const struct crowd *all)
{
	struct crowd c = { xcalloc(all->n, sizeof(struct job *)), 0 };

	for (size_t i = 0; i < all->n; i++)
		if (all->list[i]->again)
			c.list[c.n++] = all->list[i];
	return c;
}

/* All of a batch; then, as often as they may, those that couldn't be reached. */
static void push_batch(const struct push *p, struct crowd *batch)
{
	struct crowd again;

	crew_run(p->forks, batch->n, push_host, batch);
	for (again = those_again(batch); again.n > 0; again = those_again(batch)) {
		wait_a_little();
		crew_run(p->forks, again.n, push_host, &again);
		free(again.list);
	}
	free(again.list);
}

static size_t count_failed(const struct crowd *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += has_failed(c->list[i]);
	return n;
}

static void tell_given_up(const struct fleet *f, const struct crowd *batch, size_t from)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_printf(&text, "%zu of the %zu hosts of this batch failed: left as they are: ",
		count_failed(batch), batch->n);
	for (size_t i = from; i < f->n; i++)
		buf_printf(
			&text, "%s%s", i > from ? ", " : "", f->concerned[i]->host->name);
	report_warn(f->push->report, "%s", text.data);
}

/* A dry run looks at all of them: it does no harm. */
static void push_all(const struct fleet *f)
{
	const struct rollout *r = f->push->rollout;
	size_t at = 0;

	for (size_t i = 0; at < f->n && !stop_requested(); i++) {
		const size_t size = f->push->dry ? f->n : rollout_batch_size(r, i, f->n);
		struct crowd batch = { f->concerned + at,
			size < f->n - at ? size : f->n - at };

		push_batch(f->push, &batch);
		at += batch.n;
		if (at < f->n && rollout_gives_up(r, count_failed(&batch), batch.n)) {
			tell_given_up(f, &batch, at);
			return;
		}
	}
}

static bool concerns(const struct job *j)
{
	return j->plan->n_services > 0 || j->planned;
}

static enum push_end end_of(const struct job *j)
{
	if (!concerns(j))
		return PUSH_NOT_CONCERNED;
	if (!j->begun)
		return PUSH_NOT_BEGUN;
	if (has_failed(j))
		return PUSH_FAILED;
	return j->until && !j->push->dry ? PUSH_OWED : PUSH_DONE;
}

/* The end of the certificate in its files, or of the one that its process serves still. */
static time_t expiry_of(const struct job *j, const struct service_plan *s)
{
	size_t n;
	const struct target *list = plan_targets_of(j->plan, s, &n);

	if (s->served_until)
		return s->served_until;
	for (size_t i = 0; i < n; i++) {
		if (!file_holds_leaf(list[i].file))
			continue;
		if (list[i].seen->held.n > 0)
			return cert_not_after(list[i].seen->held.certs[0]);
		if (!list[i].send)
			return cert_not_after(list[i].bundle->chain.certs[0]);
	}
	return 0;
}

static void add_owed(struct push_total *total, const struct job *j)
{
	for (size_t i = 0; j->until && i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (!plan_takes_up(s))
			continue;
		GROW(total->owed, total->n_owed);
		total->owed[total->n_owed++] = (struct push_owed){ j->host, s->service,
			j->until, expiry_of(j, s) };
	}
}

static void settle(struct push_total *total, const struct job *j, const struct service *s)
{
	GROW(total->settled, total->n_settled);
	total->settled[total->n_settled++] = (struct push_settled){ j->host, s };
}

static void add_settled(struct push_total *total, const struct job *j)
{
	const bool would = j->push->dry && !has_failed(j);

	for (size_t i = 0; j->looked && i < j->plan->n_services; i++)
		if (would || plan_is_fine(&j->plan->services[i]))
			settle(total, j, j->plan->services[i].service);
	for (size_t i = 0; i < j->n_groups; i++)
		for (size_t k = 0; k < j->groups[i].n_services; k++)
			if (j->groups[i].services[k].proved)
				settle(total, j, j->groups[i].services[k].service);
}

static struct push_total add_up(const struct fleet *f)
{
	struct push_total total = { .ends = xcalloc(f->push->n_hosts, sizeof *total.ends) };

	for (size_t i = 0; i < f->push->n_hosts; i++) {
		const struct job *j = &f->jobs[i];

		total.ends[i] = end_of(j);
		total.hosts += total.ends[i] != PUSH_NOT_CONCERNED;
		total.services += j->plan->n_services;
		total.changes += j->changes;
		total.failed += total.ends[i] == PUSH_FAILED;
		total.not_begun += total.ends[i] == PUSH_NOT_BEGUN;
		add_owed(&total, j);
		add_settled(&total, j);
	}
	return total;
}

/* Where all is as it should be, the summary says so in a line. */
static void recap(const struct fleet *f, const struct push_total *total)
{
	size_t longest = 0;

	for (size_t i = 0; i < f->n; i++)
		if (strlen(f->concerned[i]->host->name) > longest)
			longest = strlen(f->concerned[i]->host->name);
	for (size_t i = 0; i < f->n && total->changes + total->failed + total->n_owed > 0;
		i++) {
		struct job *j = f->concerned[i];

		j->recap.columns = (int)longest;
		if (j->begun)
			job_emit(j,
				(struct event){ .kind = EVENT_RECAP, .recap = &j->recap });
	}
}

static void record(const struct fleet *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->concerned[i]->looked)
			planned_add(f->push->record, f->concerned[i]->plan);
}

static struct fleet gather(const struct push *p)
{
	struct fleet f = { p, passwords_new(), xcalloc(p->n_hosts, sizeof *f.jobs),
		xcalloc(p->n_hosts, sizeof(struct job *)), 0 };

	for (size_t i = 0; i < p->n_hosts; i++) {
		struct job *j = &f.jobs[i];

		*j = (struct job){ .push = p,
			.passwords = f.passwords,
			.host = p->hosts[i],
			.arena = arena_new(),
			.retries = p->rollout->retries };
		j->plan = plan_targets(
			j->arena, j->host, p->wanted, p->bundle, p->ctx, p->contents);
		if (p->planned)
			j->planned = planned_host(p->planned, j->host->name);
		if (concerns(j))
			f.concerned[f.n++] = j;
	}
	return f;
}

struct push_total push_run(const struct push *p)
{
	struct fleet f = gather(p);
	struct push_total total;

	push_all(&f);
	total = add_up(&f);
	recap(&f, &total);
	if (p->record)
		record(&f);
	for (size_t i = 0; i < p->n_hosts; i++) {
		struct job *j = &f.jobs[i];

		if (j->seen)
			seen_clear(j->seen, j->plan->n_targets);
		arena_free(j->arena);
	}
	passwords_free(f.passwords);
	free(f.concerned);
	free(f.jobs);
	return total;
}
