/*
 * account - the ACME account of the settings' CA: its key on disk, the session with the CA.
 */
#pragma once

#include "acme/acme.h"
#include "conf/settings.h"
#include "http/http.h"

struct account {
	struct http *http;
	struct key *key;
	struct acme *acme;
	const char *directory; /* URL */
};
void account_clear(struct account *a);
DEFINE_AUTO_VALUE(struct account, account, account_clear)

/*
 * The key is ACCOUNTS/CA/account_key.pem, CA being the directory's URL in base64url, as
 * dehydrated has it: an account of dehydrated's is found and used. It is made if it isn't
 * there, and registered if the CA doesn't know it.
 */
bool account_open(struct account *a, const struct settings *s, struct err *e) NODISCARD;

/* Before anything is asked: is the CA known, and its ca_file readable? ERR_CONFIG. */
bool account_check(const struct acme_settings *s, struct err *e) NODISCARD;
