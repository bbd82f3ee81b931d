/*
 * What somebody pastes for a fingerprint, and a known_hosts file that is to get another
 * key: the first byte chooses.
 */
#include "ssh/private/known_edit.h"
#include "ssh/private/known_hosts.h"
#include "ssh/trust.h"

#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void paste(const uint8_t *data, size_t len)
{
	AUTO(str) char *text = xstrndup((const char *)data, len);
	AUTO(str) char *found = ssh_fingerprint_read(text);
	AUTO(str) char *again = found ? ssh_fingerprint_read(found) : NULL;

	if (found && (!again || strcmp(found, again) != 0))
		abort();
}

/* A key that was changed is the one that is found there afterwards. */
static void replace(const struct buf *before, const struct known_key *key)
{
	AUTO(buf) struct buf text = BUF_EMPTY, blob = BUF_EMPTY;
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
	const struct known_key *at;
	struct err e;

	buf_add(&text, before->data, before->len);
	buf_add(&blob, key->blob.data, key->blob.len);
	buf_putc(&blob, 'x');
	if (!known_edit_replace(
		    &text, key->line, "linode.example.net", key->type, &blob, &e))
		return;
	known_hosts_parse(&k, "kh", text.data, text.len, "linode.example.net", 22);
	if (known_hosts_check(&k, blob.data, blob.len, &at) == KNOWN_NOT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(known_hosts) struct known_hosts k = KNOWN_HOSTS_EMPTY;
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (len && data[0] == 'p') {
		paste(data + 1, len - 1);
		return 0;
	}
	buf_add(&text, data, len);
	known_edit_hashes(&text);
	known_hosts_parse(&k, "kh", text.data, text.len, "linode.example.net", 22);
	for (size_t i = 0; i < k.n && i < 8; i++)
		replace(&text, &k.keys[i]);
	return 0;
}
