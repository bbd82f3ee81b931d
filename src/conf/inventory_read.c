#include "conf/private/inventory_read.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/inventory_names.h"
#include "conf/private/inventory_vars.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_DEPTH 16 /* of directories: symlinks may go in circles */

#define MAX_BYTES ((size_t)YAML_MAX_BYTES)

#define CONVERT                                                                            \
	"make a YAML file of it: ansible-inventory -i %s --list --yaml --export > hosts.yml"

struct reader {
	struct inventory_tree *tree;
	struct errs *all;
	const char *file; /* being read, absolute */
	size_t files;     /* how many were */
};

/* --- groups --- */

/* A group's or a host's name: Ansible takes texts only, though YAML has numbers too. */
static bool is_name(struct reader *r, const struct node *key, const char *what)
{
	if (key->type == NODE_STRING && *key->text)
		return true;
	if (key->type == NODE_STRING)
		return err_at(errs_next(r->all), key->pos, "a %s without a name", what);
	return err_at(errs_next(r->all), key->pos,
		"a %s's name must be a text, found %s: put it in quotes", what,
		node_found(key).s);
}

/* "web:2222" says ansible_port, to be overridden by everything else. */
static void say_port(struct reader *r, struct host_node *h, int port, struct pos pos)
{
	struct arena *a = r->tree->arena;
	AUTO(str) char *text = xasprintf("%d", port);
	struct pair *pair = arena_calloc(a, 1, sizeof *pair);
	struct node *mapping = arena_calloc(a, 1, sizeof *mapping);

	pair->key = node_scalar(a, "ansible_port", false, pos);
	pair->value = node_scalar(a, text, true, pos);
	mapping->type = NODE_MAPPING;
	mapping->pos = pos;
	mapping->n = 1;
	mapping->pairs = pair;
	tree_add_vars(r->tree, &h->vars, mapping);
}

static void read_host(struct reader *r, struct group_node *g, const struct node *key,
	const struct node *value)
{
	AUTO(host_names) struct host_names names = { 0 };
	struct host_node *h;
	struct err e;
	bool known;
	size_t i;

	if (!is_name(r, key, "host"))
		return;
	if (!host_names_expand(key->text, key->pos, &names, &e) ||
		(value && value->type != NODE_NULL &&
			!node_is_mapping(value, key->text, "a mapping of variables", &e))) {
		*errs_next(r->all) = e;
		return;
	}
	for (i = 0; i < names.n; i++) {
		known = tree_find_host(r->tree, names.list[i]);
		if (!known && r->tree->n_hosts == TREE_MAX_HOSTS) {
			err_at(errs_next(r->all), key->pos, "more than %d hosts",
				TREE_MAX_HOSTS);
			return;
		}
		h = tree_host(r->tree, names.list[i], key->pos, r->file);
		if (!known && names.port)
			say_port(r, h, names.port, key->pos);
		tree_add_host(r->tree, g, h);
		if (value && value->type == NODE_MAPPING)
			tree_add_vars(r->tree, &h->vars, value);
	}
}

/* In a group of an inventory file (and only there) the priority is not a variable. */
static void read_vars(struct reader *r, struct group_node *g, const struct node *vars)
{
	static const char name[] = "ansible_group_priority";
	const struct node *priority = node_at(vars, name);
	struct arena *a = r->tree->arena;
	struct node *rest = arena_copy(a, vars, 1, sizeof *vars);
	struct pair *pairs = arena_calloc(a, vars->n, sizeof *pairs);
	struct err e;
	size_t i;

	if (!priority) {
		tree_add_vars(r->tree, &g->vars, vars);
		return;
	}
	rest->n = 0;
	rest->pairs = pairs;
	for (i = 0; i < vars->n; i++)
		if (!text_eq(vars->pairs[i].key->text, name))
			pairs[rest->n++] = vars->pairs[i];
	tree_add_vars(r->tree, &g->vars, rest);
	if (!node_int(
		    priority, name, "a whole number", -1000000, 1000000, &g->priority, &e))
		*errs_next(r->all) = e;
}

