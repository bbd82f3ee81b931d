/* owed.json, as it may be after a disk went bad. */
#include "store/store.h"

#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct store *s = scratch_store();
	AUTO(store_owing) struct store_owing all = { 0 };
	struct err e;

	scratch_put("../.certpush/owed.json", data, len);
	if (!store_owing_load(s, &all, &e))
		return 0;
	for (size_t i = 0; i < all.n; i++)
		if (!store_owing_find(&all, all.list[i].host, all.list[i].service) ||
			all.list[i].since < 0)
			abort();
	return 0;
}
