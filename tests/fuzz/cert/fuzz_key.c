/* A key file; what is taken can be written, named and asked for its public half. */
#include "base/buf.h"
#include "cert/key.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = key_from_pem((const char *)data, len, &e);

	if (!k)
		return 0;
	if (!*key_name(k))
		abort();
	/* it may have no public half that ACME takes: an error, and no more */
	if (key_to_pem(k, &out, &e) && key_jwk(k, &out, &e) && !key_jws_alg(k))
		abort();
	return 0;
}
