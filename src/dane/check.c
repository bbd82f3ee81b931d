#include "base/text.h"
#include "conf/settings.h"
#include "dane/dane.h"
#include "dns/dns.h"

/* The one that a check without a `name` asks for; NULL: the settings don't say. False where
 * a guess among several would be another one with another order of the CA's. */
static bool find_name(const struct settings *s, const struct service *service,
	const struct check *c, const char *certificate, const char **name, struct errs *all)
{
	const struct certificate *cert = settings_certificate(s, certificate);
	size_t n = 0;

	*name = NULL;
	for (size_t i = 0; cert && i < cert->n_names; i++)
		if (certificate_domain(cert->names[i]) == cert->names[i]) {
			*name = cert->names[i];
			n++;
		}
	if (!cert || n == 1)
		return true;
	err_at(errs_next(all), service->pos,
		"%s: tlsa: give its %s check a `name`: the certificate has %s",
		service->name, c->protocol, n == 0 ? "only wildcards" : "several");
	return false;
}

static void check_publisher(const struct settings *settings, const struct service *s,
	const char *name, struct errs *all)
{
	const struct dns_settings *d = settings_dns_for(settings, name);

	if (!d)
		err_at(errs_next(all), s->pos,
			"%s: tlsa: manage: no dns entry in %s is for %s", s->name,
			settings->file, name);
	else if (!dns_knows_tlsa(d->provider))
		err_at(errs_next(all), s->pos,
			"%s: tlsa: manage: the provider '%s' of %s knows TXT records only: rfc2136 could, or say `tlsa: require` and publish them yourself",
			s->name, d->provider, name);
}

static void check_one(const struct settings *settings, const struct service *s,
	const struct check *c, struct errs *all)
{
	const bool managed = check_tlsa(s, c) == TLSA_MANAGE;
	const char *last = c->name;

	if (c->name && managed)
		check_publisher(settings, s, c->name, all);
	for (size_t i = 0; !c->name && i < s->n_certificates; i++) {
		const char *name;

		if (!find_name(settings, s, c, s->certificates[i], &name, all))
			return;
		if (name && managed && !text_eq(name, last))
			check_publisher(settings, s, name, all);
		last = name;
	}
}

void dane_check(
	const struct settings *settings, const struct inventory *inv, struct errs *all)
{
	for (size_t h = 0; h < inv->n_hosts; h++)
		for (size_t i = 0; i < inv->hosts[h].n_services; i++) {
			const struct service *s = &inv->hosts[h].services[i];

			if (s->n_checks == 0 && s->tlsa > TLSA_NONE)
				err_at(errs_next(all), s->pos,
					"%s: tlsa: it has no checks, whose ports and names the records are for",
					s->name);
			for (size_t k = 0; k < s->n_checks; k++)
				if (check_tlsa(s, &s->checks[k]) != TLSA_NONE)
					check_one(settings, s, &s->checks[k], all);
		}
}
