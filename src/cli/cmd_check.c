#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "cli/owing.h"
#include "cli/select.h"
#include "cli/thresholds.h"
#include "cli/verb.h"

#define USUAL_LIFETIME ((time_t)90 * 86400) /* of what nobody can look at */

struct asked {
	const struct context *context;
	struct limit warn;
};

/* --warn, --days, or $DAYS as scripts around checkssl set it. */
static bool warn_of(const struct options *o, struct limit *warn, struct err *e)
{
	const char *env = getenv("DAYS");
	char *end;
	long n;

	*warn = o->warn;
	if (o->days >= 0 && warn->given)
		return err_set(e, ERR_USAGE, "--days %d is --warn %dd: give only one",
			o->days, o->days);
	if (o->days >= 0)
		*warn = limit_days(o->days);
	if (warn->given || !env || !*env)
		return true;
	n = strtol(env, &end, 10);
	if (*end || n < 0 || n > 100000)
		return err_set(e, ERR_USAGE, "$DAYS: not a number of days: '%s'", env);
	*warn = limit_days((int)n);
	return true;
}

/* What a host holds; what is in the store now is of the same lifetime, most likely. */
static void judge_held(void *ctx, struct event *ev)
{
	const struct asked *asked = ctx;
	const struct context *c = asked->context;
	AUTO(chain) struct chain chain = { 0 };
	time_t lifetime = USUAL_LIFETIME;
	struct err none;

	if (store_read_chain(c->store, ev->certificate, &chain, &none))
		lifetime = cert_not_after(chain.certs[0]) - cert_not_before(chain.certs[0]);
	ev->not_before = ev->not_after - lifetime;
	thresholds_apply(&asked->warn, &c->options->crit, ev);
}

/* False if it isn't well. */
static bool check(const struct asked *asked, const char *name)
{
	const struct context *c = asked->context;
	struct event ev = { .kind = EVENT_FAILED, .certificate = name };
	AUTO(chain) struct chain chain = { 0 };
	struct err e = { 0 };

	if (!store_has(c->store, name)) {
		ev.detail = "not in the store";
	} else if (!store_read_chain(c->store, name, &chain, &e)) {
		ev.detail = e.msg;
	} else {
		ev.not_before = cert_not_before(chain.certs[0]);
		ev.not_after = cert_not_after(chain.certs[0]);
		thresholds_apply(&asked->warn, &c->options->crit, &ev);
		ev.kind = ev.level == LEVEL_OK ? EVENT_CURRENT : EVENT_EXPIRY;
	}
	report_emit(c->report, &ev);
	return ev.kind == EVENT_CURRENT;
}

/* Where the settings name none, as with a store that others fill: all that is there. */
static bool names_to_check(
	const struct context *c, const char ***names, size_t *n, struct err *e)
{
	const struct certificate **list;
	char **stored;

	if (c->settings->n_certificates == 0 && c->options->n_words == 0) {
		if (!store_names(c->store, &stored, n, e))
			return false;
		*names = arena_calloc(c->arena, *n, sizeof **names);
		for (size_t i = 0; i < *n; i++)
			(*names)[i] = arena_strdup(c->arena, stored[i]);
		fs_names_free(stored, *n);
		return *n > 0 ||
			err_set(e, ERR_CONFIG,
				"nothing to check: neither the settings nor the store have a certificate");
	}
	if (!select_certificates(c, &list, n, e))
		return false;
	*names = arena_calloc(c->arena, *n, sizeof **names);
	for (size_t i = 0; i < *n; i++)
		(*names)[i] = list[i]->name;
	free(list);
	return true;
}

int cmd_check(struct context *c)
{
	struct asked asked = { .context = c };
	const char **names;
	struct err e = { 0 };
	bool well = true;
	size_t n;

	if (!warn_of(c->options, &asked.warn, &e) || !names_to_check(c, &names, &n, &e))
		return tell_error(c, &e);
	for (size_t i = 0; i < n; i++)
		well &= check(&asked, names[i]);
	well &= owing_tell(c, names, n, judge_held, &asked, &e);
	if (e.kind)
		return tell_error(c, &e);
	return well ? EXIT_OK : EXIT_FAILED;
}
