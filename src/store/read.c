#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "store/private/store.h"

bool links_are_ours(const char *dir)
{
	for (int part = 0; part < N_PARTS; part++) {
		AUTO(str) char *path = path_in(dir, part_files[part]);
		AUTO(str) char *target = link_target(path);
		AUTO(str) char *want = path_in("current", part_files[part]);

		if (!text_eq(target, want))
			return false;
	}
	return true;
}

/*
 * The directory to read all parts from: the current generation, or STORE/NAME itself where
 * other programs' files have the public names.
 */
static char *resolve(const char *dir)
{
	AUTO(str) char *current = path_in(dir, "current");
	AUTO(str) char *target = links_are_ours(dir) ? link_target(current) : NULL;

	return target ? fs_join(dir, target) : xstrdup(dir);
}

struct reading {
	bool (*read)(const char *dir, void *out, struct err *e);
	void *out;
};

/* What fails because its generation was swapped away meanwhile is read again. */
static bool read_current(
	const struct store *s, const char *name, const struct reading *what, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	if (!dir)
		return false;
	for (;;) {
		AUTO(str) char *from = resolve(dir);
		AUTO(str) char *now = NULL;

		if (what->read(from, what->out, e))
			return true;
		now = resolve(dir);
		if (text_eq(from, now))
			return false;
	}
}

static bool read_bundle(const char *dir, void *out, struct err *e)
{
	return bundle_load(dir, out, e);
}

static bool read_fullchain(const char *dir, void *out, struct err *e)
{
	AUTO(str) char *path = path_in(dir, part_files[FULLCHAIN]);
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (!fs_read(path, PART_MAX, &text, e))
		return false;
	return chain_from_pem(text.data, text.len, out, e) || err_wrap(e, "%s", path);
}

bool store_read(const struct store *s, const char *name, struct bundle *b, struct err *e)
{
	struct reading what = { read_bundle, b };

	return read_current(s, name, &what, e);
}

bool store_read_chain(
	const struct store *s, const char *name, struct chain *c, struct err *e)
{
	struct reading what = { read_fullchain, c };

	return read_current(s, name, &what, e);
}
