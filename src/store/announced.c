#include "store/announced.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "store/private/store.h"

#include <errno.h>

static const char file[] = "tlsa.json";

static void clear_one(struct announced *a)
{
	free(a->name);
	free(a->record);
	free(a->place);
}

void announcements_clear(struct announcements *all)
{
	for (size_t i = 0; i < all->n; i++)
		clear_one(&all->list[i]);
	free(all->list);
	*all = (struct announcements){ 0 };
}

struct announced *announcements_find(
	const struct announcements *all, const char *name, const char *record)
{
	for (size_t i = 0; i < all->n; i++)
		if (text_eq(all->list[i].name, name) &&
			text_eq(all->list[i].record, record))
			return &all->list[i];
	return NULL;
}

struct announced *announcements_add(
	struct announcements *all, const char *name, const char *record)
{
	struct announced *there = announcements_find(all, name, record);

	if (there)
		return there;
	GROW(all->list, all->n);
	all->list[all->n] =
		(struct announced){ .name = xstrdup(name), .record = xstrdup(record) };
	return &all->list[all->n++];
}

void announcements_drop(struct announcements *all, const struct announced *a)
{
	const size_t i = (size_t)(a - all->list);

	clear_one(&all->list[i]);
	all->list[i] = all->list[--all->n];
}

static bool from_json(const cJSON *item, struct announced *a, struct err *e)
{
	if (!record_text(item, "name", &a->name, e) ||
		!record_text(item, "record", &a->record, e) ||
		!record_text(item, "place", &a->place, e) ||
		!record_time(item, "seen", &a->seen, e) ||
		!record_time(item, "added", &a->added, e))
		return false;
	return (a->name && a->record && (!a->added || a->place)) ||
		err_set(e, ERR_IO, "damaged: a record without a name");
}

bool announcements_load(const struct store *s, struct announcements *all, struct err *e)
{
	AUTO(str) char *path = store_private_path(s, file);
	AUTO(json) cJSON *json = NULL;
	const cJSON *item;

	if (!fs_exists(path) && errno == ENOENT)
		return true;
	json = record_read(path, e);
	if (!json)
		return false;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "records"))
	{
		GROW(all->list, all->n);
		all->list[all->n] = (struct announced){ 0 };
		if (from_json(item, &all->list[all->n++], e))
			continue;
		announcements_clear(all);
		return err_wrap(e, "%s", path);
	}
	return true;
}

bool announcements_save(struct store *s, const struct announcements *all, struct err *e)
{
	AUTO(str) char *path = store_private_path(s, file);
	AUTO(json) cJSON *json = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(json, "records");

	for (size_t i = 0; i < all->n; i++) {
		const struct announced *a = &all->list[i];
		cJSON *item = cJSON_CreateObject();

		record_add_text(item, "name", a->name);
		record_add_text(item, "record", a->record);
		record_add_text(item, "place", a->place);
		record_add_time(item, "seen", a->seen);
		record_add_time(item, "added", a->added);
		cJSON_AddItemToArray(list, item);
	}
	return record_write(path, json, e);
}
