/*
 * PowerDNS Authoritative Server
 * (https://doc.powerdns.com/authoritative/http-api/zone.html): the URL of its web server,
 * and its api-key.
 */
#include "base/text.h"
#include "dns/private/rrset.h"

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

	return owner && api_same_name(owner, name) &&
		text_eq(api_text(rrset, "type"), "TXT");
}

static void take_set(const cJSON *rrset, struct rrset *s)
{
	const cJSON *ttl = cJSON_GetObjectItemCaseSensitive(rrset, "ttl");
	const cJSON *record;

	cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(rrset, "records"))
	{
		const cJSON *off = cJSON_GetObjectItemCaseSensitive(record, "disabled");

		if (api_text(record, "content"))
			rrset_add(s, api_text(record, "content"), cJSON_IsTrue(off));
	}
	/* a set of comments alone says 0 */
	if (s->n && cJSON_IsNumber(ttl))
		s->ttl = ttl->valueint;
}

/* Servers that don't know the two filters send all there is. */
static bool get_one(struct api *a, struct rrset *s, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	const cJSON *list, *rrset;

	zone_path(a, s->zone.name, &path);
	buf_puts(&path, "?rrset_name=");
	api_escape(&path, s->name);
	buf_puts(&path, ".&rrset_type=TXT");
	if (!api_call(a, "GET", path.data, NULL, &r, e))
		return false;
	list = cJSON_GetObjectItemCaseSensitive(r.json, "rrsets");
	/* taken for an empty set, it would be overwritten */
	if (!cJSON_IsArray(list))
		return err_set(e, ERR_DNS, "the answer has no list of rrsets");
	cJSON_ArrayForEach(rrset, list)
	{
		if (is_set(rrset, s->name))
			take_set(rrset, s);
	}
	return true;
}

static cJSON *patch(const struct rrset *s)
{
	AUTO(buf) struct buf owner = BUF_EMPTY;
	cJSON *rrset = cJSON_CreateObject();
	cJSON *records;

	buf_printf(&owner, "%s.", s->name);
	cJSON_AddStringToObject(rrset, "name", owner.data);
	cJSON_AddStringToObject(rrset, "type", "TXT");
	cJSON_AddStringToObject(rrset, "changetype", s->n ? "REPLACE" : "DELETE");
	if (s->n == 0)
		return rrset;
	cJSON_AddNumberToObject(rrset, "ttl", s->ttl);
	records = cJSON_AddArrayToObject(rrset, "records");
	for (size_t i = 0; i < s->n; i++) {
		AUTO(buf) struct buf content = BUF_EMPTY;
		cJSON *record = cJSON_CreateObject();

		api_quote(s->values[i].text, &content);
		cJSON_AddStringToObject(record, "content", content.data);
		cJSON_AddBoolToObject(record, "disabled", s->values[i].disabled);
		cJSON_AddItemToArray(records, record);
	}
	return rrset;
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

static bool put(struct api *a, const struct rrset *list, size_t n, struct api_answer *r,
	struct err *e)
{
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(buf) struct buf path = BUF_EMPTY;
	cJSON *rrsets = cJSON_AddArrayToObject(body, "rrsets");

	for (size_t i = 0; i < n; i++)
		if (list[i].changed)
			cJSON_AddItemToArray(rrsets, patch(&list[i]));
	zone_path(a, list->zone.name, &path);
	if (!api_call(a, "PATCH", path.data, body, r, e))
		return false;
	notify(a, &list->zone);
	return true;
}

static void ask(
	const struct dns_config *c, struct change *const *changes, size_t n, bool in)
{
	static const struct rrset_api how = {
		.has_zone = has_zone, .get_one = get_one, .put = put
	};
	AUTO(api) struct api a;

	api_open(&a, c, c->api);
	api_header(&a, "X-API-Key: %s", c->secret.data);
	rrset_change(&a, changes, n, in, &how);
}

static void change(struct change *const *changes, size_t n, bool in)
{
	const struct dns_config *c = changes[0]->record->config;
	struct err e;

	if (c->api) {
		ask(c, changes, n, in);
		return;
	}
	err_set(&e, ERR_CONFIG, "powerdns: 'api' is missing: the URL of its web server");
	changes_refuse(changes, n, in, &e);
}

const struct provider provider_powerdns = {
	.name = "powerdns",
	.change = change,
};
