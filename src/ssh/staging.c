#include "ssh/private/staging.h"
#include "base/alloc.h"
#include "ssh/private/copy.h"

#include <string.h>

enum { MAX_DEPTH = 16 };

/* One component of a name, with nothing that leads elsewhere. */
static bool plain(const char *name, size_t len)
{
	return len > 0 && !memchr(name, '/', len) && !(len == 1 && *name == '.') &&
		!(len == 2 && memcmp(name, "..", 2) == 0);
}

/* Where the directory lies: "a", "a/b", "a/b/c". */
struct place {
	char *prefixes[MAX_DEPTH];
	size_t n;
};

static void place_clear(struct place *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->prefixes[i]);
	p->n = 0;
}
DEFINE_AUTO_VALUE(struct place, place, place_clear)

static const char *target(const struct place *p)
{
	return p->prefixes[p->n - 1];
}

static bool place_of(const char *dir, struct place *p, struct err *e)
{
	const char *at = dir + (*dir == '/');
	size_t len;

	do {
		len = strcspn(at, "/");
		if (!plain(at, len) || p->n == MAX_DEPTH)
			return err_set(e, ERR_CONFIG,
				"not a directory to put files in: '%s'", dir);
		at += len;
		p->prefixes[p->n++] = xstrndup(dir, (size_t)(at - dir));
	} while (*at++);
	return true;
}

/* What was seen of the place in the first round. */
struct look {
	size_t home, home_stat;
	size_t lstat[MAX_DEPTH], stat[MAX_DEPTH]; /* of the prefixes but the last */
	size_t mkdir, made;
	struct sftp_attrs owner; /* of the login's home: "us" */
};

/* /tmp is fine, and so is what root set up. A stranger's is not: he could swap ours. */
static bool trusted(const struct look *l, const struct sftp_attrs *a)
{
	bool ours = !a->has_owner || !l->owner.has_owner || a->uid == l->owner.uid ||
		a->uid == 0;
	bool open_to_all = a->has_mode && (a->mode & S_IWOTH) && !(a->mode & S_ISVTX) &&
		!S_ISLNK(a->mode);

	return ours && !open_to_all;
}

static bool check_parents(struct sftp *f, const struct place *p, const struct look *l,
	int64_t deadline, struct err *e)
{
	for (size_t i = 0; i + 1 < p->n; i++) {
		struct sftp_attrs link, a;

		if (!sftp_attrs(f, l->lstat[i], &link, deadline, e) ||
			!sftp_attrs(f, l->stat[i], &a, deadline, e))
			return false;
		if (!link.there || !a.there)
			continue;
		if (!trusted(l, &link) || !trusted(l, &a))
			return err_set(e, ERR_REMOTE,
				"%s belongs to somebody else, or everybody may write to it: "
				"no place for keys",
				p->prefixes[i]);
	}
	return true;
}

/* An old directory of ours, and nothing else that may stand there. */
static bool check_old(
	const struct look *l, const char *path, const struct sftp_attrs *a, struct err *e)
{
	if (a->has_mode && S_ISLNK(a->mode))
		return err_set(e, ERR_REMOTE, "%s is a symbolic link: remove it", path);
	if (a->has_mode && !S_ISDIR(a->mode))
		return err_set(e, ERR_REMOTE, "%s is in the way: not a directory", path);
	if (a->has_owner && l->owner.has_owner && a->uid != l->owner.uid)
		return err_set(e, ERR_REMOTE, "%s belongs to somebody else (uid %u)", path,
			a->uid);
	return true;
}

static bool list(struct sftp *f, const char *path, const struct sftp_handle *h,
	struct sftp_names *names, int64_t deadline, struct err *e)
{
	/* Two at once: the second one tells that the first was all. */
	while (!names->end) {
		size_t first = sftp_readdir(f, h, path), second = sftp_readdir(f, h, path);

		if (!sftp_names(f, first, names, deadline, e) ||
			!sftp_names(f, second, names, deadline, e))
			return false;
	}
	return true;
}

/* Remove the files of a directory, then itself. */
static bool clear(
	struct sftp *f, const char *path, size_t opened, int64_t deadline, struct err *e)
{
	AUTO(sftp_names) struct sftp_names names = { NULL, 0, false };
	struct sftp_handle h;
	size_t first, closed, removed;

	if (!sftp_opened(f, opened, &h, deadline, e) ||
		!list(f, path, &h, &names, deadline, e))
		return false;
	closed = first = sftp_close(f, &h, path);
	for (size_t i = 0; i < names.n; i++) {
		AUTO(str) char *file = xasprintf("%s/%s", path, names.names[i]);

		(void)sftp_remove(f, file);
	}
	removed = sftp_rmdir(f, path);
	if (!sftp_done(f, closed, deadline, e))
		return false;
	for (size_t i = 1; i <= names.n; i++)
		if (!sftp_gone(f, first + i, deadline, e))
			return false;
	return sftp_gone(f, removed, deadline, e);
}

static void look(struct sftp *f, const struct place *p, struct look *l)
{
	if (*target(p) != '/')
		l->home = sftp_realpath(f, ".");
	l->home_stat = sftp_stat(f, ".");
	for (size_t i = 0; i + 1 < p->n; i++) {
		l->lstat[i] = sftp_lstat(f, p->prefixes[i]);
		l->stat[i] = sftp_stat(f, p->prefixes[i]);
	}
}

