#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "cli/owing.h"
#include "cli/select.h"
#include "cli/verb.h"

#define DAY          86400
#define DEFAULT_DAYS 20

/* --days, or $DAYS as scripts around checkssl set it; -1: neither. */
static bool days_of(const struct options *o, int *days, struct err *e)
{
	const char *env = getenv("DAYS");
	char *end;
	long n;

	*days = o->days;
	if (o->days >= 0 || !env || !*env)
		return true;
	n = strtol(env, &end, 10);
	if (*end || n < 0 || n > 100000)
		return err_set(e, ERR_USAGE, "$DAYS: not a number of days: '%s'", env);
	*days = (int)n;
	return true;
}

static void tell(const struct context *c, enum event_kind kind, const char *name,
	time_t not_after, const char *detail)
{
	const struct event ev = {
		.kind = kind,
		.certificate = name,
		.not_after = not_after,
		.detail = detail,
	};

	report_emit(c->report, &ev);
}

struct asked {
	const struct context *context;
	int days; /* -1: not said */
};

/*
 * How much must be left. What nobody has set follows the lifetime: a certificate of 45 days
 * is renewed with 15 left, and twenty days would cry wolf over each.
 */
static time_t least(const struct cert *leaf, int days)
{
	const time_t quarter = (cert_not_after(leaf) - cert_not_before(leaf)) / 4;
	const time_t most = (time_t)DEFAULT_DAYS * DAY;

	if (days >= 0)
		return (time_t)days * DAY;
	return quarter < most ? quarter : most;
}

/* What is there now may be of another lifetime; of the same name at least. */
static time_t least_of(void *ctx, const char *name)
{
	const struct asked *asked = ctx;
	AUTO(chain) struct chain chain = { 0 };
	struct err none;

	if (store_read_chain(asked->context->store, name, &chain, &none))
		return least(chain.certs[0], asked->days);
	return (time_t)(asked->days >= 0 ? asked->days : DEFAULT_DAYS) * DAY;
}

/* False if it isn't well. */
static bool check(const struct context *c, const char *name, int days)
{
	AUTO(chain) struct chain chain = { 0 };
	struct err e = { 0 };
	time_t until;

	if (!store_has(c->store, name)) {
		tell(c, EVENT_FAILED, name, 0, "not in the store");
		return false;
	}
	if (!store_read_chain(c->store, name, &chain, &e)) {
		tell(c, EVENT_FAILED, name, 0, e.msg);
		return false;
	}
	until = cert_not_after(chain.certs[0]);
	if (until - clock_now() >= least(chain.certs[0], days)) {
		report_note(c->report, "%s: notAfter=%s", name, time_openssl(until).s);
		return true;
	}
	tell(c, EVENT_EXPIRY, name, until, NULL);
	return false;
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
	const char **names;
	struct err e = { 0 };
	bool well = true;
	size_t n;
	int days;

	if (!days_of(c->options, &days, &e) || !names_to_check(c, &names, &n, &e))
		return tell_error(c, &e);
	for (size_t i = 0; i < n; i++)
		well &= check(c, names[i], days);
	well &= owing_tell(c, names, n, least_of, &(struct asked){ c, days }, &e);
	if (e.kind)
		return tell_error(c, &e);
	return well ? EXIT_OK : EXIT_FAILED;
}
