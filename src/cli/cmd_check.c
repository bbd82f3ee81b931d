#include "base/alloc.h"
#include "base/clock.h"
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

int cmd_check(struct context *c)
{
	const struct certificate **list;
	struct err e = { 0 };
	bool well = true;
	size_t n;
	int days;

	if (!days_of(c->options, &days, &e) || !select_certificates(c, &list, &n, &e))
		return tell_error(c, &e);
	for (size_t i = 0; i < n; i++)
		well &= check(c, list[i]->name, days);
	free(list);
	return well ? EXIT_OK : EXIT_FAILED;
}
