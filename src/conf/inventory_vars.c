#include "conf/private/inventory_vars.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16 /* of directories: symlinks may go in circles */

static const char *const endings[] = { "", ".yml", ".yaml", ".json" };

struct reader {
	struct inventory_tree *tree;
	struct errs *all;
};

bool is_sealed(const struct node *root)
{
	return root->type == NODE_STRING && text_starts(root->text, "$ANSIBLE_VAULT;");
}

static void read_file(struct reader *r, const char *path, struct maps *into)
{
	struct err e;
	const struct node *root = yaml_load_file(r->tree->arena, path, &e);

	if (!root) {
		*errs_next(r->all) = e;
		return;
	}
	if (is_sealed(root))
		r->tree->sealed = arena_strdup(r->tree->arena, path);
	else if (root->type != NODE_NULL) {
		if (node_is_mapping(root, "variables", "a mapping", &e))
			tree_add_vars(r->tree, into, root);
		else
			*errs_next(r->all) = e;
	}
}

/* What follows the last dot of a name, dot included; "" if there is none but the first. */
static const char *ending(const char *name)
{
	const char *dot = strrchr(name + strspn(name, "."), '.');

	return dot ? dot : "";
}

static bool is_vars_file(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(endings); i++)
		if (text_eq(ending(name), endings[i]))
			return true;
	return false;
}

static void read_dir(struct reader *r, const char *dir, int depth, struct maps *into)
{
	char **names = NULL;
	size_t i, n = 0;
	struct err e;

	if (!fs_names(dir, &names, &n, &e)) {
		*errs_next(r->all) = e;
		return;
	}
	for (i = 0; i < n; i++) {
		AUTO(str) char *path = fs_join(dir, names[i]);

		if (names[i][0] == '.' || text_ends(names[i], "~"))
			continue;
		if (!fs_is_dir(path) && is_vars_file(names[i]))
			read_file(r, path, into);
		else if (fs_is_dir(path) && !*ending(names[i]) && depth < MAX_DEPTH)
			read_dir(r, path, depth + 1, into);
	}
	fs_names_free(names, n);
}

/* NAME, NAME.yml, NAME.yaml or NAME.json, the first that is there: a file or a directory.
 */
static void read_for(struct reader *r, const char *dir, const char *name, struct maps *into)
{
	size_t i;

	if (*name == '/') /* a chroot's path as a host's name: has no files */
		return;
	for (i = 0; i < ARRAY_LEN(endings); i++) {
		AUTO(str) char *file = xasprintf("%s/%s%s", dir, name, endings[i]);

		if (!fs_exists(file))
			continue;
		if (fs_is_dir(file))
			read_dir(r, file, 0, into);
		else
			read_file(r, file, into);
		return;
	}
}

/* False if the directory isn't there; one that isn't a directory is an error. */
static bool has_dir(struct reader *r, const char *path)
{
	if (fs_is_dir(path))
		return true;
	if (fs_exists(path))
		err_set(errs_next(r->all), ERR_CONFIG, "%s: not a directory", path);
	return false;
}

void inventory_read_vars(struct inventory_tree *t, const char *dir, struct errs *all)
{
	AUTO(str) char *groups = fs_join(dir, "group_vars");
	AUTO(str) char *hosts = fs_join(dir, "host_vars");
	struct reader r = { t, all };
	size_t i;

	if (has_dir(&r, groups))
		for (i = 0; i < t->n_groups; i++)
			read_for(&r, groups, t->groups[i]->name, &t->groups[i]->files);
	if (has_dir(&r, hosts))
		for (i = 0; i < t->n_hosts; i++)
			read_for(&r, hosts, t->hosts[i]->name, &t->hosts[i]->files);
}
