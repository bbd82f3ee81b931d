#include "store/private/generations.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

void generations_clear(struct generations *g)
{
	free(g->dir);
	free(g->stamps);
	*g = (struct generations){ 0 };
}
int64_t generation_stamp(const char *s)
{
	size_t len = strlen(s);

	return len && len < 16 && strspn(s, "0123456789") == len ? strtoll(s, NULL, 10) : 0;
}

static int by_stamp(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

bool generations_list(const char *dir, struct generations *g, struct err *e)
{
	char **names;
	size_t n;

	generations_clear(g);
	g->dir = path_in(dir, "generations");
	if (!fs_exists(g->dir))
		return true;
	if (!fs_names(g->dir, &names, &n, e))
		return false;
	g->stamps = xcalloc(n, sizeof *g->stamps);
	for (size_t i = 0; i < n; i++)
		if (generation_stamp(names[i]))
			g->stamps[g->n++] = generation_stamp(names[i]);
	fs_names_free(names, n);
	qsort(g->stamps, g->n, sizeof *g->stamps, by_stamp);
	return true;
}

char *generation_path(const struct generations *g, int64_t stamp)
{
	return xasprintf("%s/%" PRId64, g->dir, stamp);
}

int64_t generation_current(const char *dir)
{
	AUTO(str) char *path = path_in(dir, "current");
	AUTO(str) char *target = link_target(path);

	return target && text_starts(target, "generations/")
		? generation_stamp(target + strlen("generations/"))
		: 0;
}

/* Of a tree that other programs write in, only they know what was before. */
static int64_t previous(const char *dir, const struct generations *g)
{
	const int64_t current = links_are_ours(dir) ? generation_current(dir) : 0;
	int64_t last = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->stamps[i] < current)
			last = g->stamps[i];
	return last;
}

bool store_read_previous(
	const struct store *s, const char *name, struct bundle *b, struct err *e)
{
	AUTO(generations) struct generations g = { 0 };
	AUTO(str) char *dir = store_dir(s, name, e);
	AUTO(str) char *from = NULL;
	int64_t stamp;

	if (!dir || !generations_list(dir, &g, e))
		return false;
	stamp = previous(dir, &g);
	if (!stamp)
		return err_set(e, ERR_REFUSED, "the store has no earlier one of it");
	from = generation_path(&g, stamp);
	if (!bundle_load(from, b, e))
		return false;
	if (may_go_back(s, name, b, e))
		return true;
	bundle_clear(b);
	return false;
}
