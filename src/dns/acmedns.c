/*
 * acme-dns (https://github.com/joohoi/acme-dns): a name server for challenges alone, to
 * which _acme-challenge.DOMAIN leads by CNAME. Accounts come from a JSON file, as lego and
 * acme-dns-client write it:
 *
 *   {"example.net": {"fulldomain": "…", "subdomain": "…", "username": "…",
 *                    "password": "…", "server_url": "…"}}
 *
 * The server keeps the last two values of an account and has no way to remove one.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "dns/private/api.h"

#include <string.h>

#define SERVER "https://auth.acme-dns.io"

enum { ACCOUNTS_MAX = 1 << 20, KEPT = 2 };

static cJSON *read_accounts(const struct dns_config *c, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	cJSON *json;

	if (!fs_read_secret(c->accounts, ACCOUNTS_MAX, &text, e))
		return NULL;
	json = cJSON_ParseWithLength(text.data, text.len);
	if (cJSON_IsObject(json))
		return json;
	cJSON_Delete(json);
	err_set(e, ERR_CONFIG, "%s: no JSON object with accounts", c->accounts);
	return NULL;
}

/* By the domain; or by the name that its challenge leads to. */
static const cJSON *account_of(const cJSON *accounts, const struct dns_record *r)
{
	const cJSON *account = cJSON_GetObjectItemCaseSensitive(accounts, r->domain);

	if (cJSON_IsObject(account))
		return account;
	cJSON_ArrayForEach(account, accounts)
	{
		if (text_eq(api_text(account, "fulldomain"), r->name))
			return account;
	}
	return NULL;
}

static bool is_whole(const cJSON *account)
{
	static const char *const members[] = { "subdomain", "username", "password" };

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (!api_text(account, members[i]))
			return false;
	return true;
}

/* How many of the changes before this one went to the same account. */
static size_t before(const cJSON *accounts, struct change *const *changes, size_t i,
	const cJSON *account)
{
	size_t n = 0;

	for (size_t k = 0; k < i; k++)
		n += account_of(accounts, changes[k]->record) == account;
	return n;
}

static bool update(const struct dns_config *c, const cJSON *account,
	const struct dns_record *r, struct err *e)
{
	const char *server = api_text(account, "server_url");
	AUTO(api_answer) struct api_answer answer = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(api) struct api a;

	api_open(&a, c, server && text_starts(server, "https://") ? server : SERVER);
	api_header(&a, "X-Api-User: %s", api_text(account, "username"));
	api_header(&a, "X-Api-Key: %s", api_text(account, "password"));
	cJSON_AddStringToObject(body, "subdomain", api_text(account, "subdomain"));
	cJSON_AddStringToObject(body, "txt", r->value);
	return api_call(&a, "POST", "/update", body, &answer, e);
}

static bool present_one(
	struct change *const *changes, size_t i, const cJSON *accounts, struct err *e)
{
	const struct dns_record *r = changes[i]->record;
	const struct dns_config *c = r->config;
	const cJSON *account = account_of(accounts, r);

	changes[i]->refused = true;
	if (!account)
		return err_set(e, ERR_CONFIG,
			"%s: %s has no account for it: register one at the server, and make "
			"_acme-challenge.%s a CNAME of its fulldomain",
			r->domain, c->accounts, r->domain);
	if (!is_whole(account))
		return err_set(e, ERR_CONFIG,
			"%s: the account in %s lacks one of subdomain, username, password",
			r->domain, c->accounts);
	if (before(accounts, changes, i, account) >= KEPT)
		return err_set(e, ERR_CONFIG,
			"%s: acme-dns keeps two values of an account, and more certificates "
			"than that share it",
			r->domain);
	changes[i]->refused = false;
	return update(c, account, r, e) || err_wrap(e, "acme-dns");
}

static void present(struct change *const *changes, size_t n)
{
	struct err e = { 0 };
	AUTO(json) cJSON *accounts = read_accounts(changes[0]->record->config, &e);

	if (!accounts) {
		changes_fail(changes, n, &e);
		for (size_t i = 0; i < n; i++)
			changes[i]->refused = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!present_one(changes, i, accounts, &e))
			changes[i]->err = e;
}

/* The next values push them out. */
static void cleanup(struct change *const *changes, size_t n)
{
	(void)changes;
	(void)n;
}

const struct provider provider_acmedns = {
	.name = "acme-dns",
	.present = present,
	.cleanup = cleanup,
};
