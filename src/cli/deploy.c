#include "cli/deploy.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/owing.h"
#include "cli/sshfp.h"
#include "cli/wants.h"
#include "dane/dane.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MAX 604800 /* seconds: no TTL that is believed is longer */

bool deploy_knows(const struct context *c, const char *word)
{
	const struct playbooks *p = c->playbooks;
	bool known = playbooks_service(p, word, NULL) != NULL;

	for (size_t i = 0; i < p->n; i++)
		known |= text_eq(p->list[i].name, word);
	return known;
}

/* Misspelt words must not look like "nothing to do". */
static bool check_words(const struct deploy *d, struct err *e)
{
	for (size_t i = 0; i < d->n_services; i++)
		if (!deploy_knows(d->context, d->services[i]))
			return err_set(e, ERR_USAGE,
				"'%s' is neither a service nor a playbook", d->services[i]);
	return true;
}

/* Of the planned hosts those that the inventory has; the others are failures. */
static size_t select_planned(const struct deploy *d, const struct host ***hosts, size_t *n)
{
	const struct inventory *inv = d->context->inventory;
	const struct planned *p = d->planned;
	size_t gone = 0;

	*hosts = xcalloc(p->n_hosts + 1, sizeof(**hosts));
	*n = 0;
	for (size_t i = 0; i < inv->n_hosts && *n < p->n_hosts; i++)
		if (planned_host(p, inv->hosts[i].name))
			(*hosts)[(*n)++] = &inv->hosts[i];
	for (size_t i = 0; i < p->n_hosts; i++) {
		const struct event ev = { .kind = EVENT_FAILED,
			.host = p->hosts[i].name,
			.detail = "isn't in the inventory any more: plan again" };

		if (inventory_host(inv, p->hosts[i].name))
			continue;
		report_emit(d->context->report, &ev);
		gone++;
	}
	return gone;
}

static const char *many(size_t n)
{
	return n == 1 ? "" : "s";
}

static void summarize(const struct deploy *d, const struct push_total *t)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const struct event ev = { .kind = EVENT_SUMMARY, .dry = d->dry };
	struct event told = ev;

	if (t->failed + t->n_owed > 0 || (t->changes > 0 && !d->dry))
		return;
	if (t->hosts == 0 && d->planned)
		buf_puts(&text, "nothing to do: there is nothing in the plan");
	else if (t->hosts == 0)
		buf_puts(&text,
			"nothing to do: no host has a service with these certificates");
	else if (t->changes == 0)
		buf_printf(&text,
			"nothing to do: %zu service%s on %zu host%s as they should be",
			t->services, many(t->services), t->hosts, many(t->hosts));
	else
		return;
	told.detail = text.data;
	report_emit(d->context->report, &told);
}

/* What the command line says counts more than the settings. */
static bool rollout_of(const struct context *c, struct rollout *r, struct err *e)
{
	const struct options *o = c->options;

	*r = c->settings->rollout;
	if (o->max_fail_percentage > 100)
		return err_set(e, ERR_USAGE, "--max-fail-percentage: expected 0-100");
	if (o->max_fail_percentage >= 0)
		r->max_fail_percentage = o->max_fail_percentage;
	return !o->serial || rollout_serial_parse(c->arena, o->serial, r, e);
}

static bool unfinished(const struct push_total *t, size_t host)
{
	return t->ends[host] == PUSH_FAILED || t->ends[host] == PUSH_NOT_BEGUN;
}

/* Those that -l @FILE has to go over again; no file where there are none. */
static void write_retry_file(const struct context *c, const struct host *const *hosts,
	size_t n, const struct push_total *t)
{
	const char *path = c->options->retry_file;
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	if (!path)
		return;
	for (size_t i = 0; i < n; i++)
		if (unfinished(t, i))
			buf_printf(&text, "%s\n", hosts[i]->name);
	if (text.len > 0 ? !fs_write(path, text.data, text.len, 0644, &e)
			 : unlink(path) < 0 && errno != ENOENT && !err_sys(&e, "%s", path))
		report_warn(c->report, "%s", e.msg);
}

/* Pushed, or found to need nothing? */
static bool is_done(void *ctx, const struct host *h, const struct service *s)
{
	const struct push_total *t = ctx;

	for (size_t i = 0; i < t->n_settled; i++)
		if (t->settled[i].host == h && t->settled[i].service == s)
			return true;
	return false;
}

static void tell_left(const struct deploy *d, const struct wants *w, const struct push *p,
	struct push_total *t)
{
	for (size_t i = 0; d->left && i < p->n_hosts; i++)
		for (size_t k = 0; k < p->hosts[i]->n_services; k++) {
			const struct service *s = &p->hosts[i]->services[k];

			if (!wants_mean(w, p->hosts[i], s) || is_done(t, p->hosts[i], s))
				continue;
			for (size_t j = 0; j < s->n_certificates; j++)
				d->left(d->ctx, s->certificates[j], p->hosts[i]->name);
		}
}

/* What TLSA records stand in the way of isn't pushed to. *dane may be NULL. */
static bool begin_dane(const struct deploy *d, struct wants *wants, const struct push *p,
	struct dane_request *r, struct dane **dane, struct err *e)
{
	struct context *c = d->context;

