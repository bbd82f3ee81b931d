#include "conf/private/inventory_tree.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- names --- */

/* An open hash: hosts are looked up as often as they are named. */
struct name {
	const char *text;
	void *what;
};

struct names {
	struct name *slots;
	size_t size, n; /* size: a power of two */
};

/* FNV-1a; its upper half is mixed best, and names differ at their ends. */
static size_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3;
	return (size_t)(h ^ h >> 32);
}

static struct name *slot(const struct names *names, const char *text)
{
	size_t i = hash(text) & (names->size - 1);

	while (names->slots[i].text && !text_eq(names->slots[i].text, text))
		i = (i + 1) & (names->size - 1);
	return &names->slots[i];
}

static struct names *names_new(struct arena *a)
{
	struct names *names = arena_calloc(a, 1, sizeof *names);

	names->size = 64;
	names->slots = arena_calloc(a, names->size, sizeof *names->slots);
	return names;
}

static void names_add(struct arena *a, struct names *names, const char *text, void *what)
{
	struct names old = *names;
	size_t i;

	if (names->n * 2 >= names->size) {
		names->size *= 2;
		names->slots = arena_calloc(a, names->size, sizeof *names->slots);
		for (i = 0; i < old.size; i++)
			if (old.slots[i].text)
				*slot(names, old.slots[i].text) = old.slots[i];
	}
	*slot(names, text) = (struct name){ text, what };
	names->n++;
}

/* --- making --- */

struct inventory_tree *tree_new(struct arena *a)
{
	struct inventory_tree *t = arena_calloc(a, 1, sizeof *t);
	const struct pos nowhere = { 0 };
	struct group_node *all, *ungrouped;

	t->arena = a;
	t->group_names = names_new(a);
	t->host_names = names_new(a);
	all = tree_group(t, "all", nowhere);
	ungrouped = tree_group(t, "ungrouped", nowhere);
	tree_add_child(t, all, ungrouped, nowhere);
	return t;
}

struct group_node *tree_group(struct inventory_tree *t, const char *name, struct pos pos)
{
	struct group_node *g = slot(t->group_names, name)->what;

	if (g)
		return g;
	g = arena_calloc(t->arena, 1, sizeof *g);
	g->name = arena_strdup(t->arena, name);
	g->pos = pos;
	g->priority = 1;
	TREE_GROW(t->arena, t->groups, t->n_groups);
	t->groups[t->n_groups++] = g;
	names_add(t->arena, t->group_names, g->name, g);
	return g;
}

struct host_node *tree_find_host(const struct inventory_tree *t, const char *name)
{
	return slot(t->host_names, name)->what;
}

struct host_node *tree_host(
	struct inventory_tree *t, const char *name, struct pos pos, const char *file)
{
	struct host_node *h = tree_find_host(t, name);

	if (h)
		return h;
	h = arena_calloc(t->arena, 1, sizeof *h);
	h->name = arena_strdup(t->arena, name);
	h->pos = pos;
	h->file = file;
	TREE_GROW(t->arena, t->hosts, t->n_hosts);
	t->hosts[t->n_hosts++] = h;
	names_add(t->arena, t->host_names, h->name, h);
	return h;
}

void tree_add_host(struct inventory_tree *t, struct group_node *g, struct host_node *h)
{
	size_t i;

	for (i = 0; i < h->n_groups; i++)
		if (h->groups[i] == g)
			return;
	TREE_GROW(t->arena, h->groups, h->n_groups);
	h->groups[h->n_groups++] = g;
	TREE_GROW(t->arena, g->hosts, g->n_hosts);
	g->hosts[g->n_hosts++] = h;
}

void tree_add_child(struct inventory_tree *t, struct group_node *parent,
	struct group_node *child, struct pos pos)
{
	size_t i;

	for (i = 0; i < child->n_parents; i++)
		if (child->parents[i] == parent)
			return;
	TREE_GROW(t->arena, child->parents, child->n_parents);
	child->parents[child->n_parents++] = parent;
	TREE_GROW(t->arena, parent->children, parent->n_children);
	parent->children[parent->n_children++] = (struct child){ child, pos };
}

void tree_add_vars(struct inventory_tree *t, struct maps *m, const struct node *mapping)
{
	TREE_GROW(t->arena, m->list, m->n);
	m->list[m->n++] = mapping;
}

/* --- finishing --- */

static void remove_host(struct group_node *g, const struct host_node *h)
{
	size_t i, kept = 0;

	for (i = 0; i < g->n_hosts; i++)
		if (g->hosts[i] != h)
			g->hosts[kept++] = g->hosts[i];
	g->n_hosts = kept;
}

/* "ungrouped" has those hosts that are in no group but "all", and no others. */
static void regroup(struct inventory_tree *t, struct host_node *h)
{
	struct group_node *all = t->groups[0], *ungrouped = t->groups[1];
	size_t i, kept = 0, others = 0;

	for (i = 0; i < h->n_groups; i++)
		others += h->groups[i] != all && h->groups[i] != ungrouped;
	if (!others) {
		tree_add_host(t, ungrouped, h);
		return;
	}
	for (i = 0; i < h->n_groups; i++)
		if (h->groups[i] != ungrouped)
			h->groups[kept++] = h->groups[i];
	if (kept < h->n_groups)
		remove_host(ungrouped, h);
	h->n_groups = kept;
}

