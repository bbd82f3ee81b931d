/*
 * account - our account at a CA: its key and URL on disk, the session with the CA.
 *
 *   ACCOUNTS/CA/account_key.pem       CA: the directory's URL in base64url, as dehydrated
 *                                     has it: an account of dehydrated's is found and used
 *   ACCOUNTS/CA/account_key.new.pem   while its key is being changed
 *   ACCOUNTS/CA/account.json          its URL, once it is known
 *
 * An account is registered once. Until it is known, every way to find it is tried before
 * another one is made.
 */
#pragma once

#include "acme/acme.h"
#include "conf/settings.h"
#include "http/http.h"

struct account {
	const struct ca_settings *ca;
	const char *directory; /* URL */
	char *dir;             /* ACCOUNTS/CA */
	struct http *http;
	struct key *key; /* NULL: there is none yet */
	struct acme *acme;
};
void account_clear(struct account *a);
DEFINE_AUTO_VALUE(struct account, account, account_clear)

/* The URL of the CA's directory; NULL with ERR_CONFIG for a CA that isn't known. */
const char *account_directory(const struct ca_settings *ca, struct err *e) NODISCARD;
/* The one with that directory; NULL if none has it, or it is NULL. */
const struct ca_settings *account_ca(
	const struct ca_settings *const *list, size_t n, const char *directory);

/* Before anything is asked: is the CA known, and its ca_file readable? ERR_CONFIG with the
 * place. */
bool account_check(const struct ca_settings *ca, struct err *e) NODISCARD;

/* Read the CA's directory. *a is zero before. For what needs no account that is enough. */
bool account_reach(struct account *a, const struct ca_settings *ca, const char *accounts,
	struct err *e) NODISCARD;

/*
 * Those below want account_reach before. Each has the account for itself while it is at
 * work (ERR_LOCKED), and brings a key change that was broken off to its end.
 */

/* The account is there and can be used: made, registered, told a new contact if need be. */
bool account_enrol(struct account *a, struct err *e) NODISCARD;
/* The same for a person: what the CA says against the contact is an error, and an account
 * that can't be used any more is replaced. *registered: it wasn't there before. */
bool account_register(struct account *a, bool *registered, struct err *e) NODISCARD;

/* The account as it is, *found or not: nothing is made. */
bool account_look(struct account *a, struct acme_account_info *info, bool *found,
	struct err *e) NODISCARD;

/* Give it another key, of the kind that the settings say. On disk before the CA has it. */
bool account_rollover(struct account *a, struct err *e) NODISCARD;

/* End it for good. Its key stays on disk, under a name that nothing uses. */
bool account_deactivate(struct account *a, struct err *e) NODISCARD;
