/*
 * What a server says before anything is proved: messages in clear, its offer, its host key.
 */
#include "ssh/private/kex.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void offer(const struct buf *payload)
{
	AUTO(buf) struct buf init = BUF_EMPTY, begin = BUF_EMPTY, blob = BUF_EMPTY;
	struct kex_offer o;
	struct err e;

	(void)!kex_host_key(payload, &blob, &e);
	if (kex_offer_read(&o, payload, &e))
		(void)!kex_answer(&o, "ssh-ed25519", &init, &begin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buf) struct buf in = BUF_EMPTY, payload = BUF_EMPTY;
	struct err e;
	bool got;

	buf_add(&in, data, len);
	while (kex_take(&in, &payload, &got, &e) && got)
		offer(&payload);
	buf_reset(&payload);
	buf_add(&payload, data, len);
	offer(&payload);
	return 0;
}
