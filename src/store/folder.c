#include "store/private/folder.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static char *temp_of(const char *dir, const char *name)
{
	return xasprintf("%s/.%s", dir, name);
}

/* By one step, so that one that is replaced is whole, old or new, at every instant. */
static bool put_in_place(const char *temp, const char *path, struct err *e)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return fs_remove_tree(temp, e);
	/* Not there yet, or a file system that can't exchange. */
	if (errno != ENOENT && !fs_remove_tree(path, e))
		return false;
	return rename(temp, path) == 0 || err_sys(e, "%s", path);
}

bool folder_put(const char *dir, const char *name, folder_fill *fill, const void *what,
	struct err *e)
{
	AUTO(str) char *path = path_in(dir, name);
	AUTO(str) char *temp = temp_of(dir, name);

	if (!fs_mkdirs(dir, 0700, e) || !fs_remove_tree(temp, e) ||
		!fs_mkdirs(temp, 0700, e))
		return false;
	if (fill(temp, what, e) && put_in_place(temp, path, e))
		return fs_sync_dir(dir, e);
	sweep(temp);
	return false;
}

/* Renamed first: what is half removed must not look like a damaged one. */
bool folder_drop(const char *dir, const char *name, struct err *e)
{
	AUTO(str) char *path = path_in(dir, name);
	AUTO(str) char *temp = temp_of(dir, name);

	if (!fs_remove_tree(temp, e))
		return false;
	if (rename(path, temp) < 0)
		return errno == ENOENT || err_sys(e, "%s", path);
	return fs_sync_dir(dir, e) && fs_remove_tree(temp, e);
}
