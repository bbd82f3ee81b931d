#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

enum { MOST_CONTACTS = 20 };

void acme_account_info_clear(struct acme_account_info *info)
{
	for (size_t i = 0; i < info->n_contact; i++)
		free(info->contact[i]);
	free(info->contact);
	*info = (struct acme_account_info){ 0 };
}

const char *acme_account_url(const struct acme *a)
{
	return a->account;
}

void acme_account_known(struct acme *a, const char *url)
{
	char *own = xstrdup(url);

	free(a->account);
	a->account = own;
}

/* ---- what the CA says of it ---- */

static void read_contact(const cJSON *o, struct acme_account_info *info)
{
	const cJSON *item;
	char **list = NULL;
	size_t n = 0;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(o, "contact"))
	{
		const char *text = cJSON_GetStringValue(item);

		if (!text || n == MOST_CONTACTS)
			continue;
		GROW(list, n);
		list[n++] = xstrdup(text);
	}
	info->contact = list;
	info->n_contact = n;
}

/* Some CAs say little (RFC 8555 7.1.2 wants a status): what answers with a 2xx is valid. */
static bool read_info(const struct answer *r, struct acme_account_info *info, struct err *e)
{
	AUTO(json) cJSON *o = json_read(&r->http.body);

	acme_account_info_clear(info);
	info->status = ACME_VALID;
	if (!o)
		return true;
	if (json_text(o, "status") && !status_read(o, &info->status, e))
		return false;
	read_contact(o, info);
	return true;
}

static bool talk(struct acme *a, const struct ask *q, struct acme_account_info *info,
	struct answer *r, struct err *e)
{
	if (!acme_post(a, q, r, e))
		return false;
	return read_info(r, info, e) || err_wrap(e, "%s", a->host);
}

static void add_contact(cJSON *o, const struct acme_registration *g)
{
	cJSON *list = cJSON_AddArrayToObject(o, "contact");

	for (size_t i = 0; i < g->n_contact; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(g->contact[i]));
}

/* ---- newAccount (RFC 8555 7.3) ---- */

/* The account's URL, if the account can be used. */
static bool enrol(struct acme *a, const struct ask *q, struct answer *r, struct err *e)
{
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	const char *url;

	if (!talk(a, q, &info, r, e))
		return false;
	url = http_header(&r->http, "Location", NULL);
	if (!url || !url_good(url))
		return err_set(
			e, ERR_PROTOCOL, "%s: answered without an account URL", a->host);
	if (info.status != ACME_VALID)
		return err_set(e, ERR_ACME, "%s: the account of this key is %s", a->host,
			acme_status_name(info.status));
	acme_account_known(a, url);
	return true;
}

/* 7.3.4: the account's public key, under the MAC of a key that the CA has handed out. */
static bool bind(struct acme *a, const struct acme_eab *eab, cJSON *o, struct err *e)
{
	AUTO(buf) struct buf jws = BUF_EMPTY;

	if (!jws_binding(eab, a->new_account, a->jwk.data, &jws, e))
		return false;
	cJSON_AddRawToObject(o, "externalAccountBinding", jws.data);
	return true;
}

bool acme_account(
	struct acme *a, const struct acme_registration *g, int64_t deadline, struct err *e)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	AUTO(str) char *payload = NULL;
	struct ask q = { .url = a->new_account, .with_jwk = true, .deadline = deadline };

	cJSON_AddTrueToObject(o, "termsOfServiceAgreed");
	if (g->n_contact > 0)
		add_contact(o, g);
	if (g->eab && !bind(a, g->eab, o, e))
		return false;
	payload = json_print(o);
	q.payload = payload;
	return enrol(a, &q, &r, e) || err_wrap(e, "account");
}

bool acme_account_find(struct acme *a, bool *found, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = { .url = a->new_account,
		.payload = "{\"onlyReturnExisting\":true}",
		.with_jwk = true,
		.deadline = deadline };

	*found = enrol(a, &q, &r, e);
	if (*found || strcmp(r.problem, "accountDoesNotExist") == 0)
		return true;
	return err_wrap(e, "account");
}

/* ---- the account itself ---- */

bool acme_account_get(struct acme *a, struct acme_account_info *info, bool *found,
	int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = { .url = a->account, .payload = "", .deadline = deadline };

	*found = talk(a, &q, info, &r, e);
	if (*found || strcmp(r.problem, "accountDoesNotExist") == 0)
		return true;
	return err_wrap(e, "account");
}

bool acme_account_contact(
	struct acme *a, const struct acme_registration *g, int64_t deadline, struct err *e)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	AUTO(str) char *payload = NULL;
	struct ask q = { .url = a->account, .deadline = deadline };

	add_contact(o, g);
	payload = json_print(o);
	q.payload = payload;
	return acme_post(a, &q, &r, e) || err_wrap(e, "account: contact");
}

bool acme_account_deactivate(struct acme *a, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = { .url = a->account,
		.payload = "{\"status\":\"deactivated\"}",
		.deadline = deadline };

	return acme_post(a, &q, &r, e) || err_wrap(e, "account: deactivation");
}

/* 7.3.5: the new key's consent, inside of what the old one signs. */
static bool consent(
	const struct acme *a, const struct key *key, struct buf *jws, struct err *e)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();
	AUTO(str) char *payload = NULL;

	cJSON_AddStringToObject(o, "account", a->account);
	cJSON_AddRawToObject(o, "oldKey", a->jwk.data);
	payload = json_print(o);
	return jws_by_key(key, a->key_change, payload, jws, e);
}

bool acme_account_rollover(
	struct acme *a, const struct key *key, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	AUTO(buf) struct buf inner = BUF_EMPTY;
	struct ask q = { .url = a->key_change, .deadline = deadline };

	if (!a->key_change)
		return err_set(e, ERR_ACME, "%s offers no key rollover", a->host);
	if (!consent(a, key, &inner, e))
		return err_wrap(e, "account: key rollover");
	q.payload = inner.data;
	if (acme_post(a, &q, &r, e))
		return true;
	if (r.http.status == 409)
		return err_set(e, ERR_ACME,
			"account: key rollover: %s: another account has this key", a->host);
	return err_wrap(e, "account: key rollover");
}
