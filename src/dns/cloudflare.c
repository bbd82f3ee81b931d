/*
 * Cloudflare (https://developers.cloudflare.com/api/): an API token with Zone:Read and
 * DNS:Edit, or the account's e-mail and its global key.
 */
#include "dns/private/api.h"

#include <string.h>

#define BASE "https://api.cloudflare.com/client/v4"

static void sign_in(struct api *a, const struct dns_config *c)
{
	api_open(a, c, BASE);
	if (c->user) {
		api_header(a, "X-Auth-Email: %s", c->user);
		api_header(a, "X-Auth-Key: %s", c->secret.data);
	} else {
		api_header(a, "Authorization: Bearer %s", c->secret.data);
	}
}

/* GET /zones?name=… */
static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	const cJSON *list;

	buf_puts(&path, "/zones?name=");
	api_escape(&path, zone);
	if (!api_call(a, "GET", path.data, NULL, &r, e))
		return false;
	list = cJSON_GetObjectItemCaseSensitive(r.json, "result");
	if (!cJSON_IsArray(list))
		return err_set(e, ERR_DNS, "the answer has no list of zones");
	*has = list->child && api_id(list->child, "id", id);
	return true;
}

static bool add(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(buf) struct buf path = BUF_EMPTY;
	AUTO(buf) struct buf content = BUF_EMPTY;

	/* the API wants the quotes of the zone file, and adds them with a warning if not */
	api_quote(job->record->value, &content);
	cJSON_AddStringToObject(body, "type", "TXT");
	cJSON_AddStringToObject(body, "name", job->record->name);
	cJSON_AddStringToObject(body, "content", content.data);
	cJSON_AddNumberToObject(body, "ttl", job->record->config->ttl);
	buf_printf(&path, "/zones/%s/dns_records", job->zone->id.data);
	if (api_call(job->api, "POST", path.data, body, &r, e))
		return true;
	/* 81058: an identical record already exists */
	return r.status == 400 && r.http.body.data && strstr(r.http.body.data, "81058");
}

static bool remove_id(const struct api_job *job, const cJSON *record, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	buf_printf(&path, "/zones/%s/dns_records/", job->zone->id.data);
	if (!api_id(record, "id", &path))
		return err_set(e, ERR_DNS, "the answer has a record without an id");
	return api_call(job->api, "DELETE", path.data, NULL, &r, e) || r.status == 404;
}

static bool take_out(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	const cJSON *record;

	buf_printf(&path,
		"/zones/%s/dns_records?type=TXT&per_page=100&name=", job->zone->id.data);
	api_escape(&path, job->record->name);
	if (!api_call(job->api, "GET", path.data, NULL, &r, e))
		return false;
	cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(r.json, "result"))
	{
		if (api_is_value(api_text(record, "content"), job->record->value) &&
			!remove_id(job, record, e))
			return false;
	}
	return true;
}

static bool one(const struct api_job *job, struct err *e)
{
	return job->in ? add(job, e) : take_out(job, e);
}

static void change(struct change *const *changes, size_t n, bool in)
{
	AUTO(api) struct api a;

	sign_in(&a, changes[0]->record->config);
	api_each(&a, changes, n, in, has_zone, one);
}

const struct provider provider_cloudflare = {
	.name = "cloudflare",
	.change = change,
};
