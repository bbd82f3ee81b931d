#include "conf/private/service.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const names[] = { "smtp", "nntp", "https", "tls", NULL };

static int port_of(const char *name)
{
	return strcmp(name, "tls") == 0 ? 0 : 25;
}

static const struct protocols protocols = { names, port_of };

/* Each node is tried as a service of a playbook and as what a host says of one. */
static void try(struct arena *a, const struct node *n)
{
	struct errs all = { 0 };
	struct service s;

	if (service_read(a, n, &protocols, &s, &all) == (all.n > 0))
		abort();
	all = (struct errs){ 0 };
	s = (struct service){ .name = "fuzz" };
	if (service_override(a, n, &protocols, &s, &all) != !all.n)
		abort();
	if (!all.n && !s.n_certificates)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	struct err e;
	const struct node *root = yaml_load(a, data, len, "fuzz", &e);

	if (!root)
		return 0;
	try(a, root);
	for (size_t i = 0; root->type == NODE_SEQUENCE && i < root->n; i++)
		try(a, root->items[i]);
	return 0;
}
