#include "conf/inventory.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "conf/private/inventory_json.h"
#include "conf/private/inventory_tree.h"

#include <stdlib.h>
#include <string.h>

/* --- variables --- */

/* Those that ansible-inventory leaves out (lib/ansible/cli/inventory.py). */
static bool is_internal(const char *name)
{
	static const char *const names[] = { "ansible_config_file", "ansible_diff_mode",
		"ansible_facts", "ansible_forks", "ansible_inventory_sources",
		"ansible_limit", "ansible_playbook_python", "ansible_run_tags",
		"ansible_skip_tags", "ansible_verbosity", "ansible_version", "group_names",
		"groups", "inventory_dir", "inventory_file", "inventory_hostname",
		"inventory_hostname_short", "omit", "playbook_dir" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (text_eq(names[i], name))
			return true;
	return false;
}

static struct pair *variables(
	struct inventory_tree *t, const struct host_node *h, size_t *n)
{
	const struct vars v = tree_vars(t, h);
	struct pair *all = vars_all(&v, n);
	size_t i, kept = 0;

	for (i = 0; i < *n; i++)
		if (!is_internal(all[i].key->text))
			all[kept++] = all[i];
	*n = kept;
	return all;
}

/* --- --list --- */

static void put_names(
	struct buf *b, const char *key, const char *const *names, size_t n, bool *more)
{
	size_t i;

	if (!n)
		return;
	buf_puts(b, *more ? "," : "");
	*more = true;
	json_line(b, 2);
	json_string(b, key);
	buf_puts(b, ": [");
	for (i = 0; i < n; i++) {
		buf_puts(b, i ? "," : "");
		json_line(b, 3);
		json_string(b, names[i]);
	}
	json_line(b, 2);
	buf_putc(b, ']');
}

/* A group's own hosts; "all" never tells its own. */
static const char **own_hosts(const struct group_node *g, size_t *n)
{
	const char **names = xcalloc(g->n_hosts + 1, sizeof(*names));
	size_t i;

	*n = text_eq(g->name, "all") ? 0 : g->n_hosts;
	for (i = 0; i < *n; i++)
		names[i] = g->hosts[i]->name;
	return names;
}

static void put_group(struct buf *b, const struct group *g, const struct group_node *node)
{
	bool more = false;
	size_t n;
	const char **hosts = own_hosts(node, &n);

	if (g->n_children + n) {
		buf_putc(b, ',');
		json_line(b, 1);
		json_string(b, g->name);
		buf_puts(b, ": {");
		put_names(b, "children", g->children, g->n_children, &more);
		put_names(b, "hosts", hosts, n, &more);
		json_line(b, 1);
		buf_putc(b, '}');
	}
	free(hosts);
}

static int host_by_name(const void *a, const void *b)
{
	return strcmp((*(struct host_node *const *)a)->name,
		(*(struct host_node *const *)b)->name);
}

static void put_hostvars(struct buf *b, struct inventory_tree *t)
{
	struct host_node **sorted =
		arena_copy(t->arena, t->hosts, t->n_hosts, sizeof(*sorted));
	struct pair *pairs;
	bool more = false;
	size_t i, n;

	qsort(sorted, t->n_hosts, sizeof(*sorted), host_by_name);
	buf_puts(b, "\"hostvars\": {");
	for (i = 0; i < t->n_hosts; i++) {
		pairs = variables(t, sorted[i], &n);
		if (!n)
			continue;
		buf_puts(b, more ? "," : "");
		more = true;
		json_line(b, 3);
		json_string(b, sorted[i]->name);
		buf_puts(b, ": ");
		json_pairs(b, pairs, n, 3);
	}
	if (more)
		json_line(b, 2);
	buf_putc(b, '}');
}

static int group_by_name(const void *a, const void *b)
{
	return strcmp((*(const struct group *const *)a)->name,
		(*(const struct group *const *)b)->name);
}

void inventory_print_list(const struct inventory *inv, struct buf *out)
{
	const struct group **sorted = xcalloc(inv->n_groups, sizeof(*sorted));
	size_t i;

	for (i = 0; i < inv->n_groups; i++)
		sorted[i] = &inv->groups[i];
	qsort(sorted, inv->n_groups, sizeof(*sorted), group_by_name);
	buf_putc(out, '{');
	json_line(out, 1);
	buf_puts(out, "\"_meta\": {");
	json_line(out, 2);
	put_hostvars(out, inv->tree);
	json_line(out, 1);
	buf_putc(out, '}');
	for (i = 0; i < inv->n_groups; i++)
		put_group(out, sorted[i], inv->tree->groups[sorted[i] - inv->groups]);
	buf_puts(out, "\n}\n");
	free(sorted);
}

/* --- --host and --graph --- */

static const char *nearest(const struct inventory *inv, const char *name)
{
	const char **words = xcalloc(inv->n_hosts + 1, sizeof(*words)), *near;
	size_t i;

	for (i = 0; i < inv->n_hosts; i++)
		words[i] = inv->hosts[i].name;
	near = text_nearest(name, words);
	free(words);
	return near;
}

bool inventory_print_host(
	const struct inventory *inv, const char *name, struct buf *out, struct err *e)
{
	const struct host_node *h = tree_find_host(inv->tree, name);
	const char *near = h ? NULL : nearest(inv, name);
	struct pair *pairs;
	size_t n;

	if (!h)
		return err_set(e, ERR_USAGE, "no host '%.200s' in the inventory%s%s%s",
			name, near ? " (did you mean '" : "", near ? near : "",
			near ? "'?)" : "");
	pairs = variables(inv->tree, h, &n);
	json_pairs(out, pairs, n, 0);
	buf_putc(out, '\n');
	return true;
}

static void put_branch(
	struct buf *b, int depth, const char *before, const char *name, const char *after)
{
	int i;

	for (i = 0; i < depth; i++)
		buf_puts(b, "  |");
	buf_printf(b, "%s%s%s%s\n", depth ? "--" : "", before, name, after);
}

static void put_tree(struct buf *b, const struct group_node *g, int depth)
{
	bool all = text_eq(g->name, "all");
	size_t i;

	put_branch(b, depth, "@", g->name, ":");
	for (i = 0; i < g->n_children; i++)
		put_tree(b, g->children[i].group, depth + 1);
	for (i = 0; i < g->n_hosts && !all; i++)
		put_branch(b, depth + 1, "", g->hosts[i]->name, "");
}

void inventory_print_graph(const struct inventory *inv, struct buf *out)
{
	put_tree(out, inv->tree->groups[0], 0);
}
