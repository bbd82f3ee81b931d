#include "ssh/private/choose.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "ssh/private/keyfile.h"
#include "ssh/private/unlock.h"

#include <libssh2.h>
#include <string.h>

/* A file that can't be read is libssh2's to complain of. */
static char *by_key(const char *name)
{
	AUTO(str) char *path = fs_join(".", name);
	AUTO(str) char *cert = xasprintf("%s-cert.pub", path);
	struct err ignored;
	const struct keyfile *k = keyfile_get(path, &ignored);
	AUTO(str) char *type = k ? key_blob_type(k->blob.data, k->blob.len) : NULL;

	if (fs_exists(cert))
		return xasprintf("the key %s has a certificate", name);
	if (type && text_starts(type, "sk-"))
		return xasprintf("the key %s is a FIDO key", name);
	if (k && k->rsa && !libssh2_version(0x010b00))
		return xasprintf("the key %s is RSA, which libssh2 %s can't", name,
			libssh2_version(0));
	if (k && k->aead && unlocked(name))
		return xasprintf(
			"the key %s is encrypted with a cipher that libssh2 can't", name);
	return NULL;
}

char *choose_openssh(const struct ssh_config *c, const struct known_hosts *k)
{
	const char *option = c->options ? *c->options : NULL;

	if (option)
		return xasprintf("the inventory says %s", option);
	if (k->authority)
		return xstrdup("known_hosts has a @cert-authority for it");
	return c->key_file ? by_key(c->key_file) : NULL;
}
