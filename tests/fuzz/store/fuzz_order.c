/* order.json beside a key and a request that are whole. */
#include "cert/key.h"
#include "store/store.h"

#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void begin(void)
{
	static const char *const names[] = { "www.example.net" };
	AUTO(buf) struct buf pem = BUF_EMPTY, csr = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = key_generate(KEY_P256, &e);

	if (!k || !key_to_pem(k, &pem, &e) || !key_make_csr(k, names, 1, &csr, &e))
		abort();
	scratch_put("order/privkey.pem", pem.data, pem.len);
	scratch_put("order/csr.der", csr.data, csr.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool begun;
	struct store *s = scratch_store();
	AUTO(store_order) struct store_order o = STORE_ORDER_EMPTY;
	struct err e;
	bool found;

	if (!begun)
		begin();
	begun = true;
	scratch_put("order/order.json", data, len);
	if (!store_order_load(s, "www", &o, &found, &e))
		return 0;
	if (!found || !o.key || !o.n_names)
		abort();
	return 0;
}
