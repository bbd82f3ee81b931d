#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "store/private/generations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Temporary names, and a generation that was made but never became the current one. */
static bool tidy(const char *dir, struct err *e)
{
	AUTO(generations) struct generations g = { 0 };
	int64_t current = generation_current(dir);
	char **names;
	size_t n;

	if (!generations_list(dir, &g, e) || !fs_names(dir, &names, &n, e))
		return false;
	for (size_t i = 0; current && i < g.n; i++) {
		AUTO(str) char *path = generation_path(&g, g.stamps[i]);

		if (g.stamps[i] > current)
			sweep(path);
	}
	for (size_t i = 0; i < n; i++) {
		AUTO(str) char *path = path_in(dir, names[i]);

		if (fs_is_temp(names[i]))
			sweep(path);
	}
	fs_names_free(names, n);
	return true;
}

/* The whole directory is on disk before it gets its name, and has it before it is current.
 */
static bool add_generation(const char *dir, int64_t stamp, const struct bundle *b,
	char **target, struct err *e)
{
	AUTO(generations) struct generations g = { 0 };
	AUTO(str) char *temp = NULL;
	AUTO(str) char *path = NULL;

	if (!generations_list(dir, &g, e))
		return false;
	if (g.n && stamp <= g.stamps[g.n - 1])
		stamp = g.stamps[g.n - 1] + 1;
	temp = path_in(g.dir, ".new");
	path = generation_path(&g, stamp);
	if (!fs_remove_tree(temp, e))
		return false;
	if (!fs_mkdirs(temp, 0700, e) || !bundle_save(temp, b, e)) {
		sweep(temp);
		return false;
	}
	if (rename(temp, path) < 0)
		return err_sys(e, "%s", path);
	*target = xasprintf("generations/%" PRId64, stamp);
	return fs_sync_dir(g.dir, e);
}

static bool swap_current(const char *dir, const char *target, struct err *e)
{
	AUTO(str) char *path = path_in(dir, "current");

	return fs_symlink_swap(target, path, e);
}

static bool turn_links(const char *dir, struct err *e)
{
	for (int part = 0; part < N_PARTS; part++) {
		AUTO(str) char *path = path_in(dir, part_files[part]);
		AUTO(str) char *have = link_target(path);
		AUTO(str) char *want = path_in("current", part_files[part]);

		if (!text_eq(have, want) && !fs_symlink_swap(want, path, e))
			return false;
	}
	return true;
}

/* When the files under the public names were made: dehydrated says it in their names. */
static int64_t stamp_of_public(const char *dir)
{
	AUTO(str) char *path = path_in(dir, part_files[FULLCHAIN]);
	AUTO(str) char *target = link_target(path);
	long long stamp;
	struct stat st;

	if (target && sscanf(target, "fullchain-%14lld.pem", &stamp) == 1 && stamp > 0)
		return stamp;
	return stat(path, &st) == 0 ? st.st_mtime : clock_now();
}

/* What can't be taken over is only replaced where that loses nothing: a link, not a file.
 */
static bool may_replace(const char *dir, struct err *e)
{
	for (int part = 0; part < N_PARTS; part++) {
		AUTO(str) char *path = path_in(dir, part_files[part]);
		struct stat st;

		if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
			return err_wrap(e,
				"%s: a file, not a link, and not replaced: it can't be taken "
				"over",
				path);
	}
	return true;
}

/*
 * Another program's files have the public names: dehydrated made the tree, or went on
 * working in it. They become a generation, byte for byte; `current` leads to it, then each
 * public name leads to `current`. What a reader finds is the same at every step, and the
 * program's own files stay where they are.
 */
static bool take_over(const char *dir, struct err *e)
{
	AUTO(bundle) struct bundle old = BUNDLE_EMPTY;
	AUTO(str) char *target = NULL;

	if (links_are_ours(dir))
		return true;
	if (!bundle_load(dir, &old, e))
		return may_replace(dir, e);
	return add_generation(dir, stamp_of_public(dir), &old, &target, e) &&
		swap_current(dir, target, e) && turn_links(dir, e);
}

static bool is_fresh(const char *dir)
{
	for (int part = 0; part < N_PARTS; part++) {
		AUTO(str) char *path = path_in(dir, part_files[part]);

		if (fs_exists(path))
			return false;
	}
	return true;
}

/* The links of a new NAME lead nowhere until `current` is there: all four appear at once.
 */
static bool switch_to(const char *dir, const char *target, struct err *e)
{
	if (is_fresh(dir))
		return turn_links(dir, e) && swap_current(dir, target, e);
	return swap_current(dir, target, e) && turn_links(dir, e);
}

static void prune(const char *dir, int keep)
{
	AUTO(generations) struct generations g = { 0 };
	int64_t current = generation_current(dir);
	size_t spare = (size_t)(keep < 2 ? 2 : keep);
	struct err none;

	if (!generations_list(dir, &g, &none))
		return;
	for (size_t i = 0; i + spare < g.n; i++) {
		AUTO(str) char *path = generation_path(&g, g.stamps[i]);

		if (g.stamps[i] != current)
			sweep(path);
	}
}

/* certbot keeps the number of each file, and stops working where a link is not its own. */
static bool refuse_certbot(const char *dir, struct err *e)
{
	AUTO(str) char *path = path_in(dir, part_files[FULLCHAIN]);
	AUTO(str) char *target = link_target(path);

	if (!target || !strstr(target, "/archive/"))
		return true;
	return err_set(e, ERR_REFUSED,
		"%s: certbot's own live directory is not written to; import it into a store",
		dir);
}

static bool fit(const struct bundle *b, struct err *e)
{
	if (b->chain.n && b->key && b->privkey_pem.len && b->cert_pem.len &&
		b->fullchain_pem.len && cert_matches_key(b->chain.certs[0], b->key))
		return true;
	return err_set(e, ERR_REFUSED, "not a whole certificate with its key");
}

bool store_write(
	struct store *s, const char *name, const struct bundle *b, int keep, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *generations = dir ? path_in(dir, "generations") : NULL;
	AUTO(str) char *target = NULL;

	if (!dir)
		return false;
	if (!fit(b, e))
		return err_wrap(e, "%s", dir);
	if (!refuse_certbot(dir, e) || !fs_mkdirs(generations, 0700, e) || !tidy(dir, e) ||
		!take_over(dir, e) || !add_generation(dir, clock_now(), b, &target, e) ||
		!switch_to(dir, target, e))
		return false;
	prune(dir, keep);
	return true;
}
