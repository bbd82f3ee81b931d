#include "cli/sshfp.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/dns.h"
#include "providers/providers.h"

enum { ASK_SECONDS = 5 };

static bool vouches(
	const void *ctx, const char *address, const void *key, size_t len, struct err *e)
{
	const struct settings *s = ctx;
	const struct dns_config c = providers_resolvers(s, address);
	AUTO(dns_sshfp) struct dns_sshfp found = { 0 };

	if (text_is_address(address))
		return err_set(e, ERR_DNS, "%s is an address, for which there is no SSHFP",
			address);
	if (!dns_sshfp_find(&c, address, deadline_in(ASK_SECONDS), &found, e))
		return false;
	switch (dns_sshfp_check(&found, key, len)) {
	case DNS_SSHFP_SILENT:
		return err_set(e, ERR_DNS,
			"%s has no SSHFP record with SHA-256 for a key of this type",
			address);
	case DNS_SSHFP_DIFFERS:
		return err_set(e, ERR_DNS, "the SSHFP records of %s say another key%s",
			address, found.secure ? "" : ", though without DNSSEC");
	case DNS_SSHFP_MATCHES:
	default:
		return found.secure ||
			err_set(e, ERR_DNS,
				"its SSHFP record matches, but DNSSEC doesn't prove it");
	}
}

struct ssh_vouch sshfp_vouch(const struct settings *s)
{
	return (struct ssh_vouch){ vouches, s };
}

static const char *const texts[2][3] = {
	{ NULL, "SSHFP matches, but without DNSSEC that proves nothing",
		"SSHFP says another key, though without DNSSEC" },
	{ NULL, "SSHFP matches, proved by DNSSEC", "SSHFP says ANOTHER key, by DNSSEC" },
};

void sshfp_view(const struct settings *s, const char *address, const struct ssh_keys *keys,
	struct sshfp_view *views)
{
	const struct dns_config c = providers_resolvers(s, address);
	AUTO(dns_sshfp) struct dns_sshfp found = { 0 };
	struct err e;

	if (text_is_address(address) ||
		!dns_sshfp_find(&c, address, deadline_in(ASK_SECONDS), &found, &e))
		return;
	for (size_t i = 0; i < keys->n; i++) {
		const struct buf *blob = &keys->list[i].blob;
		enum dns_sshfp_verdict verdict =
			dns_sshfp_check(&found, blob->data, blob->len);

		views[i].text = texts[found.secure][verdict];
		views[i].proves = found.secure && verdict == DNS_SSHFP_MATCHES;
	}
}
