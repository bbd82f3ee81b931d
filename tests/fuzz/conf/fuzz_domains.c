#include "conf/private/domains.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(certificates) struct certificates c = { 0 };
	struct errs all = { 0 };
	bool ok = domains_parse(a, (const char *)data, len, "fuzz", &c, &all);

	if (ok == (all.n > 0))
		abort();
	for (size_t i = 0; i < c.n; i++)
		if (!c.list[i].n_names)
			abort();
	ok = certificates_check(&c, &all);
	return 0;
}
