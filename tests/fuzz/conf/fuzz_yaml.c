#include "conf/private/yaml.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The bounds hold: walking a tree that was taken ends soon. */
static int walk(const struct node *n, int depth)
{
	int seen = 1;

	if (depth > YAML_MAX_DEPTH + 1 || !n->pos.line)
		abort();
	for (size_t i = 0; i < n->n; i++)
		seen += walk(n->type == NODE_MAPPING ? n->pairs[i].value : n->items[i],
			depth + 1);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	struct err e = { 0 };
	const struct node *root = yaml_load(a, data, len, "fuzz", &e);

	if (root && walk(root, 0) > YAML_MAX_NODES)
		abort();
	if (!root && (!e.pos.line || !e.msg[0]))
		abort();
	return 0;
}
