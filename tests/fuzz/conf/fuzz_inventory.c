/* An inventory in one document, up to its hosts' services and connections, and the prints
 * of it. */
#include "base/buf.h"
#include "conf/private/inventory_build.h"
#include "conf/private/inventory_read.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct service services[] = { { .name = "postfix" }, { .name = "inn" } };
static struct playbook playbook = { .name = "mail", .services = services, .n_services = 2 };
static int port_25(const char *protocol)
{
	(void)protocol;
	return 25;
}

static const char *const names[] = { "smtp", NULL };
static const struct protocols protocols = { names, port_25 };
static const struct playbooks playbooks = { &playbook, 1, &protocols };

static void print(const struct inventory *inv)
{
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct err e;

	inventory_print_list(inv, &out);
	if (inv->n_hosts && !inventory_print_host(inv, inv->hosts[0].name, &out, &e))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	struct inventory_tree *t = tree_new(a);
	const struct inventory *inv;
	struct errs all = { .n = 0 };
	const struct node *root;
	struct err e;

	root = yaml_load(a, data, len, "fuzz.yml", &e);
	if (!root)
		return 0;
	inventory_read_groups(t, root, "/fuzz.yml", &all);
	if (all.n || t->n_hosts > 1000 || !tree_finish(t, &e))
		return 0;
	inv = inventory_build(t, &playbooks, &all);
	if (inv)
		print(inv);
	else if (!all.n)
		__builtin_trap();
	return 0;
}
