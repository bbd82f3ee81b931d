/*
 * Linode's API v4 (https://techdocs.akamai.com/linode-api/reference/): a personal access
 * token that may read and write domains. Its name servers take a change up after minutes.
 */
#include "base/text.h"
#include "dns/private/api.h"

#include <string.h>

#define BASE "https://api.linode.com/v4"

enum { LEAST_TTL = 300, MOST_PAGES = 100 };

/* GET with a filter of the API's own. */
static bool list(struct api *a, const char *path, const char *filter, struct api_answer *r,
	struct err *e)
{
	const char *const headers[] = { filter, NULL };

	return api_send(a, "GET", path, NULL, NULL, headers, r, e);
}

static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf filter = BUF_EMPTY;
	const cJSON *domain;

	buf_printf(&filter, "X-Filter: {\"domain\":\"%s\"}", zone);
	if (!list(a, "/domains?page_size=500", filter.data, &r, e))
		return false;
	*has = false;
	cJSON_ArrayForEach(domain, cJSON_GetObjectItemCaseSensitive(r.json, "data"))
	{
		if (!*has && text_eq(api_text(domain, "domain"), zone))
			*has = api_id(domain, "id", id);
	}
	return true;
}

static bool add(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY;
	const int ttl = job->record->config->ttl;

	api_below(job->record->name, job->zone->name, &below);
	cJSON_AddStringToObject(body, "type", "TXT");
	cJSON_AddStringToObject(body, "name", below.data);
	cJSON_AddStringToObject(body, "target", job->record->value);
	cJSON_AddNumberToObject(body, "ttl_sec", ttl > LEAST_TTL ? ttl : LEAST_TTL);
	buf_printf(&path, "/domains/%s/records", job->zone->id.data);
	return api_call(job->api, "POST", path.data, body, &r, e);
}

static bool is_ours(const cJSON *record, const struct api_job *job)
{
	AUTO(buf) struct buf below = BUF_EMPTY;

	api_below(job->record->name, job->zone->name, &below);
	return text_eq(api_text(record, "type"), "TXT") &&
		text_eq(api_text(record, "name"), below.data) &&
		text_eq(api_text(record, "target"), job->record->value);
}

static bool remove_id(const struct api_job *job, const cJSON *record, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	buf_printf(&path, "/domains/%s/records/", job->zone->id.data);
	if (!api_id(record, "id", &path))
		return err_set(e, ERR_DNS, "the answer has a record without an id");
	return api_call(job->api, "DELETE", path.data, NULL, &r, e) || r.status == 404;
}

/* What is removed moves the pages: then the same one is asked for again. */
static bool take_out(const struct api_job *job, struct err *e)
{
	for (int page = 1; page <= MOST_PAGES; page++) {
		AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
		AUTO(buf) struct buf path = BUF_EMPTY;
		const cJSON *record, *pages;
		bool last, moved = false;

		buf_printf(&path, "/domains/%s/records?page_size=500&page=%d",
			job->zone->id.data, page);
		if (!api_call(job->api, "GET", path.data, NULL, &r, e))
			return false;
		cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(r.json, "data"))
		{
			if (!is_ours(record, job))
				continue;
			if (!remove_id(job, record, e))
				return false;
			moved = true;
		}
		pages = cJSON_GetObjectItemCaseSensitive(r.json, "pages");
		last = !cJSON_IsNumber(pages) || pages->valueint <= page;
		if (last)
			return true;
		page -= moved;
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

	api_open(&a, changes[0]->record->config, BASE);
	api_header(&a, "Authorization: Bearer %s", changes[0]->record->config->secret.data);
	api_each(&a, changes, n, in, has_zone, one);
}

static void present(struct change *const *changes, size_t n)
{
	change(changes, n, true);
}

static void cleanup(struct change *const *changes, size_t n)
{
	change(changes, n, false);
}

const struct provider provider_linode = {
	.name = "linode",
	.present = present,
	.cleanup = cleanup,
};
