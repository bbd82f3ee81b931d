#include "conf/endpoint.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const protocols[] = { "smtp", "nntp", "https", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(listing) struct listing l = { 0 };
	struct errs all = { 0 };
	struct endpoint point;
	struct err e;

	if (listing_parse(a, (const char *)data, len, "fuzz", protocols, &l, &all) ==
		(all.n > 0))
		abort();
	for (size_t i = 0; i < l.n; i++)
		if (!endpoint_is_pattern(l.list[i].where) &&
			!endpoint_read(a, l.list[i].where, &point, &e))
			abort();
	return 0;
}
