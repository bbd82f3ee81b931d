#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#define AT(member)                                                                         \
	{                                                                                  \
#member, offsetof(struct store_state, member)                              \
	}
struct member {
	const char *name;
	size_t offset;
};
static const struct member texts[] = { AT(directory), AT(account), AT(order),
	AT(last_error), AT(profile), AT(revoked), AT(ordered_names), AT(ordered_at),
	AT(limited_by), AT(renewal_id), AT(renewal_why) };
static const struct member times[] = { AT(issued), AT(not_before), AT(retry_at),
	AT(ordered), AT(renewal_start), AT(renewal_end), AT(renewal_at),
	AT(renewal_again) };

static char **text_at(const struct store_state *st, size_t i)
{
	return (char **)(uintptr_t)((const char *)st + texts[i].offset);
}

static time_t *time_at(const struct store_state *st, size_t i)
{
	return (time_t *)(uintptr_t)((const char *)st + times[i].offset);
}

void store_state_clear(struct store_state *st)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(*text_at(st, i));
	*st = (struct store_state){ 0 };
}

static bool from_json(const cJSON *json, struct store_state *st, struct err *e)
{
	int64_t number;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!record_text(json, texts[i].name, text_at(st, i), e))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (!record_time(json, times[i].name, time_at(st, i), e))
			return false;
	if (!record_number(json, "failures", INT_MAX, &number, e))
		return false;
	st->failures = (int)number;
	return true;
}

bool store_state_load(
	const struct store *s, const char *name, struct store_state *st, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *path = dir ? path_in(dir, "state.json") : NULL;
	AUTO(store_state) struct store_state read = { 0 };
	AUTO(json) cJSON *json = NULL;

	if (!path)
		return false;
	if (!fs_exists(path) && errno == ENOENT) {
		*st = (struct store_state){ 0 };
		return true;
	}
	json = record_read(path, e);
	if (!json)
		return false;
	if (!from_json(json, &read, e))
		return err_wrap(e, "%s", path);
	*st = read;
	read = (struct store_state){ 0 };
	return true;
}

bool store_state_save(
	struct store *s, const char *name, const struct store_state *st, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *path = dir ? path_in(dir, "state.json") : NULL;
	AUTO(json) cJSON *json = cJSON_CreateObject();

	if (!path || !fs_mkdirs(dir, 0700, e))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		record_add_text(json, texts[i].name, *text_at(st, i));
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		record_add_time(json, times[i].name, *time_at(st, i));
	cJSON_AddNumberToObject(json, "failures", st->failures);
	return record_write(path, json, e);
}
