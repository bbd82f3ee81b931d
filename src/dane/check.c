#include "conf/settings.h"
#include "dane/dane.h"
#include "dns/dns.h"

/* A guess among several would be another one with another order of the CA's. */
static const char *name_of(const struct settings *s, const struct service *service,
	const struct check *c, struct errs *all)
{
	const struct certificate *cert = settings_certificate(s, service->certificate);
	const char *name = c->name;
	size_t n = 0;

	if (name || !cert)
		return name;
	for (size_t i = 0; i < cert->n_names; i++)
		if (certificate_domain(cert->names[i]) == cert->names[i]) {
			name = cert->names[i];
			n++;
		}
	if (n == 1)
		return name;
	err_at(errs_next(all), service->pos,
		"%s: tlsa: give its %s check a `name`: the certificate has %s",
		service->name, c->protocol, n == 0 ? "only wildcards" : "several");
	return NULL;
}

static void check_one(const struct settings *settings, const struct service *s,
	const struct check *c, struct errs *all)
{
	const char *name = name_of(settings, s, c, all);
	const struct dns_settings *d = name ? settings_dns_for(settings, name) : NULL;

	if (!name || check_tlsa(s, c) != TLSA_MANAGE)
		return;
	if (!d)
		err_at(errs_next(all), s->pos,
			"%s: tlsa: manage: no dns entry in %s is for %s", s->name,
			settings->file, name);
	else if (!dns_knows_tlsa(d->provider))
		err_at(errs_next(all), s->pos,
			"%s: tlsa: manage: the provider '%s' of %s knows TXT records only: rfc2136 could, or say `tlsa: require` and publish them yourself",
			s->name, d->provider, name);
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
