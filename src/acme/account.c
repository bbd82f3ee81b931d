#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

/* RFC 8555 7.3. */
static char *registration(const char *const *contact, size_t n)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();

	cJSON_AddTrueToObject(o, "termsOfServiceAgreed");
	if (n > 0) {
		cJSON *list = cJSON_AddArrayToObject(o, "contact");

		for (size_t i = 0; i < n; i++)
			cJSON_AddItemToArray(list, cJSON_CreateString(contact[i]));
	}
	return json_print(o);
}

/* An account that was there before need not be usable. */
static bool check_status(const struct answer *r, struct err *e)
{
	AUTO(json) cJSON *o = json_read(&r->http.body);
	const char *status = o ? json_text(o, "status") : NULL;

	if (!status || strcmp(status, "valid") == 0)
		return true;
	return err_set(e, ERR_ACME, "the account of this key is %.40s", status);
}

static bool enrol(struct acme *a, const struct ask *q, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	const char *url;

	if (!acme_post(a, q, &r, e))
		return false;
	url = http_header(&r.http, "Location", NULL);
	if (!url || !url_good(url))
		return err_set(
			e, ERR_PROTOCOL, "%s: answered without an account URL", a->host);
	if (!check_status(&r, e))
		return false;
	acme_account_known(a, url);
	return true;
}

bool acme_account(struct acme *a, const char *const *contact, size_t n_contact,
	int64_t deadline, struct err *e)
{
	AUTO(str) char *payload = registration(contact, n_contact);
	struct ask q = { .url = a->new_account,
		.payload = payload,
		.with_jwk = true,
		.deadline = deadline };

	return enrol(a, &q, e) || err_wrap(e, "account");
}

const char *acme_account_url(const struct acme *a)
{
	return a->account;
}

void acme_account_known(struct acme *a, const char *url)
{
	free(a->account);
	a->account = xstrdup(url);
}
