/* state.json, as it may be after a disk went bad. */
#include "store/store.h"

#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct store *s = scratch_store();
	AUTO(store_state) struct store_state st = { 0 };
	struct err e;

	scratch_put("state.json", data, len);
	if (!store_state_load(s, "www", &st, &e))
		return 0;
	if (st.failures < 0 || st.issued < 0 || st.not_before < 0)
		abort();
	return 0;
}
