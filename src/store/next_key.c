#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>
#include <unistd.h>

static char *next_path(const struct store *s, const char *name, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	return dir ? path_in(dir, "next-privkey.pem") : NULL;
}

bool store_next_key(
	const struct store *s, const char *name, struct key **key, struct err *e)
{
	AUTO(str) char *path = next_path(s, name, e);
	AUTO(buf) struct buf pem = BUF_EMPTY;

	*key = NULL;
	if (!path)
		return false;
	if (!fs_exists(path) && errno == ENOENT)
		return true;
	if (!fs_read(path, PART_MAX, &pem, e))
		return false;
	*key = key_from_pem(pem.data, pem.len, e);
	return *key || err_wrap(e, "%s", path);
}

bool store_next_key_save(
	struct store *s, const char *name, const struct key *key, struct err *e)
{
	AUTO(str) char *path = next_path(s, name, e);
	AUTO(buf) struct buf pem = BUF_EMPTY;

	return path && key_to_pem(key, &pem, e) &&
		fs_write(path, pem.data, pem.len, 0600, e);
}

bool store_next_key_drop(struct store *s, const char *name, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *path = next_path(s, name, e);

	if (!path)
		return false;
	if (unlink(path) < 0)
		return errno == ENOENT || err_sys(e, "%s", path);
	return fs_sync_dir(dir, e);
}
