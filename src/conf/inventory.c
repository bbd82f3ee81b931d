#include "conf/inventory.h"

#include "base/text.h"
#include "conf/private/inventory_build.h"
#include "conf/private/inventory_connection.h"
#include "conf/private/inventory_read.h"
#include "conf/private/inventory_services.h"
#include "conf/private/inventory_window.h"

#include <stdlib.h>
#include <string.h>

/* --- hosts --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void set_groups(
	struct inventory_tree *t, const struct host_node *node, struct host *h)
{
	struct group_node **groups = tree_groups_of(t, node, &h->n_groups);
	const char **names = arena_calloc(t->arena, h->n_groups, sizeof(*names));
	size_t i;

	/* the first is "all" */
	for (i = 1; i < h->n_groups; i++)
		names[i - 1] = groups[i]->name;
	h->n_groups--;
	qsort(names, h->n_groups, sizeof(*names), by_text);
	h->groups = names;
}

/* A mistake in a group's variables shows in each of its hosts: tell it once. */
static void tell_once(struct errs *all, const struct errs *found)
{
	int i, j;

	for (i = 0; i < found->n; i++) {
		const struct pos *pos = &found->list[i].pos;

		for (j = 0; j < all->n; j++)
			if (pos->line && pos_eq(&all->list[j].pos, pos))
				break;
		if (j == all->n)
			*errs_next(all) = found->list[i];
	}
	all->dropped += found->dropped;
}

/* Hosts without services may be reached by ways that certpush doesn't know. */
static void set_host(struct inventory_tree *t, const struct host_node *node,
	const struct playbooks *playbooks, struct host *h, struct errs *all)
{
	const struct vars vars = tree_vars(t, node);
	struct errs found; /* large, and one for each host: not zeroed */
	bool ok;

	found.n = found.dropped = 0;
	h->name = node->name;
	h->pos = node->pos;
	set_groups(t, node, h);
	ok = services_read(&vars, playbooks, h, &found);
	connection_read(&vars, &h->connection, !ok || h->n_services ? &found : NULL);
	windows_read(&vars, h, !ok || h->n_services ? &found : NULL);
	tell_once(all, &found);
}

/* --- groups --- */

static void set_group(struct inventory_tree *t, struct group_node *node, struct group *g)
{
	struct host_node **hosts = tree_hosts_of(t, node, &g->n_hosts);
	const char **names = arena_calloc(t->arena, g->n_hosts, sizeof(*names));
	const char **children = arena_calloc(t->arena, node->n_children, sizeof(*children));
	size_t i;

	for (i = 0; i < g->n_hosts; i++)
		names[i] = hosts[i]->name;
	for (i = 0; i < node->n_children; i++)
		children[i] = node->children[i].group->name;
	g->name = node->name;
	g->hosts = names;
	g->children = children;
	g->n_children = node->n_children;
}

const struct inventory *inventory_build(
	struct inventory_tree *t, const struct playbooks *playbooks, struct errs *all)
{
	struct inventory *inv = arena_calloc(t->arena, 1, sizeof *inv);
	int before = all->n + all->dropped;
	size_t i;

	inv->tree = t;
	inv->n_hosts = t->n_hosts;
	inv->hosts = arena_calloc(t->arena, t->n_hosts, sizeof *inv->hosts);
	inv->n_groups = t->n_groups;
	inv->groups = arena_calloc(t->arena, t->n_groups, sizeof *inv->groups);
	for (i = 0; i < t->n_hosts; i++)
		set_host(t, t->hosts[i], playbooks, &inv->hosts[i], all);
	for (i = 0; i < t->n_groups; i++)
		set_group(t, t->groups[i], &inv->groups[i]);
	return all->n + all->dropped == before ? inv : NULL;
}

const struct inventory *inventory_load(struct arena *a, const char *path,
	const struct playbooks *playbooks, struct errs *all)
{
	struct inventory_tree *t = tree_new(a);

	return inventory_read(t, path, all) ? inventory_build(t, playbooks, all) : NULL;
}

const struct service *host_service(const struct host *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n_services; i++)
		if (text_eq(h->services[i].name, name))
			return &h->services[i];
	return NULL;
}

bool check_tunnels(const struct host *h, const struct check *c)
{
	return c->tunnel && !h->connection.local;
}

bool host_tunnels(const struct host *h)
{
	for (size_t i = 0; i < h->n_services; i++)
		for (size_t k = 0; k < h->services[i].n_checks; k++)
			if (check_tunnels(h, &h->services[i].checks[k]))
				return true;
	return false;
}

const char *check_host(const struct host *h, const struct check *c)
{
	if (c->host)
		return c->host;
	return c->tunnel ? "localhost" : h->connection.address;
}

const struct host *inventory_host(const struct inventory *inv, const char *name)
{
	size_t i;

	for (i = 0; i < inv->n_hosts; i++)
		if (text_eq(inv->hosts[i].name, name))
			return &inv->hosts[i];
	return NULL;
}
