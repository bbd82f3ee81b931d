#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/folder.h"
#include "store/private/store.h"

#include <errno.h>

static const char folder[] = "replaced";

void store_replaced_clear(struct store_replaced *r)
{
	bundle_clear(&r->old);
	free(r->reason);
	free(r->directory);
	*r = (struct store_replaced)STORE_REPLACED_EMPTY;
}

static bool read_json(const char *dir, struct store_replaced *r, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "replaced.json");
	AUTO(json) cJSON *json = record_read(path, e);

	if (!json)
		return false;
	if (!record_text(json, "reason", &r->reason, e) ||
		!record_text(json, "directory", &r->directory, e))
		return err_wrap(e, "%s", path);
	return r->reason || err_set(e, ERR_IO, "%s: damaged: there is no reason", path);
}

bool store_replaced_load(const struct store *s, const char *name, struct store_replaced *r,
	bool *found, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *path = dir ? path_in(dir, folder) : NULL;

	*found = false;
	if (!path)
		return false;
	if (!fs_exists(path) && errno == ENOENT)
		return true;
	if (!read_json(path, r, e) || !bundle_load(path, &r->old, e)) {
		store_replaced_clear(r);
		return false;
	}
	*found = true;
	return true;
}

static bool fill(const char *dir, const void *what, struct err *e)
{
	const struct store_replaced *r = what;
	AUTO(str) char *path = path_in(dir, "replaced.json");
	AUTO(json) cJSON *json = cJSON_CreateObject();

	record_add_text(json, "reason", r->reason);
	record_add_text(json, "directory", r->directory);
	return bundle_save(dir, &r->old, e) && record_write(path, json, e);
}

bool store_replaced_save(
	struct store *s, const char *name, const struct store_replaced *r, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	return dir && folder_put(dir, folder, fill, r, e);
}

bool store_replaced_drop(struct store *s, const char *name, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	return dir && folder_drop(dir, folder, e);
}