static void read_group(struct reader *r, struct group_node *parent, const struct node *key,
	const struct node *value);

static void read_members(struct reader *r, struct group_node *g, const char *what,
	const struct node *key, const struct node *value)
{
	if (text_eq(what, "hosts"))
		read_host(r, g, key, value);
	else
		read_group(r, g, key, value);
}

/* `hosts`, `vars` or `children` of a group. */
static void read_section(struct reader *r, struct group_node *g, const struct node *key,
	const struct node *value)
{
	static const char *const sections[] = { "hosts", "vars", "children", NULL };
	AUTO(str) char *what = xasprintf("%.100s of group '%.100s'", key->text, g->name);
	const char *const *s = sections, *near = text_nearest(key->text, sections);
	struct err e;
	size_t i;

	while (*s && !text_eq(*s, key->text))
		s++;
	if (!*s) {
		err_at(errs_next(r->all), key->pos,
			"unknown key '%.100s' in group '%.100s': expected hosts, vars or children%s%s%s",
			key->text, g->name, near ? " (did you mean '" : "",
			near ? near : "", near ? "'?)" : "");
		return;
	}
	if (value->type == NODE_NULL)
		return;
	/* a plain text is a key with nothing to say of it */
	if (value->type == NODE_STRING && !value->tag && !text_eq(*s, "vars"))
		read_members(r, g, *s, value, NULL);
	else if (!node_is_mapping(value, what, "a mapping", &e))
		*errs_next(r->all) = e;
	else if (text_eq(*s, "vars"))
		read_vars(r, g, value);
	else
		for (i = 0; i < value->n; i++)
			read_members(r, g, *s, value->pairs[i].key, value->pairs[i].value);
}

static void read_group(struct reader *r, struct group_node *parent, const struct node *key,
	const struct node *value)
{
	struct group_node *g;
	struct err e;
	size_t i;

	if (!is_name(r, key, "group"))
		return;
	g = tree_group(r->tree, key->text, key->pos);
	if (parent)
		tree_add_child(r->tree, parent, g, key->pos);
	if (!value || value->type == NODE_NULL)
		return;
	if (!node_is_mapping(value, key->text,
		    "a group: a mapping of hosts, vars and children", &e)) {
		*errs_next(r->all) = e;
		return;
	}
	for (i = 0; i < value->n; i++)
		read_section(r, g, value->pairs[i].key, value->pairs[i].value);
}

static void read_groups(struct reader *r, const struct node *root)
{
	const struct node *plugin = node_at(root, "plugin");
	const char *file = root->pos.file;
	struct err *e;
	size_t i;

	if (root->type == NODE_NULL || (root->type == NODE_MAPPING && !root->n))
		err_at(errs_next(r->all), (struct pos){ file, 1, 1 }, "an empty inventory");
	else if (is_sealed(root))
		err_at(errs_next(r->all), root->pos,
			"encrypted by ansible-vault: certpush can't open it");
	else if (root->type != NODE_MAPPING || root->tag) {
		e = errs_next(r->all);
		node_unexpected(root, "an inventory", "a mapping of groups (all: …)", e);
	} else if (plugin && plugin->type == NODE_STRING)
		err_at(errs_next(r->all), plugin->pos,
			"plugin configuration, not an inventory: " CONVERT, file);
	else if (node_at(root, "_meta"))
		err_at(errs_next(r->all), node_at(root, "_meta")->pos,
			"what `ansible-inventory --list` prints for programs: with `--yaml --export` it prints an inventory");
	else
		for (i = 0; i < root->n; i++)
			read_group(r, NULL, root->pairs[i].key, root->pairs[i].value);
}

void inventory_read_groups(struct inventory_tree *t, const struct node *root,
	const char *file, struct errs *all)
{
	struct reader r = { .tree = t, .all = all, .file = file };

	read_groups(&r, root);
}

/* --- files --- */

