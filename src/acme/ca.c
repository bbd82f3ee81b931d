#include "acme/acme.h"
#include "base/text.h"

/* Those that ask for no external account binding. */
static const struct {
	const char *name, *url;
} cas[] = {
	{ "letsencrypt", "https://acme-v02.api.letsencrypt.org/directory" },
	{ "letsencrypt-staging", "https://acme-staging-v02.api.letsencrypt.org/directory" },
};

const char *const acme_ca_names[] = { "letsencrypt", "letsencrypt-staging", NULL };

static const struct {
	const char *name, *why;
} gone[] = {
	{ "buypass", "its ACME service ended in October 2025" },
};

static bool unknown(const char *ca, struct err *e)
{
	const char *near = text_nearest(ca, acme_ca_names);

	if (near)
		return err_set(
			e, ERR_CONFIG, "unknown CA '%s': did you mean '%s'?", ca, near);
	return err_set(e, ERR_CONFIG,
		"unknown CA '%s': give letsencrypt, letsencrypt-staging, or the URL of an "
		"ACME directory",
		ca);
}

const char *acme_directory_url(const char *ca, struct err *e)
{
	if (text_starts(ca, "https://"))
		return ca;
	for (size_t i = 0; i < ARRAY_LEN(cas); i++)
		if (text_eq(ca, cas[i].name))
			return cas[i].url;
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		if (text_eq(ca, gone[i].name)) {
			err_set(e, ERR_CONFIG, "CA '%s' can't be used any more: %s", ca,
				gone[i].why);
			return NULL;
		}
	if (text_starts(ca, "http://"))
		err_set(e, ERR_CONFIG,
			"'%s': an ACME directory is reached by https:// only", ca);
	else
		unknown(ca, e);
	return NULL;
}
