/*
 * PowerDNS Authoritative Server
 * (https://doc.powerdns.com/authoritative/http-api/zone.html): the URL of its web server,
 * and its api-key.
 */
#include "base/text.h"
#include "dns/private/rrset.h"

#include <string.h>

static void zone_path(const struct api *a, const char *zone, struct buf *path)
{
	const char *server = a->config->server_id ? a->config->server_id : "localhost";

	buf_puts(path, "/api/v1/servers/");
	api_escape(path, server);
	buf_puts(path, "/zones/");
	api_escape(path, zone);
	buf_putc(path, '.');
}

static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	zone_path(a, zone, &path);
	buf_puts(&path, "?rrsets=false");
	*has = api_call(a, "GET", path.data, NULL, &r, e);
	buf_puts(id, zone);
	/* 422: it says so of names that it takes for none */
	return *has || r.status == 404 || r.status == 422;
}

static bool is_set(const cJSON *rrset, const char *name)
{
	const char *owner = api_text(rrset, "name");
	const size_t len = strlen(name);

	return owner && strncasecmp(owner, name, len) == 0 &&
		(strcmp(owner + len, ".") == 0 || !owner[len]) &&
		text_eq(api_text(rrset, "type"), "TXT");
}

static void take_set(const cJSON *rrset, struct rrset *s)
{
	const cJSON *ttl = cJSON_GetObjectItemCaseSensitive(rrset, "ttl");
	const cJSON *record;

	if (cJSON_IsNumber(ttl))
		s->ttl = ttl->valueint;
	cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(rrset, "records"))
	{
		if (api_text(record, "content"))
			rrset_add(s, api_text(record, "content"));
	}
}

/* Older servers pass over the two filters, and send all there is. */
static bool get(struct api *a, const struct api_zone *z, const char *name, struct rrset *s,
	struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	const cJSON *rrset;

	zone_path(a, z->name, &path);
	buf_puts(&path, "?rrset_name=");
	api_escape(&path, name);
	buf_puts(&path, ".&rrset_type=TXT");
	if (!api_call(a, "GET", path.data, NULL, &r, e))
		return false;
	cJSON_ArrayForEach(rrset, cJSON_GetObjectItemCaseSensitive(r.json, "rrsets"))
	{
		if (is_set(rrset, name))
			take_set(rrset, s);
	}
	return true;
}

static cJSON *patch(const char *name, const struct rrset *s)
{
	AUTO(buf) struct buf owner = BUF_EMPTY;
	cJSON *body = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(body, "rrsets");
	cJSON *rrset = cJSON_CreateObject();
	cJSON *records;

	cJSON_AddItemToArray(list, rrset);
	buf_printf(&owner, "%s.", name);
	cJSON_AddStringToObject(rrset, "name", owner.data);
	cJSON_AddStringToObject(rrset, "type", "TXT");
	cJSON_AddStringToObject(rrset, "changetype", s->n ? "REPLACE" : "DELETE");
	if (s->n == 0)
		return body;
	cJSON_AddNumberToObject(rrset, "ttl", s->ttl);
	records = cJSON_AddArrayToObject(rrset, "records");
	for (size_t i = 0; i < s->n; i++) {
		AUTO(buf) struct buf content = BUF_EMPTY;
		cJSON *record = cJSON_CreateObject();

		rrset_quote(s->values[i], &content);
		cJSON_AddStringToObject(record, "content", content.data);
		cJSON_AddFalseToObject(record, "disabled");
		cJSON_AddItemToArray(records, record);
	}
	return body;
}

/* Primaries tell their secondaries when they are asked to; others refuse, and that's well.
 */
static void notify(struct api *a, const struct api_zone *z)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	struct err ignored;

	zone_path(a, z->name, &path);
	buf_puts(&path, "/notify");
	if (!api_call(a, "PUT", path.data, NULL, &r, &ignored))
		return;
}

static bool put(struct api *a, const struct api_zone *z, const char *name,
	const struct rrset *s, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = patch(name, s);
	AUTO(buf) struct buf path = BUF_EMPTY;

	zone_path(a, z->name, &path);
	if (!api_call(a, "PATCH", path.data, body, &r, e))
		return false;
	notify(a, z);
	return true;
}

static void change(struct change *const *changes, size_t n, bool in)
{
	static const struct rrset_api how = { has_zone, get, put };
	const struct dns_config *c = changes[0]->record->config;
	AUTO(api) struct api a;

	api_open(&a, c, c->api);
	api_header(&a, "X-API-Key: %s", c->secret.data);
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

const struct provider provider_powerdns = {
	.name = "powerdns",
	.present = present,
	.cleanup = cleanup,
};
