/* A request that was kept on disk, checked against a key and names. */
#include "base/buf.h"
#include "cert/key.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char pem[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
		"H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
		"7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
		"-----END PRIVATE KEY-----\n";
	static const char *const names[] = { "www.example.net" };
	static struct key *k;
	AUTO(buf) struct buf der = BUF_EMPTY;
	struct err e;

	if (!k)
		k = key_from_pem(pem, sizeof pem - 1, &e);
	buf_add(&der, data, len);
	if (k && key_check_csr(k, &der, names, 1, &e) && len == 0)
		abort();
	return 0;
}
