/*
 * Linode (https://techdocs.akamai.com/linode-api/reference/): a personal access token of
 * the scope domains:read_write.
 */
#include "base/text.h"
#include "dns/private/api.h"

#include <string.h>
#include <strings.h>

#define BASE "https://api.linode.com/v4"

enum { LEAST_TTL = 300 }; /* what the API would round up to: 0 would be a day */

/* Lists are filtered by a header, not by the query. */
static bool list_domains(
	struct api *a, const char *zone, struct api_answer *r, struct err *e)
{
	AUTO(json) cJSON *filter = cJSON_CreateObject();
	AUTO(buf) struct buf line = BUF_EMPTY;

	cJSON_AddStringToObject(filter, "domain", zone);
	buf_puts(&line, "X-Filter: ");
	api_print(&line, filter);
	{
		const char *const headers[] = { line.data, NULL };

		return api_send(
			a, "GET", "/domains?page_size=500", NULL, NULL, headers, r, e);
	}
}

static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	const cJSON *list, *domain;

	if (!list_domains(a, zone, &r, e))
		return false;
	list = cJSON_GetObjectItemCaseSensitive(r.json, "data");
	if (!cJSON_IsArray(list))
		return err_set(e, ERR_DNS, "the answer has no list of domains");
	/* a proxy that drops the header would have us write into any zone */
	cJSON_ArrayForEach(domain, list)
	{
		const char *name = api_text(domain, "domain");

		if (!*has && name && strcasecmp(name, zone) == 0)
			*has = api_id(domain, "id", id);
	}
	return true;
}

static bool add(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(buf) struct buf path = BUF_EMPTY;
	AUTO(buf) struct buf name = BUF_EMPTY;
	const int ttl = job->record->config->ttl;

	api_below(job->record->name, job->zone->name, &name);
	cJSON_AddStringToObject(body, "type", "TXT");
	cJSON_AddStringToObject(body, "name", name.data);
	cJSON_AddStringToObject(body, "target", job->record->value);
	cJSON_AddNumberToObject(body, "ttl_sec", ttl < LEAST_TTL ? LEAST_TTL : ttl);
	buf_printf(&path, "/domains/%s/records", job->zone->id.data);
	return api_call(job->api, "POST", path.data, body, &r, e);
}

static bool is_ours(const struct api_job *job, const cJSON *record)
{
	AUTO(buf) struct buf below = BUF_EMPTY;
	const char *type = api_text(record, "type");
	const char *name = api_text(record, "name");
	const char *target = api_text(record, "target");

	api_below(job->record->name, job->zone->name, &below);
	return type && name && target && text_eq(type, "TXT") &&
		strcasecmp(name, below.data) == 0 && text_eq(target, job->record->value);
}

/* Append the ids of our records on that page; *pages is how many there are. */
static bool read_page(
	const struct api_job *job, int page, double *pages, cJSON *ids, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	const cJSON *list, *count, *record;

	buf_printf(&path, "/domains/%s/records?page_size=500", job->zone->id.data);
	if (page > 1)
		buf_printf(&path, "&page=%d", page);
	if (!api_call(job->api, "GET", path.data, NULL, &r, e))
		return false;
	list = cJSON_GetObjectItemCaseSensitive(r.json, "data");
	count = cJSON_GetObjectItemCaseSensitive(r.json, "pages");
	if (!cJSON_IsArray(list))
		return err_set(e, ERR_DNS, "the answer has no list of records");
	*pages = cJSON_IsNumber(count) ? count->valuedouble : 1;
	cJSON_ArrayForEach(record, list)
	{
		AUTO(buf) struct buf id = BUF_EMPTY;

		if (!is_ours(job, record))
			continue;
		if (!api_id(record, "id", &id))
			return err_set(e, ERR_DNS, "the answer has a record without an id");
		cJSON_AddItemToArray(ids, cJSON_CreateString(id.data));
	}
	return true;
}

static bool remove_id(const struct api_job *job, const char *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	buf_printf(&path, "/domains/%s/records/%s", job->zone->id.data, id);
	return api_call(job->api, "DELETE", path.data, NULL, &r, e) || r.status == 404;
}

static bool take_out(const struct api_job *job, struct err *e)
{
	AUTO(json) cJSON *ids = cJSON_CreateArray();
	double pages = 1;
	const cJSON *id;

	/* all pages before the first removal, which would move records across them */
	for (int page = 1; page <= pages; page++)
		if (!read_page(job, page, &pages, ids, e))
			return false;
	cJSON_ArrayForEach(id, ids)
	{
		if (!remove_id(job, id->valuestring, e))
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
	const struct dns_config *c = changes[0]->record->config;
	AUTO(api) struct api a;

	api_open(&a, c, BASE);
	api_header(&a, "Authorization: Bearer %s", c->secret.data);
	api_each(&a, changes, n, in, has_zone, one);
}

const struct provider provider_linode = {
	.name = "linode",
	.change = change,
};
