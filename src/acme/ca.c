#include "acme/acme.h"
#include "base/buf.h"
#include "base/text.h"

#define LIST_OF_CAS(CA)                                                                    \
	CA("letsencrypt", "https://acme-v02.api.letsencrypt.org/directory")                \
	CA("letsencrypt-staging",                                                          \
		"https://acme-staging-v02.api.letsencrypt.org/directory")                  \
	CA("zerossl", "https://acme.zerossl.com/v2/DV90")                                  \
	CA("google", "https://dv.acme-v02.api.pki.goog/directory")                         \
	CA("google-staging", "https://dv.acme-v02.test-api.pki.goog/directory")            \
	CA("sslcom", "https://acme.ssl.com/sslcom-dv-ecc")                                 \
	CA("sslcom-rsa", "https://acme.ssl.com/sslcom-dv-rsa")                             \
	CA("actalis", "https://acme-api.actalis.com/acme/directory")                       \
	CA("sectigo", "https://acme.sectigo.com/v2/DV")                                    \
	CA("digicert", "https://acme.digicert.com/v2/acme/directory/")                     \
	CA("globalsign", "https://emea.acme.atlas.globalsign.com/directory")

#define NAME(name, url) name,
#define URL(name, url)  url,
const char *const acme_ca_names[] = { LIST_OF_CAS(NAME) NULL };
static const char *const urls[] = { LIST_OF_CAS(URL) };

static const struct {
	const char *name, *why;
} gone[] = {
	{ "buypass", "its ACME service ended in October 2025" },
};

static const char *unknown(const char *ca, struct err *e)
{
	const char *near = text_nearest(ca, acme_ca_names);
	AUTO(buf) struct buf names = BUF_EMPTY;

	for (size_t i = 0; acme_ca_names[i]; i++)
		buf_printf(&names, "%s, ", acme_ca_names[i]);
	if (near)
		err_set(e, ERR_CONFIG, "unknown CA '%s': did you mean '%s'?", ca, near);
	else
		err_set(e, ERR_CONFIG,
			"unknown CA '%s': give %sor the URL of an ACME directory", ca,
			names.data);
	return NULL;
}

const char *acme_directory_url(const char *ca, struct err *e)
{
	if (text_starts(ca, "https://"))
		return ca;
	if (text_starts(ca, "http://")) {
		err_set(e, ERR_CONFIG,
			"'%s': an ACME directory is reached by https:// only", ca);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(urls); i++)
		if (text_eq(ca, acme_ca_names[i]))
			return urls[i];
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		if (text_eq(ca, gone[i].name)) {
			err_set(e, ERR_CONFIG, "CA '%s' can't be used any more: %s", ca,
				gone[i].why);
			return NULL;
		}
	return unknown(ca, e);
}
