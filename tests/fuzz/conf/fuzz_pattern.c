/* A limit over a fixed inventory. */
#include "base/alloc.h"
#include "conf/inventory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct host hosts[] = { { .name = "linode" }, { .name = "panix" },
	{ .name = "web1" }, { .name = "web2.example.net" }, { .name = "2001:db8::1" } };
static const char *const all_hosts[] = { "linode", "panix", "web1", "web2.example.net",
	"2001:db8::1" };
static struct group groups[] = { { .name = "all", .hosts = all_hosts, .n_hosts = 5 },
	{ .name = "mail", .hosts = all_hosts, .n_hosts = 2 },
	{ .name = "web", .hosts = all_hosts + 1, .n_hosts = 3 } };
static const struct inventory inventory = {
	.hosts = hosts, .n_hosts = 5, .groups = groups, .n_groups = 3
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* regcomp(3) takes as long as a regex wants; files are not of interest */
	AUTO(str) char *limit = xstrndup((const char *)data, len < 60 ? len : 60);
	const struct host **found;
	struct err e;
	bool ok;
	size_t n;

	if (strchr(limit, '@') || strchr(limit, '{'))
		return 0;
	ok = inventory_select(&inventory, limit, &found, &n, &e);
	if (ok != (n > 0))
		__builtin_trap();
	free(found);
	return 0;
}
