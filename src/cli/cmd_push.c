#include "cli/deploy.h"
#include "cli/verb.h"
#include "renew/renew.h"

static int deploy(struct context *c, bool dry, bool back, struct push_total *total)
{
	const struct options *o = c->options;
	const struct deploy d = {
		.context = c,
		.services = o->words,
		.n_services = o->n_words,
		.dry = dry,
		.back = back,
		.force = c->options->force,
	};

	return deploy_run(&d, total);
}

int cmd_push(struct context *c)
{
	return deploy(c, c->options->dry, false, NULL);
}

int cmd_plan(struct context *c)
{
	struct push_total total = { 0 };
	int status;

	renew_tell_records(c->settings, c->store, c->report);
	status = deploy(c, true, false, &total);

	return status == EXIT_OK && c->options->exit_code && total.changes > 0 ? EXIT_FAILED
									       : status;
}

/* Hosts have to be named: all of them at once is seldom what is meant. */
int cmd_rollback(struct context *c)
{
	struct err e;

	if (c->options->limit)
		return deploy(c, c->options->dry, true, NULL);
	err_set(&e, ERR_USAGE, "rollback: on which hosts? -l PATTERN, or -l all");
	return tell_error(c, &e);
}
