#include "ssh/private/keyfile.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"
#include "ssh/private/known_hosts.h"
#include "ssh/private/wire.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { MAX_KEY = 64 << 10 };

/* rsaEncryption, 1.2.840.113549.1.1.1, in DER: what a PKCS#8 RSA key carries. */
static const uint8_t rsa_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x01 };

static const char magic[] = "openssh-key-v1"; /* and its NUL */

/* What is between the lines -----BEGIN…----- and -----END…-----. */
static bool body(const char *text, struct buf *out)
{
	const char *from = strstr(text, "-----BEGIN "), *to;

	from = from ? strchr(from, '\n') : NULL;
	to = from ? strstr(from, "-----END ") : NULL;
	return to && base64_decode(out, from, (size_t)(to - from));
}

/* PROTOCOL.key: cipher, KDF, its options, number of keys, public key. */
static void inspect_openssh(struct keyfile *k, const struct buf *b)
{
	struct reader r = { (const uint8_t *)b->data + sizeof magic, b->len - sizeof magic,
		false };
	size_t len;
	const char *s = take_bytes(&r, &len);

	if (!s)
		return;
	k->encrypted = len != 4 || memcmp(s, "none", 4) != 0;
	k->aead = memmem(s, len, "-gcm@", 5) || memmem(s, len, "poly1305", 8);
	take_bytes(&r, &len);
	take_bytes(&r, &len);
	take_u32(&r);
	s = take_bytes(&r, &len);
	if (!s)
		return;
	buf_add(&k->blob, s, len);
	if (!k->encrypted)
		k->signer = signer_from_openssh(r.p, r.left);
}

static void blob_from_pub(struct keyfile *k, const char *pub)
{
	const char *base64 = strchr(pub, ' ');

	if (!base64)
		return;
	base64++;
	if (!base64_decode(&k->blob, base64, strcspn(base64, " \t\r\n")))
		buf_clear(&k->blob);
}

void keyfile_inspect(struct keyfile *k, const char *text, size_t len, const char *pub)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	AUTO(str) char *type = NULL;
	bool decoded = memchr(text, 0, len) == NULL && body(text, &b);

	buf_init(&k->blob);
	k->signer = NULL;
	k->rsa = strstr(text, "BEGIN RSA PRIVATE KEY") != NULL;
	k->aead = false;
	k->encrypted = strstr(text, "BEGIN ENCRYPTED PRIVATE KEY") ||
		strstr(text, "\nProc-Type: 4,ENCRYPTED");
	if (decoded && b.len > sizeof magic && memcmp(b.data, magic, sizeof magic) == 0)
		inspect_openssh(k, &b);
	else if (decoded && memmem(b.data, b.len, rsa_oid, sizeof rsa_oid))
		k->rsa = true;
	if (k->blob.len == 0)
		blob_from_pub(k, pub);
	type = key_blob_type(k->blob.data, k->blob.len);
	k->rsa = k->rsa || text_eq(type, "ssh-rsa");
}

void keyfile_clear(struct keyfile *k)
{
	buf_clear(&k->text);
	buf_clear(&k->blob);
	signer_free(TAKE(k->signer));
}

/* Linked, so that what was given out stays where it is. */
struct entry {
	struct entry *next;
	char *path;
	struct keyfile key;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static struct entry *load(const char *path, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY, pub = BUF_EMPTY;
	AUTO(str) char *pub_path = xasprintf("%s.pub", path);
	struct err ignored;
	struct entry *new;

	if (!fs_read_secret(path, MAX_KEY, &text, e))
		return NULL;
	if (!fs_read(pub_path, MAX_KEY, &pub, &ignored))
		buf_reset(&pub);
	new = xcalloc(1, sizeof *new);
	new->path = xstrdup(path);
	keyfile_inspect(&new->key, text.data, text.len, pub.data);
	new->key.text = text;
	buf_init(&text);
	return new;
}

const struct keyfile *keyfile_get(const char *path, struct err *e)
{
	struct entry *found;

	pthread_mutex_lock(&lock);
	found = entries;
	while (found && !text_eq(found->path, path))
		found = found->next;
	if (!found && (found = load(path, e))) {
		found->next = entries;
		entries = found;
	}
	pthread_mutex_unlock(&lock);
	return found ? &found->key : NULL;
}

void keyfile_forget(void)
{
	pthread_mutex_lock(&lock);
	while (entries) {
		struct entry *old = entries;

		entries = old->next;
		keyfile_clear(&old->key);
		free(old->path);
		free(old);
	}
	pthread_mutex_unlock(&lock);
}
