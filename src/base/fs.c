#include "base/fs.h"
#include "base/alloc.h"
#include "base/wait.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#define TEMP_SUFFIX ".tmp"
#define TEMP_RANDOM 6
#define TEMP_TRIES  100

static bool slurp(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		buf_reserve(out, 8192);
		n = read(fd, out->data + out->len, 8192);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "%s", path);
		if (n == 0)
			break;
		out->len += (size_t)n;
		if (out->len - start > max)
			return err_set(e, ERR_IO, "%s: larger than %zu bytes", path, max);
	}
	out->data[out->len] = '\0';
	return true;
}

static bool read_whole(
	const char *path, size_t max, mode_t forbidden, struct buf *out, struct err *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t start = out->len;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "%s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, "%s: is a directory", path);
	if (st.st_mode & forbidden)
		return err_set(e, ERR_REFUSED,
			"%s: holds a secret that others can read (mode %04o): chmod 600 %s",
			path, (unsigned)(st.st_mode & 07777), path);
	if (slurp(fd, path, max, out, e))
		return true;
	/* slurp's last read may be past len: wiped with the rest */
	wipe(out->data + start, out->size - start);
	out->len = start;
	return false;
}

bool fs_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_whole(path, max, 0, out, e);
}

bool fs_read_secret(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_whole(path, max, S_IRGRP | S_IROTH, out, e);
}

/* The place of the name in a path that may end in slashes; *len without them. */
static const char *last_part(const char *path, size_t *len)
{
	const char *end = path + strlen(path);
	const char *name;

	while (end > path + 1 && end[-1] == '/')
		end--;
	for (name = end; name > path && name[-1] != '/'; name--)
		;
	*len = (size_t)(end - name);
	return name;
}

/* DIR/.NAME.XXXXXX.tmp; a long NAME is cut, since a file name has 255 bytes at most. */
static char *temp_path(const char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[TEMP_RANDOM];
	char text[TEMP_RANDOM + 1] = "";
	size_t len;
	const char *name = last_part(path, &len);

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		abort();
	for (size_t i = 0; i < sizeof bytes; i++)
		text[i] = letters[bytes[i] & 31];
	return xasprintf("%.*s.%.*s.%s" TEMP_SUFFIX, (int)(name - path), path,
		(int)(len > 200 ? 200 : len), name, text);
}

bool fs_is_temp(const char *name)
{
	size_t len = strlen(name), tail = strlen(TEMP_SUFFIX);

	return len > 1 + 1 + TEMP_RANDOM + tail && name[0] == '.' &&
		name[len - tail - TEMP_RANDOM - 1] == '.' &&
		strcmp(name + len - tail, TEMP_SUFFIX) == 0;
}