/* "mail > smtp > mail", by the groups that the walk is in. */
static bool circle(struct group_node *const *way, size_t depth, const struct child *back,
	struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	size_t i = depth;

	while (i > 0 && way[i] != back->group)
		i--;
	for (; i <= depth; i++)
		buf_printf(&text, "%s > ", way[i]->name);
	return err_at(e, back->pos, "group '%s' is in itself: %.200s%s", back->group->name,
		text.data, back->group->name);
}

/*
 * Depth first, so that a group that is met again on the way down is in itself. Afterwards
 * `sorted` has every group after all of its children.
 */
struct walk {
	struct group_node *way[TREE_MAX_DEPTH + 1];
	struct group_node **sorted;
	size_t n;
	size_t visit;
};

static bool descend(struct walk *w, struct group_node *g, size_t depth, struct err *e)
{
	size_t i;

	g->visit = w->visit;
	g->open = true;
	w->way[depth] = g;
	for (i = 0; i < g->n_children; i++) {
		const struct child *child = &g->children[i];

		if (child->group->visit == w->visit && child->group->open)
			return circle(w->way, depth, child, e);
		if (child->group->visit == w->visit)
			continue;
		if (depth == TREE_MAX_DEPTH)
			return err_at(e, child->pos, "groups in more than %d groups",
				TREE_MAX_DEPTH);
		if (!descend(w, child->group, depth + 1, e))
			return false;
	}
	g->open = false;
	w->sorted[w->n++] = g;
	return true;
}

static bool measure(struct inventory_tree *t, struct err *e)
{
	struct walk w = { .visit = ++t->visits };
	size_t i, j;

	w.sorted = arena_calloc(t->arena, t->n_groups, sizeof(*w.sorted));
	for (i = 0; i < t->n_groups; i++)
		if (t->groups[i]->visit != w.visit && !descend(&w, t->groups[i], 0, e))
			return false;
	for (i = w.n; i-- > 0;)
		for (j = 0; j < w.sorted[i]->n_children; j++) {
			struct group_node *child = w.sorted[i]->children[j].group;

			if (child->depth <= w.sorted[i]->depth)
				child->depth = w.sorted[i]->depth + 1;
		}
	return true;
}

bool tree_finish(struct inventory_tree *t, struct err *e)
{
	size_t i;

	for (i = 1; i < t->n_groups; i++)
		if (!t->groups[i]->n_parents)
			tree_add_child(t, t->groups[0], t->groups[i], t->groups[i]->pos);
	for (i = 0; i < t->n_hosts; i++)
		regroup(t, t->hosts[i]);
	return measure(t, e);
}

/* --- looking --- */

struct host_node **tree_hosts_of(struct inventory_tree *t, struct group_node *g, size_t *n)
{
	struct group_node **queue = xcalloc(1, sizeof(*queue));
	struct host_node **hosts = NULL;
	size_t i, j, end = 1;

	*n = 0;
	g->visit = ++t->visits;
	queue[0] = g;
	for (i = 0; i < end; i++) {
		for (j = 0; j < queue[i]->n_hosts; j++) {
			struct host_node *h = queue[i]->hosts[j];

			if (h->visit == t->visits)
				continue;
			h->visit = t->visits;
			TREE_GROW(t->arena, hosts, *n);
			hosts[(*n)++] = h;
		}
		for (j = 0; j < queue[i]->n_children; j++) {
			struct group_node *child = queue[i]->children[j].group;

			if (child->visit == t->visits)
				continue;
			child->visit = t->visits;
			GROW(queue, end);
			queue[end++] = child;
		}
	}
	free(queue);
	return hosts;
}

/* By depth, then ansible_group_priority, then name. */
static int by_strength(const void *a, const void *b)
{
	const struct group_node *x = *(struct group_node *const *)a;
	const struct group_node *y = *(struct group_node *const *)b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void climb(struct inventory_tree *t, struct group_node *g, struct group_node ***list,
	size_t *n)
{
	size_t i;

	if (g->visit == t->visits)
		return;
	g->visit = t->visits;
	TREE_GROW(t->arena, *list, *n);
	(*list)[(*n)++] = g;
	for (i = 0; i < g->n_parents; i++)
		climb(t, g->parents[i], list, n);
}

struct group_node **tree_groups_of(
	struct inventory_tree *t, const struct host_node *h, size_t *n)
{
	struct group_node **list = NULL;
	size_t i;

	*n = 0;
	t->visits++;
	for (i = 0; i < h->n_groups; i++)
		climb(t, h->groups[i], &list, n);
	if (list)
		qsort(list, *n, sizeof(*list), by_strength);
	return list;
}

static void stack(struct arena *a, struct maps *on, const struct maps *m)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		TREE_GROW(a, on->list, on->n);
		on->list[on->n++] = m->list[i];
	}
}

struct vars tree_vars(struct inventory_tree *t, const struct host_node *h)
{
	struct group_node **groups;
	struct maps all = { 0 };
	size_t i, n;

	groups = tree_groups_of(t, h, &n); /* "all" is the first: its depth is 0 */
	for (i = 0; i < n; i++)
		stack(t->arena, &all, &groups[i]->vars);
	for (i = 0; i < n; i++)
		stack(t->arena, &all, &groups[i]->files);
	stack(t->arena, &all, &h->vars);
	stack(t->arena, &all, &h->files);
	return (struct vars){ .arena = t->arena,
		.host = h->name,
		.file = h->file,
		.layers = all.list,
		.n_layers = all.n,
		.sealed = t->sealed };
}