/* "[group]" alone on a line, or "host name=value": what INI has and YAML hasn't. */
static bool is_ini_line(const char *line, size_t len)
{
	static const char word[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:";
	const char *end = line + len, *p = line + (*line == '[');

	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	while (p < end && strchr(word, *p))
		p++;
	if (*line == '[')
		return p + 1 == end && *p == ']';
	if (p == line || p[-1] == ':' || p == end || !isblank((unsigned char)*p))
		return false;
	while (p < end && isblank((unsigned char)*p))
		p++;
	line = p;
	while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
		p++;
	return p > line && p < end && *p == '=';
}

/* The first line that shows a file that isn't YAML to be INI; 0: it isn't. */
static int ini_line(const char *path)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const char *line;
	struct err e;
	int n = 1;

	if (!fs_read(path, MAX_BYTES, &text, &e))
		return 0;
	for (line = text.data; *line;
		line += strcspn(line, "\n"), line += *line == '\n', n++)
		if (is_ini_line(line, strcspn(line, "\n")))
			return n;
	return 0;
}

/* An executable that begins as scripts and programs do; a YAML file may have the x bit. */
static bool is_program(const char *path)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct stat st;
	struct err e;

	return stat(path, &st) == 0 && (st.st_mode & 0111) &&
		fs_read(path, MAX_BYTES, &text, &e) &&
		(text_starts(text.data, "#!") || text_starts(text.data, "\177ELF"));
}

/* What YAML can't read, or reads as something that isn't groups. */
static bool may_be_ini(const struct node *root, const struct err *e)
{
	if (!root)
		return e->kind == ERR_CONFIG;
	return root->type != NODE_MAPPING && root->type != NODE_NULL;
}

static void read_file(struct reader *r, const char *path)
{
	AUTO(str) char *absolute = realpath(path, NULL);
	const struct node *root;
	struct err e;
	int line;

	r->files++;
	if (is_program(path)) {
		err_set(errs_next(r->all), ERR_CONFIG,
			"%s: a program, and certpush runs none to get its inventory: " CONVERT,
			path, path);
		return;
	}
	root = yaml_load_file(r->tree->arena, path, &e);
	line = may_be_ini(root, &e) ? ini_line(path) : 0;
	if (line) {
		err_at(errs_next(r->all),
			(struct pos){ arena_strdup(r->tree->arena, path), line, 1 },
			"an INI inventory: " CONVERT, path);
		return;
	}
	if (!root) {
		*errs_next(r->all) = e;
		return;
	}
	r->file = arena_strdup(r->tree->arena, absolute ? absolute : path);
	read_groups(r, root);
}

/* What Ansible doesn't take for an inventory in a directory. */
static bool is_ignored(const char *name)
{
	static const char *const names[] = { "host_vars", "group_vars", "vars_plugins" };
	static const char *const suffixes[] = { ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm",
		".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (text_eq(name, names[i]))
			return true;
	for (i = 0; i < ARRAY_LEN(suffixes); i++)
		if (text_ends(name, suffixes[i]))
			return true;
	return name[0] == '.';
}

static void read_dir(struct reader *r, const char *dir, int depth)
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

		if (is_ignored(names[i]))
			continue;
		if (!fs_is_dir(path))
			read_file(r, path);
		else if (depth < MAX_DEPTH)
			read_dir(r, path, depth + 1);
	}
	fs_names_free(names, n);
}

bool inventory_read(struct inventory_tree *t, const char *path, struct errs *all)
{
	AUTO(str) char *beside = fs_is_dir(path) ? xstrdup(path) : fs_dirname(path);
	struct reader r = { .tree = t, .all = all };
	int before = all->n + all->dropped;
	struct err e;

	if (!fs_is_dir(path))
		read_file(&r, path);
	else
		read_dir(&r, path, 0);
	if (!r.files && all->n + all->dropped == before)
		err_set(errs_next(all), ERR_CONFIG,
			"%s: no inventory in this directory (hosts.yml …)", path);
	if (all->n + all->dropped == before)
		inventory_read_vars(t, beside, all);
	if (all->n + all->dropped == before && !tree_finish(t, &e))
		*errs_next(all) = e;
	return all->n + all->dropped == before;
}
