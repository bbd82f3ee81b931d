#include "base/alloc.h"
#include "base/fs.h"
#include "base/stop.h"
#include "cli/deploy.h"
#include "cli/select.h"
#include "cli/verb.h"
#include "renew/renew.h"

static int renew(struct context *c, const struct certificate *const *list, size_t n,
	struct store *trial)
{
	const struct options *o = c->options;
	const struct renew r = {
		.settings = c->settings,
		.certificates = list,
		.n_certificates = n,
		.store = c->store,
		.trust = c->trust,
		.width = (size_t)o->forks,
		.force = o->force,
		.dry = o->dry,
		.trial = trial,
		.report = c->report,
	};
	struct renew_total total;
	const struct event nothing = { .kind = EVENT_SUMMARY, .detail = "nothing is due" };

	report_section(c->report, "RENEW");
	total = renew_run(&r);
	if (total.due == 0 && total.failed == 0)
		report_emit(c->report, &nothing);
	if (total.failed > total.misconfigured)
		return EXIT_FAILED;
	return total.failed > 0 ? EXIT_USAGE : EXIT_OK;
}

/* What couldn't be renewed is no reason to keep the rest from the hosts. */
static int renew_and_push(struct context *c, const struct certificate *const *list,
	size_t n, struct store *trial)
{
	const struct options *o = c->options;
	const struct deploy d = {
		.context = c,
		.certificates = o->words,
		.n_certificates = o->n_words,
		.dry = o->dry,
		.trial = trial,
	};
	int status = renew(c, list, n, trial), pushed;

	if (!o->push || stop_requested())
		return status;
	pushed = deploy_run(&d, NULL);
	return status != EXIT_OK ? status : pushed;
}

/*
 * A dry run obtains what is due from the staging CA, into a store of its own that is thrown
 * away. The real one is locked for it: its journal names the TXT records.
 */
static bool begin_trial(struct context *c, struct store **trial, struct err *e)
{
	AUTO(str) char *path = NULL;

	store_free(c->store);
	c->store = store_open(c->settings->store, true, e);
	if (!c->store || !store_lock(c->store, "renew --dry-run", e))
		return false;
	path = store_private_path(c->store, "trial");
	if (!fs_remove_tree(path, e))
		return false;
	*trial = store_open(path, true, e);
	return *trial;
}

static int try_out(struct context *c, const struct certificate *const *list, size_t n)
{
	AUTO(store) struct store *trial = NULL;
	AUTO(str) char *path = NULL;
	struct err e = { 0 };
	int status;

	if (!begin_trial(c, &trial, &e))
		return tell_error(c, &e);
	status = renew_and_push(c, list, n, trial);
	path = store_private_path(c->store, "trial");
	if (!fs_remove_tree(path, &e))
		report_warn(c->report, "%s", e.msg);
	return status;
}

int cmd_renew(struct context *c)
{
	const struct certificate **list;
	struct err e = { 0 };
	size_t n;
	int status;

	if (c->options->limit && !c->options->push) {
		err_set(&e, ERR_USAGE, "renew takes --limit only with --push");
		return tell_error(c, &e);
	}
	if (!renew_check(c->settings, &e) || !select_certificates(c, &list, &n, &e))
		return tell_error(c, &e);
	if (c->options->dry && c->settings->staging)
		status = try_out(c, list, n);
	else
		status = renew_and_push(c, list, n, NULL);
	free(list);
	return status;
}
