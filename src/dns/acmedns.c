/*
 * acme-dns (https://github.com/joohoi/acme-dns): a name server of nothing but challenges.
 * Each account is a name in it, its fulldomain, that _acme-challenge.DOMAIN is a CNAME of.
 *
 * config->accounts is the file that lego, acme-dns-client and certbot's hook keep:
 * {"DOMAIN": {"fulldomain", "subdomain", "username", "password", "server_url"}}; the last
 * may be missing, and config->api goes before it.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "dns/private/api.h"

#include <string.h>

#define BASE "https://auth.acme-dns.io"

enum {
	MAX_FILE = 1 << 20,
	VALUES = 2 /* that an account has: the next takes the place of the oldest */
};

/* ---- the file ---- */

static void wipe_texts(cJSON *o)
{
	cJSON *item;

	if (o->valuestring)
		wipe(o->valuestring, strlen(o->valuestring));
	cJSON_ArrayForEach(item, o) wipe_texts(item);
}

static void accounts_free(cJSON *all)
{
	wipe_texts(all);
	cJSON_Delete(all);
}
DEFINE_AUTO(cJSON, accounts, accounts_free)

/* Tells the line, and nothing of what is there. */
static void tell_line(const char *file, const char *text, const char *at, struct err *e)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	err_set(e, ERR_CONFIG, "%s:%d: no JSON", file, line);
}

static cJSON *accounts_read(const char *file, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const char *end = NULL;
	cJSON *all;

	if (!file) {
		err_set(e, ERR_CONFIG, "acme-dns needs accounts, the path of its file");
		return NULL;
	}
	if (!fs_read_secret(file, MAX_FILE, &text, e))
		return NULL;
	all = cJSON_ParseWithLengthOpts(text.data, text.len + 1, &end, true);
	if (cJSON_IsObject(all))
		return all;
	if (all) {
		err_set(e, ERR_CONFIG, "%s: is no JSON object {\"DOMAIN\": {...}}", file);
		accounts_free(all);
	} else {
		tell_line(file, text.data, end ? end : text.data, e);
	}
	return NULL;
}

/* As in Go, which writes these files, the case of a member's name doesn't count. NULL if it
 * is empty. */
static const char *text_of(const cJSON *account, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(account, name));

	return text && *text ? text : NULL;
}

static const cJSON *find_place(const cJSON *all, const char *name)
{
	const cJSON *account;

	cJSON_ArrayForEach(account, all)
	{
		const char *full = text_of(account, "fulldomain");

		if (full && api_same_name(full, name))
			return account;
	}
	return NULL;
}

static bool is_complete(const cJSON *account, const char *file, struct err *e)
{
	static const char *const wanted[] = { "subdomain", "username", "password" };

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!text_of(account, wanted[i]))
			return err_set(e, ERR_CONFIG, "%s: account \"%s\" has no \"%s\"",
				file, account->string, wanted[i]);
	return true;
}

static bool has_none(const struct dns_record *r, const char *usual, struct err *e)
{
	const struct dns_config *c = r->config;
	const bool leads = !api_same_name(r->name, usual);

	return err_set(e, ERR_CONFIG,
		"%s: no account for %s%s%s: register one (curl -X POST %s/register), put "
		"the answer there as \"%s\": {...}, and make %s a CNAME of its fulldomain",
		c->accounts, r->domain, leads ? ", nor with the fulldomain " : "",
		leads ? r->name : "", c->api ? c->api : BASE, r->domain, usual);
}

static const cJSON *find_own(
	const cJSON *all, const struct dns_record *r, const char *usual, struct err *e)
{
	const cJSON *account = cJSON_GetObjectItem(all, r->domain);
	const char *full = account ? text_of(account, "fulldomain") : NULL;

	if (!account) {
		has_none(r, usual, e);
		return NULL;
	}
	if (!full || api_same_name(r->name, usual))
		return account;
	/* the CA wouldn't find what is posted there */
	err_set(e, ERR_CONFIG,
		"%s leads to %s, but the account of %s in %s is %s: make it a CNAME of that",
		usual, r->name, r->domain, r->config->accounts, full);
	return NULL;
}

