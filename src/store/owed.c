#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void clear_one(struct store_owed *o)
{
	free(o->host);
	free(o->service);
	free(o->certificate);
}

void store_owing_clear(struct store_owing *all)
{
	for (size_t i = 0; i < all->n; i++)
		clear_one(&all->list[i]);
	free(all->list);
	*all = (struct store_owing){ 0 };
}

struct store_owed *store_owing_find(
	const struct store_owing *all, const char *host, const char *service)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->list[i].host, host) == 0 &&
			strcmp(all->list[i].service, service) == 0)
			return &all->list[i];
	return NULL;
}

void store_owing_drop(struct store_owing *all, struct store_owed *o)
{
	clear_one(o);
	*o = all->list[--all->n];
}

struct store_owed *store_owing_add(struct store_owing *all, const char *host,
	const char *service, const char *certificate)
{
	GROW(all->list, all->n);
	all->list[all->n] = (struct store_owed){ .host = xstrdup(host),
		.service = xstrdup(service),
		.certificate = xstrdup(certificate) };
	return &all->list[all->n++];
}

static bool from_json(const cJSON *json, struct store_owing *all, struct err *e)
{
	struct store_owed *o;

	GROW(all->list, all->n);
	o = &all->list[all->n++];
	*o = (struct store_owed){ 0 };
	if (!record_text(json, "host", &o->host, e) ||
		!record_text(json, "service", &o->service, e) ||
		!record_text(json, "certificate", &o->certificate, e))
		return false;
	if (!o->host || !o->service || !o->certificate)
		return err_set(e, ERR_IO, "damaged: an entry is incomplete");
	return record_time(json, "since", &o->since, e) &&
		record_time(json, "until", &o->until, e) &&
		record_time(json, "expires", &o->expires, e);
}

static bool load(const char *path, struct store_owing *all, struct err *e)
{
	AUTO(json) cJSON *json = record_read(path, e);
	const cJSON *list, *item;

	if (!json)
		return false;
	list = cJSON_GetObjectItemCaseSensitive(json, "owed");
	if (!cJSON_IsArray(list))
		return err_set(e, ERR_IO, "%s: damaged: \"owed\" is not a list", path);
	cJSON_ArrayForEach(item, list)
	{
		if (!from_json(item, all, e))
			return err_wrap(e, "%s", path);
	}
	return true;
}

bool store_owing_load(const struct store *s, struct store_owing *all, struct err *e)
{
	AUTO(str) char *path = store_private_path(s, "owed.json");

	if ((!fs_exists(path) && errno == ENOENT) || load(path, all, e))
		return true;
	store_owing_clear(all);
	return false;
}

bool store_owing_save(struct store *s, const struct store_owing *all, struct err *e)
{
	AUTO(str) char *path = store_private_path(s, "owed.json");
	AUTO(json) cJSON *json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(json, "owed");

	if (all->n == 0)
		return unlink(path) == 0 || errno == ENOENT || err_sys(e, "%s", path);
	for (size_t i = 0; i < all->n; i++) {
		const struct store_owed *o = &all->list[i];
		cJSON *item = cJSON_CreateObject();

		record_add_text(item, "host", o->host);
		record_add_text(item, "service", o->service);
		record_add_text(item, "certificate", o->certificate);
		record_add_time(item, "since", o->since);
		record_add_time(item, "until", o->until);
		record_add_time(item, "expires", o->expires);
		cJSON_AddItemToArray(list, item);
	}
	return record_write(path, json, e);
}
