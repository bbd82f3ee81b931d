#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/folder.h"
#include "store/private/store.h"

#include <errno.h>

void store_order_clear(struct store_order *o)
{
	free(o->url);
	free(o->account);
	free(o->directory);
	free(o->profile);
	for (size_t i = 0; i < o->n_names; i++)
		free(o->names[i]);
	free(o->names);
	key_free(o->key);
	buf_clear(&o->csr);
	*o = (struct store_order)STORE_ORDER_EMPTY;
}

static bool names_from_json(const cJSON *json, struct store_order *o, struct err *e)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "names"), *item;

	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return err_set(e, ERR_IO, "damaged: a name is not a text");
		GROW(o->names, o->n_names);
		o->names[o->n_names++] = xstrdup(item->valuestring);
	}
	return o->n_names > 0 || err_set(e, ERR_IO, "damaged: there are no names");
}

static bool read_json(const char *dir, struct store_order *o, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "order.json");
	AUTO(json) cJSON *json = record_read(path, e);

	if (!json)
		return false;
	return (record_text(json, "url", &o->url, e) &&
		       record_text(json, "account", &o->account, e) &&
		       record_text(json, "directory", &o->directory, e) &&
		       record_text(json, "profile", &o->profile, e) &&
		       names_from_json(json, o, e)) ||
		err_wrap(e, "%s", path);
}

static bool read_key(const char *dir, struct store_order *o, struct err *e)
{
	AUTO(str) char *path = path_in(dir, part_files[PRIVKEY]);
	AUTO(buf) struct buf pem = BUF_EMPTY;

	if (!fs_read(path, PART_MAX, &pem, e))
		return false;
	o->key = key_from_pem(pem.data, pem.len, e);
	return o->key || err_wrap(e, "%s", path);
}

static bool read_csr(const char *dir, struct store_order *o, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "csr.der");

	if (!fs_read(path, PART_MAX, &o->csr, e))
		return false;
	return key_check_csr(
		       o->key, &o->csr, (const char *const *)o->names, o->n_names, e) ||
		err_wrap(e, "%s", path);
}

bool store_order_load(const struct store *s, const char *name, struct store_order *o,
	bool *found, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *path = dir ? path_in(dir, "order") : NULL;

	*found = false;
	if (!path)
		return false;
	if (!fs_exists(path) && errno == ENOENT)
		return true;
	if (!read_json(path, o, e) || !read_key(path, o, e) || !read_csr(path, o, e)) {
		store_order_clear(o);
		return false;
	}
	*found = true;
	return true;
}

static bool write_json(const char *dir, const struct store_order *o, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "order.json");
	AUTO(json) cJSON *json = cJSON_CreateObject();
	cJSON *names;

	record_add_text(json, "url", o->url);
	record_add_text(json, "account", o->account);
	record_add_text(json, "directory", o->directory);
	record_add_text(json, "profile", o->profile);
	names = cJSON_AddArrayToObject(json, "names");
	for (size_t i = 0; i < o->n_names; i++)
		cJSON_AddItemToArray(names, cJSON_CreateString(o->names[i]));
	return record_write(path, json, e);
}

static bool write_key(const char *dir, const struct store_order *o, struct err *e)
{
	AUTO(str) char *path = path_in(dir, part_files[PRIVKEY]);
	AUTO(buf) struct buf pem = BUF_EMPTY;

	return key_to_pem(o->key, &pem, e) && fs_write(path, pem.data, pem.len, 0600, e);
}

static bool write_csr(const char *dir, const struct store_order *o, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "csr.der");

	return fs_write(path, o->csr.data, o->csr.len, 0600, e);
}

static bool fill(const char *dir, const void *what, struct err *e)
{
	const struct store_order *o = what;

	return write_key(dir, o, e) && write_csr(dir, o, e) && write_json(dir, o, e);
}

bool store_order_save(
	struct store *s, const char *name, const struct store_order *o, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	return dir && folder_put(dir, "order", fill, o, e);
}

bool store_order_drop(struct store *s, const char *name, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	return dir && folder_drop(dir, "order", e);
}