/* That of the place the record's name leads to, else the domain's own. */
static const cJSON *find_account(
	const cJSON *all, const struct dns_record *r, struct err *e)
{
	AUTO(str) char *usual = dns_challenge_name(NULL, r->domain);
	const cJSON *account = find_place(all, r->name);

	if (!account)
		account = find_own(all, r, usual, e);
	return account && is_complete(account, r->config->accounts, e) ? account : NULL;
}

/* ---- requests ---- */

static char *base_of(const struct dns_config *c, const cJSON *account)
{
	const char *url = c->api ? c->api : text_of(account, "server_url");
	size_t n;

	if (!url)
		url = BASE;
	for (n = strlen(url); n > 0 && url[n - 1] == '/';)
		n--;
	return xstrndup(url, n);
}

static void write_update(struct buf *out, const cJSON *account, const char *value)
{
	AUTO(json) cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "subdomain", text_of(account, "subdomain"));
	cJSON_AddStringToObject(body, "txt", value);
	api_print(out, body);
}

static bool post(struct api *a, const cJSON *account, const char *value, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(str) char *base = base_of(a->config, account);
	AUTO(buf) struct buf user = BUF_EMPTY;
	AUTO(buf) struct buf key = BUF_EMPTY;
	AUTO(buf) struct buf body = BUF_EMPTY;
	bool ok;

	buf_printf(&user, "X-Api-User: %s", text_of(account, "username"));
	buf_printf(&key, "X-Api-Key: %s", text_of(account, "password"));
	write_update(&body, account, value);
	a->base = base;
	{
		const char *const headers[] = { user.data, key.data, NULL };

		ok = api_send(
			a, "POST", "/update", "application/json", &body, headers, &r, e);
	}
	a->base = BASE;
	return ok || err_wrap(e, "account \"%s\"", account->string);
}

/* ---- one call ---- */

struct posts {
	struct api api;
	const cJSON *accounts;
	struct change *const *changes;
	const char **slots; /* subdomain that each value went to, or NULL */
};

static bool crowded(const char *domain, const cJSON *account, struct err *e)
{
	return err_set(e, ERR_CONFIG,
		"%s: acme-dns keeps only %d values of an account, and \"%s\" has them by "
		"now: give some of its names an account (and a CNAME) of their own",
		domain, VALUES, account->string);
}

/* *refused: nothing was sent. */
static bool publish(struct posts *p, size_t i, bool *refused, struct err *e)
{
	const struct dns_record *r = p->changes[i]->record;
	const cJSON *account = find_account(p->accounts, r, e);
	const char *subdomain = account ? text_of(account, "subdomain") : NULL;
	int used = 0;

	*refused = true;
	if (!account)
		return false;
	for (size_t k = 0; k < i; k++) {
		if (!text_eq(p->slots[k], subdomain))
			continue;
		/* posted again, it would take the place of the other one */
		if (text_eq(p->changes[k]->record->value, r->value)) {
			*refused = false;
			*e = p->changes[k]->err;
			return e->kind == ERR_NONE;
		}
		used++;
	}
	if (used == VALUES)
		return crowded(r->domain, account, e);
	*refused = false;
	p->slots[i] = subdomain;
	return post(&p->api, account, r->value, e);
}

static void publish_all(struct change *const *changes, size_t n)
{
	const struct dns_config *c = changes[0]->record->config;
	struct err e = { 0 };
	AUTO(accounts) cJSON *all = accounts_read(c->accounts, &e);
	struct posts p = { .accounts = all, .changes = changes };

	if (!all) {
		changes_refuse(changes, n, true, &e);
		return;
	}
	p.slots = xcalloc(n, sizeof *p.slots);
	api_open(&p.api, c, BASE);
	for (size_t i = 0; i < n; i++)
		if (!publish(&p, i, &changes[i]->refused, &e))
			changes[i]->err = e;
	api_clear(&p.api);
	free(p.slots);
}

/* Nothing can be taken out: the next values take the place of these. */
static void change(struct change *const *changes, size_t n, bool in)
{
	if (in)
		publish_all(changes, n);
}

const struct provider provider_acmedns = {
	.name = "acme-dns",
	.change = change,
};
