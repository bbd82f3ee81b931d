#include "store/account.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>
#include <unistd.h>

void account_record_clear(struct account_record *r)
{
	free(r->url);
	free(r->contact);
	*r = (struct account_record){ 0 };
}

bool account_record_load(const char *dir, struct account_record *r, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "account.json");
	AUTO(json) cJSON *json = NULL;

	if (!fs_exists(path) && errno == ENOENT)
		return true;
	json = record_read(path, e);
	if (!json)
		return false;
	if (record_text(json, "url", &r->url, e) &&
		record_text(json, "contact", &r->contact, e))
		return true;
	account_record_clear(r);
	return err_wrap(e, "%s", path);
}

bool account_record_save(const char *dir, const struct account_record *r, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "account.json");
	AUTO(json) cJSON *json = cJSON_CreateObject();

	record_add_text(json, "url", r->url);
	record_add_text(json, "contact", r->contact);
	return record_write(path, json, e);
}

bool account_record_drop(const char *dir, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "account.json");

	return unlink(path) == 0 || errno == ENOENT || err_sys(e, "%s", path);
}
