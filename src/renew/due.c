#include "renew/private/due.h"

#include <string.h>

#define DAY        ((time_t)86400)
#define SHORT_LIFE (10 * DAY)

/* How much may be left before it is due. */
static time_t margin(time_t lifetime, int renew_days)
{
	/* of a certificate that lives no longer, it would be due again at once */
	if (renew_days > 0)
		return renew_days * DAY < lifetime ? renew_days * DAY : lifetime / 2;
	return lifetime < SHORT_LIFE ? lifetime / 2 : lifetime / 3;
}

/* RFC 9773 4.2: at the instant, or now if the next run is after it. */
static bool window_says(const struct due_facts *f)
{
	return f->at <= f->now || (f->start <= f->now && f->at < f->next) ||
		f->end <= f->next;
}

static const char *changed(
	const struct certificate *c, const struct cert *leaf, const struct due_facts *f)
{
	if (!cert_has_names(leaf, c->names, c->n_names))
		return "the names in the settings have changed";
	if (f->ours && strcmp(cert_key_name(leaf), c->key) != 0)
		return "the key type in the settings has changed";
	if (f->other_ca)
		return "the CA in the settings has changed";
	return f->other_profile ? "the profile in the settings has changed" : NULL;
}

struct due due_of(
	const struct certificate *c, const struct chain *chain, const struct due_facts *f)
{
	const struct cert *leaf = chain ? chain->certs[0] : NULL;
	struct due d = { .due = true, .urgent = true, .why = "none yet" };
	const char *other;
	time_t left, least;

	if (!leaf)
		return d;
	d.not_after = cert_not_after(leaf);
	left = d.not_after - f->now;
	least = margin(d.not_after - cert_not_before(leaf), f->renew_days);
	d.urgent = f->revoked || f->replaced || left <= least / 2;
	d.why = NULL;
	other = changed(c, leaf, f);
	if (f->revoked)
		d.why = "revoked";
	else if (f->replaced)
		d.why = "it is being replaced";
	else if (other)
		d.why = other;
	else if (left <= 0)
		d.why = "expired";
	else if (f->at == 0)
		d.due = left <= least;
	else
		d.due = d.by_window = window_says(f);
	if (!d.due && f->at != 0)
		d.due = left <= (f->renew_days > 0 ? least : least / 2);
	return d;
}
