/*
 * known_hosts files, and a key file's frame: the first byte chooses.
 */
#include "ssh/private/keyfile.h"
#include "ssh/private/known_hosts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void keyfile(const uint8_t *data, size_t len)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct keyfile k = { .text = BUF_EMPTY };

	buf_add(&text, data, len);
	keyfile_inspect(&k, text.data, text.len, text.data);
	keyfile_clear(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
	const struct known_key *at;

	if (len && data[0] == 'k') {
		keyfile(data + 1, len - 1);
		return 0;
	}
	known_hosts_parse(&k, "kh", (const char *)data, len, "linode.example.net", 22);
	known_hosts_parse(&k, "kh", (const char *)data, len, "linode.example.net", 2222);
	for (size_t i = 0; i < k.n; i++)
		if (known_hosts_check(&k, k.keys[i].blob.data, k.keys[i].blob.len, &at) ==
			KNOWN_NOT)
			abort();
	free(key_blob_type(data, len));
	return 0;
}