/* The parents that are missing, then the directory: mkdir tells of the rest. */
static bool make_all(struct sftp *f, const struct place *p, struct look *l,
	int64_t deadline, struct err *e)
{
	for (size_t i = 0; i + 1 < p->n; i++) {
		struct sftp_attrs a;
		size_t made;

		if (!sftp_attrs(f, l->stat[i], &a, deadline, e))
			return false;
		if (a.there)
			continue;
		made = sftp_mkdir(f, p->prefixes[i], S_IRWXU);
		if (!sftp_wait(f, made, deadline, e))
			return false;
		/* Another run may have been quicker: that's a mere failure. */
		if (sftp_code(f, made) == SFTP_PERMISSION_DENIED)
			return sftp_done(f, made, deadline, e);
	}
	l->mkdir = sftp_mkdir(f, target(p), S_IRWXU);
	l->made = sftp_lstat(f, target(p));
	return true;
}

/* mkdir refused: something stands there, or a parent is missing. */
static bool mend(struct sftp *f, const struct place *p, struct look *l, int64_t deadline,
	struct err *e)
{
	struct sftp_attrs a;

	if (!sftp_attrs(f, l->made, &a, deadline, e))
		return false;
	if (a.there &&
		(!check_old(l, target(p), &a, e) ||
			!clear(f, target(p), sftp_opendir(f, target(p)), deadline, e)))
		return false;
	return make_all(f, p, l, deadline, e) && sftp_done(f, l->mkdir, deadline, e);
}

/* Who made it owns it: what mkdir made anew is neither old, nor a link, nor a stranger's.
 */
static bool make(struct sftp *f, const struct place *p, struct look *l, int64_t deadline,
	struct err *e)
{
	struct sftp_attrs a;

	look(f, p, l);
	l->mkdir = sftp_mkdir(f, target(p), S_IRWXU);
	l->made = sftp_lstat(f, target(p));
	if (!sftp_attrs(f, l->home_stat, &l->owner, deadline, e) ||
		!check_parents(f, p, l, deadline, e) ||
		!sftp_wait(f, l->mkdir, deadline, e))
		return false;
	if (sftp_code(f, l->mkdir) != SFTP_OK && !mend(f, p, l, deadline, e))
		return false;
	if (!sftp_attrs(f, l->made, &a, deadline, e))
		return false;
	if (!a.there || (a.has_mode && !S_ISDIR(a.mode)))
		return err_set(e, ERR_REMOTE, "%s was replaced while we looked", target(p));
	/* Some servers don't look at the mode that mkdir carries. */
	return !a.has_mode || (a.mode & (S_IRWXG | S_IRWXO)) == 0 ||
		sftp_done(f, sftp_chmod(f, target(p), S_IRWXU), deadline, e);
}

/* The files under their whole names. */
struct named {
	struct ssh_file *files;
	char **paths;
	size_t n;
};

static struct named named_in(const char *dir, const struct ssh_file *files, size_t n)
{
	struct named all = { xcalloc(n + 1, sizeof *all.files),
		xcalloc(n + 1, sizeof *all.paths), n };

	for (size_t i = 0; i < n; i++) {
		all.paths[i] = xasprintf("%s/%s", dir, files[i].name);
		all.files[i] =
			(struct ssh_file){ all.paths[i], files[i].data, files[i].len };
	}
	return all;
}

static void named_clear(struct named *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->paths[i]);
	free(all->paths);
	free(all->files);
}
DEFINE_AUTO_VALUE(struct named, named, named_clear)

static bool copy_into(struct sftp *f, const char *dir, const struct ssh_file *files,
	size_t n, int64_t deadline, struct err *e)
{
	AUTO(named) struct named all = named_in(dir, files, n);

	return copy_files(f, all.files, n, deadline, e);
}

/* The login's home, where relative names begin, and the name itself. */
static bool absolute(struct sftp *f, const struct look *l, const char *dir, char **path,
	int64_t deadline, struct err *e)
{
	AUTO(str) char *home = NULL;

	if (*dir == '/') {
		*path = xstrdup(dir);
		return true;
	}
	if (!sftp_name(f, l->home, &home, deadline, e))
		return false;
	if (*home != '/')
		return err_set(e, ERR_PROTOCOL, "SFTP: the home directory is '%s'", home);
	*path = xasprintf("%s%s%s", home, home[1] ? "/" : "", dir);
	return true;
}

bool staging_put(struct sftp *f, const char *dir, const struct ssh_file *files, size_t n,
	char **path, int64_t deadline, struct err *e)
{
	AUTO(place) struct place p = { .n = 0 };
	struct look l = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!plain(files[i].name, strlen(files[i].name)))
			return err_set(
				e, ERR_CONFIG, "not a file name: '%s'", files[i].name);
	return place_of(dir, &p, e) && make(f, &p, &l, deadline, e) &&
		copy_into(f, target(&p), files, n, deadline, e) &&
		absolute(f, &l, target(&p), path, deadline, e);
}

static bool remove_at(struct sftp *f, const char *path, int64_t deadline, struct err *e)
{
	struct look l = { 0 };
	struct sftp_attrs a;
	size_t opened;

	l.home_stat = sftp_stat(f, ".");
	l.made = sftp_lstat(f, path);
	opened = sftp_opendir(f, path);
	if (!sftp_attrs(f, l.home_stat, &l.owner, deadline, e) ||
		!sftp_attrs(f, l.made, &a, deadline, e))
		return false;
	if (!a.there)
		return sftp_wait(f, opened, deadline, e);
	return check_old(&l, path, &a, e) && clear(f, path, opened, deadline, e);
}

bool staging_remove(struct sftp *f, const char *dir, int64_t deadline, struct err *e)
{
	AUTO(place) struct place p = { .n = 0 };

	return place_of(dir, &p, e) && remove_at(f, target(&p), deadline, e);
}
