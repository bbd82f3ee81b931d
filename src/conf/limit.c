#include "conf/limit.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define DAY ((time_t)86400)

/*
 * Of 90 days the days count, of less the share: a certificate of 45 days is renewed with 15
 * left, one of 6 days with 3, and twenty days would cry wolf over each.
 */
static const struct limit usual_warn = { .percent = 25, .seconds = 20 * DAY };
static const struct limit usual_crit = { .percent = 10, .seconds = 7 * DAY };

static bool parse_percent(const char *part, int *percent)
{
	const size_t digits = strspn(part, "0123456789");

	*percent = (int)strtol(part, NULL, 10);
	return digits >= 1 && digits <= 3 && strcmp(part + digits, "%") == 0 &&
		*percent <= 100;
}

/* A bare number could be seconds or days: it is refused. */
static bool parse_span(const char *part, time_t *seconds)
{
	const size_t digits = strspn(part, "0123456789");
	int span;

	if (!part[digits] || !duration_parse(part, &span))
		return false;
	*seconds = span;
	return true;
}

static bool parse_part(const char *part, struct limit *l)
{
	if (strchr(part, '%'))
		return l->percent < 0 && parse_percent(part, &l->percent);
	return l->seconds < 0 && parse_span(part, &l->seconds);
}

bool limit_parse(const char *text, struct limit *l)
{
	*l = (struct limit){ .given = true, .percent = -1, .seconds = -1 };
	for (const char *at = text; at;) {
		const size_t len = strcspn(at, ",");
		char part[16] = "";

		if (len >= sizeof part)
			return false;
		memcpy(part, at, len);
		if (!parse_part(part, l))
			return false;
		at = at[len] ? at + len + 1 : NULL;
	}
	return true;
}

struct limit limit_days(int days)
{
	return (struct limit){ .given = true, .percent = -1, .seconds = days * DAY };
}

time_t limit_of(const struct limit *l, time_t lifetime)
{
	const time_t share = lifetime * l->percent / 100;

	if (l->percent < 0)
		return l->seconds;
	return l->seconds < 0 || share < l->seconds ? share : l->seconds;
}

struct margins limit_margins(
	const struct limit *warn, const struct limit *crit, time_t lifetime)
{
	struct margins m = {
		.warn = limit_of(warn->given ? warn : &usual_warn, lifetime),
		.crit = limit_of(crit->given ? crit : &usual_crit, lifetime),
	};

	if (!crit->given && m.crit > m.warn)
		m.crit = m.warn;
	return m;
}
