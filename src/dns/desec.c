/*
 * deSEC (https://desec.readthedocs.io/en/latest/dns/rrsets.html): a token.
 */
#include "base/text.h"
#include "dns/private/rrset.h"

#include <stdlib.h>

#define BASE "https://desec.io/api/v1"

/* The domain's minimum TTL goes with its id: "3600". */
static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	buf_puts(&path, "/domains/");
	api_escape(&path, zone);
	buf_putc(&path, '/');
	*has = api_call(a, "GET", path.data, NULL, &r, e);
	if (*has && !api_id(r.json, "minimum_ttl", id))
		buf_puts(id, "3600");
	return *has || r.status == 404;
}

static void set_path(const struct api_zone *z, const char *name, struct buf *path)
{
	AUTO(buf) struct buf below = BUF_EMPTY;

	buf_puts(path, "/domains/");
	api_escape(path, z->name);
	buf_puts(path, "/rrsets/");
	api_below(name, z->name, &below);
	api_escape(path, below.len ? below.data : "@");
	buf_puts(path, "/TXT/");
}

static bool get(struct api *a, const struct api_zone *z, const char *name, struct rrset *s,
	struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	const int least = (int)strtol(z->id.data, NULL, 10);
	const cJSON *record;

	if (s->ttl < least)
		s->ttl = least;
	set_path(z, name, &path);
	if (!api_call(a, "GET", path.data, NULL, &r, e))
		return r.status == 404;
	cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(r.json, "records"))
	{
		if (cJSON_IsString(record))
			rrset_add(s, record->valuestring);
	}
	return true;
}

/* In bulk: that makes, changes and (without records) deletes a set alike. */
static bool put(struct api *a, const struct api_zone *z, const char *name,
	const struct rrset *s, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateArray();
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY;
	cJSON *set = cJSON_CreateObject(), *records;

	cJSON_AddItemToArray(body, set);
	api_below(name, z->name, &below);
	cJSON_AddStringToObject(set, "subname", below.data);
	cJSON_AddStringToObject(set, "type", "TXT");
	cJSON_AddNumberToObject(set, "ttl", s->ttl);
	records = cJSON_AddArrayToObject(set, "records");
	for (size_t i = 0; i < s->n; i++) {
		AUTO(buf) struct buf text = BUF_EMPTY;

		rrset_quote(s->values[i], &text);
		cJSON_AddItemToArray(records, cJSON_CreateString(text.data));
	}
	buf_puts(&path, "/domains/");
	api_escape(&path, z->name);
	buf_puts(&path, "/rrsets/");
	return api_call(a, "PATCH", path.data, body, &r, e);
}

static void change(struct change *const *changes, size_t n, bool in)
{
	static const struct rrset_api how = { has_zone, get, put };
	const struct dns_config *c = changes[0]->record->config;
	AUTO(api) struct api a;

	api_open(&a, c, BASE);
	api_header(&a, "Authorization: Token %s", c->secret.data);
	rrset_change(&a, changes, n, in, &how);
}

static void present(struct change *const *changes, size_t n)
{
	change(changes, n, true);
}

static void cleanup(struct change *const *changes, size_t n)
{
	change(changes, n, false);
}

const struct provider provider_desec = {
	.name = "desec",
	.present = present,
	.cleanup = cleanup,
};