/* A new file beside path, 0600; its name goes to *temp. */
static int create_temp(const char *path, char **temp)
{
	for (int tries = 0; tries < TEMP_TRIES; tries++) {
		AUTO(str) char *name = temp_path(path);
		int fd = open(
			name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd >= 0)
			*temp = TAKE(name);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static bool write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool give(int fd, const struct stat *owner)
{
	return (owner->st_uid == geteuid() && owner->st_gid == getegid()) ||
		fchown(fd, owner->st_uid, owner->st_gid) == 0;
}

/* The file is complete and on disk before it gets its name. like: whose owner it gets, or
 * NULL. */
static bool fill(const char *path, const void *data, size_t len, mode_t mode,
	const struct stat *like, char **temp)
{
	AUTO(fd) int fd = create_temp(path, temp);

	return fd >= 0 && (!like || give(fd, like)) && fchmod(fd, mode) == 0 &&
		write_all(fd, data, len) && fsync(fd) == 0;
}

static bool sync_parent(const char *path, struct err *e)
{
	AUTO(str) char *dir = fs_dirname(path);

	return fs_sync_dir(dir, e);
}

/* temp becomes path, or is removed. */
static bool put_in_place(bool ready, const char *temp, const char *path, struct err *e)
{
	int cause;

	if (ready && rename(temp, path) == 0)
		return sync_parent(path, e);
	cause = errno;
	if (temp)
		unlink(temp);
	errno = cause;
	return err_sys(e, "%s", path);
}

bool fs_write(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	AUTO(str) char *temp = NULL;
	bool ready = fill(path, data, len, mode, NULL, &temp);

	return put_in_place(ready, temp, path, e);
}

bool fs_rewrite(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	AUTO(str) char *real = realpath(path, NULL);
	AUTO(str) char *temp = NULL;
	struct stat st;
	bool ready;

	if (!real || stat(real, &st) < 0)
		return fs_write(path, data, len, mode, e);
	ready = fill(real, data, len, st.st_mode & 07777, &st, &temp);
	return put_in_place(ready, temp, real, e);
}

bool fs_symlink_swap(const char *target, const char *path, struct err *e)
{
	for (int tries = 0; tries < TEMP_TRIES; tries++) {
		AUTO(str) char *temp = temp_path(path);

		if (symlink(target, temp) == 0)
			return put_in_place(true, temp, path, e);
		if (errno != EEXIST)
			break;
	}
	return err_sys(e, "%s", path);
}

bool fs_sync_dir(const char *path, struct err *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", path);
	/* EINVAL: a file system that can't sync directories, and needn't */
	if (fsync(fd) < 0 && errno != EINVAL)
		return err_sys(e, "%s: sync", path);
	return true;
}

static bool make_one(const char *path, mode_t mode, struct err *e)
{
	if (mkdir(path, mode) == 0) {
		/* once more, since the umask may have taken from it */
		if (chmod(path, mode) < 0)
			return err_sys(e, "%s", path);
		return sync_parent(path, e);
	}
	if (fs_is_dir(path))
		return true;
	return err_sys(e, "%s", path);
}

bool fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
	AUTO(str) char *copy = xstrdup(path);

	for (char *p = copy + 1; *copy && *p; p++) {
		bool made;

		if (*p != '/' || p[-1] == '/')
			continue;
		*p = '\0';
		made = make_one(copy, mode, e);
		*p = '/';
		if (!made)
			return false;
	}
	return make_one(copy, mode, e);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes fd. */
static bool list(int fd, const char *path, char ***names, size_t *n, struct err *e)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	int cause;

	*names = NULL;
	*n = 0;
	if (!d) {
		err_sys(e, "%s", path);
		close(fd);
		return false;
	}
	while ((void)(errno = 0), (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		GROW(*names, *n);
		(*names)[(*n)++] = xstrdup(entry->d_name);
	}
	cause = errno;
	closedir(d);
	if (cause) {
		errno = cause;
		err_sys(e, "%s", path);
		fs_names_free(TAKE(*names), *n);
		return false;
	}
	if (*n > 1)
		qsort(*names, *n, sizeof **names, by_name);
	return true;
}

bool fs_names(const char *dir, char ***names, size_t *n, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*names = NULL;
	*n = 0;
	if (fd < 0)
		return err_sys(e, "%s", dir);
	return list(fd, dir, names, n, e);
}

void fs_names_free(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}

static bool remove_at(int dir, const char *name, const char *path, struct err *e);

static bool empty_at(int dir, const char *name, const char *path, struct err *e)
{
	AUTO(fd)
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	bool removed = true;
	char **names;
	size_t n;

	if (copy < 0)
		return err_sys(e, "%s", path);
	if (!list(copy, path, &names, &n, e))
		return false;
	for (size_t i = 0; removed && i < n; i++) {
		AUTO(str) char *below = xasprintf("%s/%s", path, names[i]);

		removed = remove_at(fd, names[i], below, e);
	}
	fs_names_free(names, n);
	return removed;
}

static bool remove_at(int dir, const char *name, const char *path, struct err *e)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR)
		return err_sys(e, "%s", path);
	if (!empty_at(dir, name, path, e))
		return false;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, "%s", path);
	return true;
}

bool fs_remove_tree(const char *path, struct err *e)
{
	return remove_at(AT_FDCWD, path, path, e);
}

bool fs_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *home(void)
{
	const char *dir = getenv("HOME");
	struct passwd pw, *found;
	char room[4096];

	if (dir && *dir == '/')
		return xstrdup(dir);
	if (getpwuid_r(getuid(), &pw, room, sizeof room, &found) == 0 && found)
		return xstrdup(found->pw_dir);
	return xstrdup("/");
}

static char *join(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	return xasprintf("%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", path);
}

char *fs_join(const char *dir, const char *path)
{
	if (path[0] == '~' && (path[1] == '/' || !path[1])) {
		AUTO(str) char *top = home();

		return path[1] && path[2] ? join(top, path + 2) : TAKE(top);
	}
	if (*path == '/' || !dir || !*dir || strcmp(dir, ".") == 0)
		return xstrdup(path);
	return join(dir, path);
}

char *fs_dirname(const char *path)
{
	size_t len;
	const char *end = last_part(path, &len);

	if (end == path)
		return xstrdup(*path == '/' ? "/" : ".");
	while (end > path + 1 && end[-1] == '/')
		end--;
	return xstrndup(path, (size_t)(end - path));
}

static bool tell_holder(int fd, const char *path, struct err *e)
{
	char who[200];
	ssize_t n = pread(fd, who, sizeof who - 1, 0);

	who[n > 0 ? n : 0] = '\0';
	who[strcspn(who, "\n")] = '\0';
	return err_set(e, ERR_LOCKED, "another run holds the lock: %s", *who ? who : path);
}

/* The new line first, then the cut: whoever reads meanwhile sees a name, not nothing. */
static bool sign(int fd, const char *who)
{
	AUTO(str) char *line = xasprintf("%s\n", who);
	size_t len = strlen(line);

	return pwrite(fd, line, len, 0) == (ssize_t)len && ftruncate(fd, (off_t)len) == 0;
}

static bool hold(int fd, const char *path, const char *who, struct err *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return sign(fd, who) || err_sys(e, "%s", path);
	return errno == EWOULDBLOCK ? tell_holder(fd, path, e) : err_sys(e, "%s", path);
}

bool fs_lock(const char *path, const char *who, int *fd, struct err *e)
{
	int lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (lock < 0)
		return err_sys(e, "%s", path);
	if (!hold(lock, path, who, e)) {
		close(lock);
		return false;
	}
	*fd = lock;
	return true;
}
