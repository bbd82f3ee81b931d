/*
 * deSEC (https://desec.readthedocs.io/en/latest/dns/rrsets.html): a token.
 *
 * An account has 50 reads a minute, and a domain 15 writes (rate-limits.html), so that many
 * names are asked for and written at once, whatever their number. What is listed comes in
 * pages of 500: where there is more, the list is refused with 400, and it's one by one.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "dns/private/rrset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BASE "https://desec.io/api/v1"

enum { MORE_THAN_A_PAGE = 400 };

static bool get_list(struct api *a, const char *path, struct api_answer *r, struct err *e)
{
	if (!api_call(a, "GET", path, NULL, r, e))
		return false;
	return cJSON_IsArray(r->json) || err_set(e, ERR_DNS, "the answer is no list");
}

/* ---- domains ---- */

/* All of the account; or the one that has the name, as a list. */
static bool domains(struct api *a, const char *name, struct api_answer *r, struct err *e)
{
	AUTO(buf) struct buf path = BUF_EMPTY;

	buf_puts(&path, "/domains/");
	if (name) {
		buf_puts(&path, "?owns_qname=");
		api_escape(&path, name);
	}
	return get_list(a, path.data, r, e);
}

static const cJSON *domain_of(const cJSON *list, const char *name, const char *only)
{
	const cJSON *domain, *best = NULL;
	size_t longest = 0;

	cJSON_ArrayForEach(domain, list)
	{
		const char *zone = api_text(domain, "name");

		if (!zone || !text_in_zone(name, strlen(name), zone) ||
			(only && strcasecmp(zone, only) != 0) || strlen(zone) <= longest)
			continue;
		longest = strlen(zone);
		best = domain;
	}
	return best;
}

/* The domain's minimum TTL goes as its id: "3600". */
static bool take_domain(struct api *a, const cJSON *list, struct rrset *s)
{
	const cJSON *domain = domain_of(list, s->name, a->config->zone);
	AUTO(str) char *host = api_host(a);

	if (!domain)
		return err_set(&s->err, ERR_DNS,
			"%s: this account has no zone that %s is in", host, s->name);
	s->zone.name = xstrdup(api_text(domain, "name"));
	if (!api_id(domain, "minimum_ttl", &s->zone.id))
		buf_puts(&s->zone.id, "3600");
	return true;
}

static bool locate_one(struct api *a, struct rrset *s)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	const char *only = a->config->zone;

	if (only && !text_in_zone(s->name, strlen(s->name), only))
		return err_set(&s->err, ERR_CONFIG, "%s isn't in zone %s", s->name, only);
	return domains(a, only ? only : s->name, &r, &s->err) && take_domain(a, r.json, s);
}

static void locate(struct api *a, struct rrset *list, size_t n)
{
	AUTO(api_answer) struct api_answer all = API_ANSWER_EMPTY;
	struct err e;
	const bool whole = n > 1 && domains(a, NULL, &all, &e);

	for (size_t i = 0; i < n; i++)
		if (whole)
			(void)take_domain(a, all.json, &list[i]);
		else if (n == 1 || all.status == MORE_THAN_A_PAGE)
			(void)locate_one(a, &list[i]);
		else
			list[i].err = e;
}

/* ---- sets ---- */

static void sets_path(const struct api_zone *z, struct buf *path)
{
	buf_puts(path, "/domains/");
	api_escape(path, z->name);
	buf_puts(path, "/rrsets/");
}

static void take_set(const cJSON *set, struct rrset *s)
{
	const cJSON *ttl = cJSON_GetObjectItemCaseSensitive(set, "ttl");
	const cJSON *record;

	cJSON_ArrayForEach(record, cJSON_GetObjectItemCaseSensitive(set, "records"))
	{
		if (cJSON_IsString(record))
			rrset_add(s, record->valuestring, false);
	}
	if (s->n && cJSON_IsNumber(ttl))
		s->ttl = ttl->valueint;
}

static bool get_one(struct api *a, struct rrset *s, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY;

	sets_path(&s->zone, &path);
	api_below(s->name, s->zone.name, &below);
	api_escape(&path, below.len ? below.data : "@");
	buf_puts(&path, "/TXT/");
	if (!api_call(a, "GET", path.data, NULL, &r, e))
		return r.status == 404;
	/* taken for an empty set, it would be overwritten */
	if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(r.json, "records")))
		return err_set(e, ERR_DNS, "the answer has no records");
	take_set(r.json, s);
	return true;
}

static void pick(const cJSON *sets, struct rrset *s)
{
	AUTO(buf) struct buf below = BUF_EMPTY;
	const cJSON *set;

	api_below(s->name, s->zone.name, &below);
	cJSON_ArrayForEach(set, sets)
	{
		if (text_eq(api_text(set, "type"), "TXT") &&
			text_eq(api_text(set, "subname"), below.data))
			take_set(set, s);
	}
}

static bool get(struct api *a, struct rrset *list, size_t n, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	bool whole;

	sets_path(&list->zone, &path);
	buf_puts(&path, "?type=TXT");
	whole = n > 1 && get_list(a, path.data, &r, e);
	if (n > 1 && !whole && r.status != MORE_THAN_A_PAGE)
		return false;
	for (size_t i = 0; i < n; i++)
		if (whole)
			pick(r.json, &list[i]);
		else if (!get_one(a, &list[i], e))
			return false;
	return true;
}

static cJSON *patch(const struct rrset *s)
{
	AUTO(buf) struct buf below = BUF_EMPTY;
	const int least = (int)strtol(s->zone.id.data, NULL, 10);
	cJSON *set = cJSON_CreateObject(), *records;

	api_below(s->name, s->zone.name, &below);
	cJSON_AddStringToObject(set, "subname", below.data);
	cJSON_AddStringToObject(set, "type", "TXT");
	cJSON_AddNumberToObject(set, "ttl", s->ttl < least ? least : s->ttl);
	records = cJSON_AddArrayToObject(set, "records");
	for (size_t i = 0; i < s->n; i++) {
		AUTO(buf) struct buf text = BUF_EMPTY;

		api_quote(s->values[i].text, &text);
		cJSON_AddItemToArray(records, cJSON_CreateString(text.data));
	}
	return set;
}

/* In bulk: that makes, changes and (without records) deletes sets alike, all or none. */
static bool put(struct api *a, const struct rrset *list, size_t n, struct api_answer *r,
	struct err *e)
{
	AUTO(json) cJSON *body = cJSON_CreateArray();
	AUTO(buf) struct buf path = BUF_EMPTY;

	for (size_t i = 0; i < n; i++)
		if (list[i].changed)
			cJSON_AddItemToArray(body, patch(&list[i]));
	sets_path(&list->zone, &path);
	return api_call(a, "PATCH", path.data, body, r, e);
}

static void change(struct change *const *changes, size_t n, bool in)
{
	static const struct rrset_api how = { .locate = locate, .get = get, .put = put };
	const struct dns_config *c = changes[0]->record->config;
	AUTO(api) struct api a;

	api_open(&a, c, BASE);
	api_header(&a, "Authorization: Token %s", c->secret.data);
	rrset_change(&a, changes, n, in, &how);
}

const struct provider provider_desec = {
	.name = "desec",
	.change = change,
};
