#include "base/stop.h"
#include "cli/deploy.h"
#include "cli/plan_file.h"
#include "cli/verb.h"
#include "renew/renew.h"

static struct deploy by_words(struct context *c, bool dry)
{
	const struct options *o = c->options;

	return (struct deploy){
		.context = c,
		.services = o->words,
		.n_services = o->n_words,
		.dry = dry,
		.force = o->force,
	};
}

int cmd_push(struct context *c)
{
	struct deploy d = by_words(c, c->options->dry);
	struct err e = { 0 };
	const char *file;

	if (!plan_file_named(c, &file, &e))
		return tell_error(c, &e);
	if (file) {
		d.planned = plan_file_read(c, file, &e);
		if (!d.planned)
			return tell_error(c, &e);
	}
	return deploy_run(&d, NULL);
}

/* Also if some hosts failed: those that couldn't be looked at aren't in it. */
static int keep_plan(struct context *c, const struct planned *p, int status)
{
	const char *file = c->options->out;
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct event ev = { .kind = EVENT_SUMMARY };
	struct err e = { 0 };

	if (status == EXIT_USAGE || stop_requested())
		return status;
	if (!plan_file_write(p, file, &e))
		return tell_error(c, &e);
	buf_printf(&text, "the plan is in %s: certpush push %s carries it out", file, file);
	ev.detail = text.data;
	report_emit(c->report, &ev);
	return status;
}

int cmd_plan(struct context *c)
{
	const struct options *o = c->options;
	struct deploy d = by_words(c, true);
	struct push_total total = { 0 };
	struct err e = { 0 };
	int status;

	if (o->out && deploy_knows(c, o->out)) {
		err_set(&e, ERR_USAGE,
			"--out: %s is the name of a service or playbook, and push would take it for that: ./%s",
			o->out, o->out);
		return tell_error(c, &e);
	}
	if (o->out)
		d.record = planned_new(c->arena, store_id(c->store), c->inventory->n_hosts);
	renew_tell_records(c->settings, c->inventory, c->store, c->report);
	status = deploy_run(&d, &total);
	if (o->out)
		status = keep_plan(c, d.record, status);
	return status == EXIT_OK && o->exit_code && total.changes > 0 ? EXIT_FAILED
								      : status;
}

/* Hosts have to be named: all of them at once is seldom what is meant. */
int cmd_rollback(struct context *c)
{
	struct deploy d = by_words(c, c->options->dry);
	struct err e;

	d.back = true;
	if (c->options->limit)
		return deploy_run(&d, NULL);
	err_set(&e, ERR_USAGE, "rollback: on which hosts? -l PATTERN, or -l all");
	return tell_error(c, &e);
}
