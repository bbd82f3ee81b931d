#include "store/store.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "digest/digest.h"
#include "store/private/store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char private_dir[] = ".certpush";

char *path_in(const char *dir, const char *file)
{
	return xasprintf("%s/%s", dir, file);
}

char *link_target(const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof target);

	return len < 0 || len == (ssize_t)sizeof target ? NULL
							: xstrndup(target, (size_t)len);
}

void sweep(const char *path)
{
	struct err ignored;

	if (!fs_remove_tree(path, &ignored))
		return;
}

char *store_private_path(const struct store *s, const char *name)
{
	return xasprintf("%s/%s/%s", s->path, private_dir, name);
}

/* False if there is none; a damaged one is replaced: it only names staging directories. */
static bool read_id(struct store *s)
{
	AUTO(str) char *path = store_private_path(s, "id");
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err none;

	if (!fs_read(path, 64, &text, &none))
		return false;
	if (text.len < 16 || strspn(text.data, "0123456789abcdef") != 16)
		return false;
	memcpy(s->id, text.data, 16);
	return true;
}

static bool make_private(const struct store *s, struct err *e)
{
	AUTO(str) char *path = path_in(s->path, private_dir);

	return fs_mkdirs(path, 0700, e);
}

struct store *store_open(const char *path, bool create, struct err *e)
{
	AUTO(store) struct store *s = xcalloc(1, sizeof *s);

	s->path = xstrdup(path);
	s->lock_fd = -1;
	if (create && !make_private(s, e))
		return NULL;
	if (fs_exists(path) && !fs_is_dir(path)) {
		err_set(e, ERR_IO, "%s: no store: not a directory", path);
		return NULL;
	}
	if (!read_id(s))
		random_hex(s->id, 8);
	return TAKE(s);
}

void store_free(struct store *s)
{
	if (!s)
		return;
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->path);
	free(s);
}

/* Under the lock, so that two first runs agree on one. */
static bool keep_id(struct store *s, struct err *e)
{
	AUTO(str) char *path = store_private_path(s, "id");
	AUTO(str) char *line = NULL;

	if (read_id(s))
		return true;
	line = xasprintf("%s\n", s->id);
	return fs_write(path, line, strlen(line), 0600, e);
}

bool store_lock(struct store *s, const char *verb, struct err *e)
{
	AUTO(str) char *path = store_private_path(s, "lock");
	AUTO(str)
	char *who = xasprintf(
		"%s, pid %ld, since %s", verb, (long)getpid(), time_rfc3339(clock_now()).s);

	if (s->lock_fd >= 0)
		return true;
	return make_private(s, e) && fs_lock(path, who, &s->lock_fd, e) && keep_id(s, e);
}

const char *store_id(const struct store *s)
{
	return s->id;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || strchr("/*\x7f", name[i]))
			return false;
	return len > 0 && len <= 200 && name[0] != '.';
}

char *store_dir(const struct store *s, const char *name, struct err *e)
{
	if (!is_name(name)) {
		err_set(e, ERR_CONFIG, "'%.200s' can't be the name of a certificate", name);
		return NULL;
	}
	return path_in(s->path, name);
}

static char *fullchain_path(const struct store *s, const char *name)
{
	struct err none;
	AUTO(str) char *dir = store_dir(s, name, &none);

	return dir ? path_in(dir, part_files[FULLCHAIN]) : NULL;
}

bool store_has(const struct store *s, const char *name)
{
	AUTO(str) char *path = fullchain_path(s, name);

	return path && fs_exists(path);
}

bool store_lacks(const struct store *s, const char *name)
{
	AUTO(str) char *path = fullchain_path(s, name);

	return !path || (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR));
}

bool store_names(const struct store *s, char ***names, size_t *n, struct err *e)
{
	char **all;
	size_t n_all;

	*n = 0;
	if (!fs_exists(s->path))
		return err_set(
			e, ERR_IO, "%s: no store here: certpush renew makes it", s->path);
	if (!fs_names(s->path, &all, &n_all, e))
		return false;
	for (size_t i = 0; i < n_all; i++) {
		if (store_has(s, all[i]))
			all[(*n)++] = all[i];
		else
			free(all[i]);
	}
	*names = all;
	return true;
}
