#include "cli/deploy.h"
#include "cli/verb.h"
#include "renew/renew.h"

static int deploy(struct context *c, bool dry, struct push_total *total)
{
	const struct options *o = c->options;
	const struct deploy d = {
		.context = c,
		.services = o->words,
		.n_services = o->n_words,
		.dry = dry,
	};

	return deploy_run(&d, total);
}

int cmd_push(struct context *c)
{
	return deploy(c, c->options->dry, NULL);
}

int cmd_plan(struct context *c)
{
	struct push_total total = { 0 };
	int status;

	renew_tell_records(c->settings, c->store, c->report);
	status = deploy(c, true, &total);

	return status == EXIT_OK && c->options->exit_code && total.changes > 0 ? EXIT_FAILED
									       : status;
}
