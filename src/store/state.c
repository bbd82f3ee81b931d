#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>
#include <limits.h>

/* The last second of the year 9999; a JSON number holds every one of them exactly. */
static const int64_t max_time = 253402300799;

void store_state_clear(struct store_state *st)
{
	free(st->directory);
	free(st->account);
	free(st->order);
	free(st->last_error);
	*st = (struct store_state){ 0 };
}

static bool from_json(const cJSON *json, struct store_state *st, struct err *e)
{
	int64_t issued, not_before, failures;

	if (!record_text(json, "directory", &st->directory, e) ||
		!record_text(json, "account", &st->account, e) ||
		!record_text(json, "order", &st->order, e) ||
		!record_text(json, "last_error", &st->last_error, e) ||
		!record_number(json, "issued", max_time, &issued, e) ||
		!record_number(json, "not_before", max_time, &not_before, e) ||
		!record_number(json, "failures", INT_MAX, &failures, e))
		return false;
	st->issued = issued;
	st->not_before = not_before;
	st->failures = (int)failures;
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
	record_add_text(json, "directory", st->directory);
	record_add_text(json, "account", st->account);
	record_add_text(json, "order", st->order);
	cJSON_AddNumberToObject(json, "issued", (double)st->issued);
	cJSON_AddNumberToObject(json, "not_before", (double)st->not_before);
	cJSON_AddNumberToObject(json, "failures", st->failures);
	record_add_text(json, "last_error", st->last_error);
	return record_write(path, json, e);
}