	*r = (struct dane_request){
		.settings = c->settings,
		.inventory = c->inventory,
		.store = c->store,
		.prober = p->prober,
		.hosts = p->hosts,
		.n_hosts = p->n_hosts,
		.wanted = wants_look_at,
		.bundle = wants_bundle,
		.ctx = wants,
		.width = p->forks,
		.dry = d->dry,
		.force = d->force,
		.report = c->report,
	};
	/* what is thrown away will never be served */
	*dane = d->trial ? NULL : dane_begin(r, e);
	wants_obey(wants, *dane);
	return e->kind == ERR_NONE;
}

static void tell_refused(const struct context *c, const struct dane_total *gate)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct event ev = { .kind = EVENT_SUMMARY };

	if (gate->refused == 0)
		return;
	buf_printf(&text, "%zu service%s left for want of a TLSA record", gate->refused,
		many(gate->refused));
	ev.detail = text.data;
	report_emit(c->report, &ev);
}

/* gone: hosts that failed already. *again: to be carried out once more then; 0: it needn't,
 * or nobody wants to wait. */
static int carry_out(const struct deploy *d, const struct host *const *hosts, size_t n,
	size_t gone, struct push_total *total, time_t *again)
{
	struct context *c = d->context;
	AUTO(wants) struct wants *wants = NULL;
	AUTO(prober) struct prober *prober = NULL;
	const struct ssh_vouch vouch = sshfp_vouch(c->settings);
	AUTO(dane) struct dane *dane = NULL;
	struct dane_request request;
	struct dane_total gate;
	struct rollout rollout;
	struct err e = { 0 };
	struct push push = {
		.hosts = hosts,
		.n_hosts = n,
		.wanted = wants_push_to,
		.bundle = wants_bundle,
		.vouch = &vouch,
		.store_id = store_id(c->store),
		.forks = (size_t)c->options->forks,
		.rollout = &rollout,
		.dry = d->dry,
		.force = d->force || d->back,
		.any_time = c->options->any_time || d->back,
		.diff = c->options->diff,
		.planned = d->planned,
		.record = d->record,
		.report = c->report,
	};

	*again = 0;
	if (!rollout_of(c, &rollout, &e))
		return tell_error(c, &e);
	report_section(c->report, d->dry ? "PLAN" : d->back ? "ROLLBACK" : "PUSH");
	push.ctx = wants = wants_collect(d, hosts, n);
	push.contents = wants_contents(wants);
	push.prober = prober = prober_new(c->trust, n, &e);
	if (!prober || !begin_dane(d, wants, &push, &request, &dane, &e))
		return tell_error(c, &e);
	*total = push_run(&push);
	gate = dane_end(dane);
	*again = c->options->wait && !d->dry && !stop_requested() ? gate.from : 0;
	if (!d->dry)
		write_retry_file(c, hosts, n, total);
	if (!d->dry && !d->back)
		owing_keep(c, total, is_done, total);
	if (!*again)
		tell_left(d, wants, &push, total);
	free(TAKE(total->ends));
	free(TAKE(total->owed));
	free(TAKE(total->settled));
	if (wants_unfit(wants) + gone + gate.refused + gate.held == 0 && !d->partial)
		summarize(d, total);
	tell_refused(c, &gate);
	return total->failed + wants_unfit(wants) + gone + gate.refused > 0 ? EXIT_FAILED
									    : EXIT_OK;
}

static bool wait_until(const struct context *c, time_t when)
{
	const time_t left = when - clock_now();
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct event ev = { .kind = EVENT_STEP };
	struct err stopped;

	buf_printf(&text, "waiting until %s", time_openssl(when).s);
	ev.detail = text.data;
	report_emit(c->report, &ev);
	return left <= 0 ||
		clock_sleep_ms((int)(left > WAIT_MAX ? WAIT_MAX : left) * 1000, &stopped);
}

/* Those before --start-at's are left out. */
static bool start_at(const char *name, const struct host **hosts, size_t *n, struct err *e)
{
	const char **names;
	const char *near;
	size_t first = 0;

	while (first < *n && !text_eq(hosts[first]->name, name))
		first++;
	if (first < *n) {
		*n -= first;
		memmove(hosts, hosts + first, *n * sizeof *hosts);
		return true;
	}
	names = xcalloc(*n + 1, sizeof *names);
	for (size_t i = 0; i < *n; i++)
		names[i] = hosts[i]->name;
	near = text_nearest(name, names);
	free(names);
	return err_set(e, ERR_USAGE, "--start-at: '%.100s' is none of the hosts%s%s%s",
		name, near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool select_hosts(
	const struct context *c, const struct host ***hosts, size_t *n, struct err *e)
{
	const struct options *o = c->options;

	if (!inventory_select(c->inventory, o->limit, hosts, n, e))
		return false;
	if (!o->start_at || start_at(o->start_at, *hosts, n, e))
		return true;
	free(*hosts);
	return false;
}

int deploy_run(const struct deploy *d, struct push_total *total)
{
	struct context *c = d->context;
	struct push_total unwatched;
	const struct host **hosts;
	struct err e = { 0 };
	time_t again = 0;
	size_t n, gone = 0;
	int status;

	if (d->planned)
		gone = select_planned(d, &hosts, &n);
	else if (!check_words(d, &e) || !select_hosts(c, &hosts, &n, &e))
		return tell_error(c, &e);
	do
		status = carry_out(d, hosts, n, gone, total ? total : &unwatched, &again);
	while (again && wait_until(c, again));
	free(hosts);
	return status;
}
