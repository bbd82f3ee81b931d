/*
 * inventory_tree - the inventory as it is read: groups, hosts and what is said of them.
 *
 * Hosts and groups come into being when they are first named, as in Ansible; the order of
 * everything is the order of the files.
 */
#pragma once

#include "conf/private/vars.h"

#include <string.h>

#define TREE_MAX_HOSTS 20000
#define TREE_MAX_DEPTH 500

/* Mappings of variables, later ones over earlier ones. */
struct maps {
	const struct node **list;
	size_t n;
};

struct host_node {
	const char *name;
	struct pos pos;
	const char *file;           /* that named it first, absolute */
	struct maps vars, files;    /* said in the inventory; in host_vars */
	struct group_node **groups; /* those it is in directly */
	size_t n_groups;
	size_t visit; /* which walk came by last */
};

struct child {
	struct group_node *group;
	struct pos pos; /* where it is named as a child */
};

struct group_node {
	const char *name;
	struct pos pos;
	struct maps vars, files;  /* said in the inventory; in group_vars */
	struct host_node **hosts; /* its own */
	size_t n_hosts;
	struct child *children;
	size_t n_children;
	struct group_node **parents;
	size_t n_parents;
	int priority; /* ansible_group_priority, 1 */
	int depth;    /* the longest way from "all" */

	/* for walks: which one came by last, and whether it is still in there */
	size_t visit;
	bool open;
};

struct names; /* name -> host or group */

struct inventory_tree {
	struct arena *arena;
	struct group_node **groups; /* "all" and "ungrouped" first */
	size_t n_groups;
	struct host_node **hosts;
	size_t n_hosts;
	struct names *group_names, *host_names;
	const char *sealed; /* a vars file that is encrypted as a whole, or NULL */
	size_t visits;
};

struct inventory_tree *tree_new(struct arena *a) NODISCARD;

struct group_node *tree_group(struct inventory_tree *t, const char *name, struct pos pos)
	NODISCARD;
struct host_node *tree_host(struct inventory_tree *t, const char *name, struct pos pos,
	const char *file) NODISCARD;
/* NULL if there is none of that name. */
struct host_node *tree_find_host(const struct inventory_tree *t, const char *name);

/* Known members are not added again. */
void tree_add_host(struct inventory_tree *t, struct group_node *g, struct host_node *h);
void tree_add_child(struct inventory_tree *t, struct group_node *parent,
	struct group_node *child, struct pos pos);
void tree_add_vars(struct inventory_tree *t, struct maps *m, const struct node *mapping);

/*
 * When all is read: every group is below "all", hosts without a group are in "ungrouped",
 * and the depths are known. False if a group is in itself.
 */
bool tree_finish(struct inventory_tree *t, struct err *e) NODISCARD;

/* A group and its children's hosts, each once, in Ansible's order. In the arena. */
struct host_node **tree_hosts_of(struct inventory_tree *t, struct group_node *g, size_t *n)
	NODISCARD;
/* The groups of a host, "all" among them, the weakest first. In the arena. */
struct group_node **tree_groups_of(
	struct inventory_tree *t, const struct host_node *h, size_t *n) NODISCARD;
/* What counts for a host, the weakest first, as Ansible's precedence has it. */
struct vars tree_vars(struct inventory_tree *t, const struct host_node *h) NODISCARD;

/* Room for one more in an array of n elements in the arena. */
static inline void *tree_room(struct arena *a, void *list, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return list;
	more = arena_calloc(a, n ? 2 * n : 1, size);
	if (n)
		memcpy(more, list, n * size);
	return more;
}
#define TREE_GROW(a, list, n) ((list) = tree_room((a), (list), (n), sizeof *(list)))
