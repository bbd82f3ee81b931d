#include "renew/private/due.h"

#define DAY        ((time_t)86400)
#define SHORT_LIFE (10 * DAY)

/* How much may be left before it is due. */
static time_t margin(time_t lifetime, int renew_days)
{
	if (renew_days > 0)
		return renew_days * DAY;
	return lifetime < SHORT_LIFE ? lifetime / 2 : lifetime / 3;
}

static struct due says(bool due, time_t not_after, const char *why)
{
	return (struct due){ .due = due, .not_after = not_after, .why = why };
}

struct due due_of(
	const struct certificate *c, const struct chain *chain, int renew_days, time_t now)
{
	const struct cert *leaf = chain ? chain->certs[0] : NULL;
	const time_t until = leaf ? cert_not_after(leaf) : 0;

	if (!leaf)
		return says(true, 0, "none yet");
	if (!cert_has_names(leaf, c->names, c->n_names))
		return says(true, until, "the names in the settings have changed");
	if (until <= now)
		return says(true, until, "expired");
	return says(until - now <= margin(until - cert_not_before(leaf), renew_days), until,
		NULL);
}
