#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

const char *const part_files[N_PARTS] = { "privkey.pem", "cert.pem", "chain.pem",
	"fullchain.pem" };

struct buf *bundle_part(struct bundle *b, enum part part)
{
	struct buf *parts[N_PARTS] = { &b->privkey_pem, &b->cert_pem, &b->chain_pem,
		&b->fullchain_pem };

	return parts[part];
}

void bundle_clear(struct bundle *b)
{
	chain_clear(&b->chain);
	key_free(b->key);
	b->key = NULL;
	for (int part = 0; part < N_PARTS; part++)
		buf_clear(bundle_part(b, (enum part)part));
}

static bool fill(struct bundle *b, const char *fullchain, size_t len, const struct key *key,
	struct err *e)
{
	if (!chain_from_pem(fullchain, len, &b->chain, e))
		return false;
	if (!cert_matches_key(b->chain.certs[0], key))
		return err_set(e, ERR_TLS, "the certificate is for another key");
	chain_to_pem(&b->chain, 0, 1, &b->cert_pem);
	chain_to_pem(&b->chain, 1, b->chain.n, &b->chain_pem);
	chain_to_pem(&b->chain, 0, b->chain.n, &b->fullchain_pem);
	if (!key_to_pem(key, &b->privkey_pem, e))
		return false;
	b->key = key_from_pem(b->privkey_pem.data, b->privkey_pem.len, e);
	return b->key != NULL;
}

bool bundle_from_pem(struct bundle *b, const char *fullchain, size_t len,
	const struct key *key, struct err *e)
{
	if (fill(b, fullchain, len, key, e))
		return true;
	bundle_clear(b);
	return false;
}

static bool same(const struct cert *a, const struct cert *b)
{
	struct sha256 of_a = cert_sha256(a), of_b = cert_sha256(b);

	return sha256_eq(&of_a, &of_b);
}

/* text holds the certificates [from, to) of the chain and no others. */
static bool holds(const struct buf *text, const struct chain *c, size_t from, size_t to)
{
	AUTO(chain) struct chain part = { 0 };
	struct err none;

	if (from == to)
		return text->len == 0;
	if (!chain_from_pem(text->data, text->len, &part, &none) || part.n != to - from)
		return false;
	for (size_t i = 0; i < part.n; i++)
		if (!same(part.certs[i], c->certs[from + i]))
			return false;
	return true;
}

static bool read_part(const char *dir, struct bundle *b, enum part part, struct err *e)
{
	AUTO(str) char *path = path_in(dir, part_files[part]);

	return fs_read(path, PART_MAX, bundle_part(b, part), e);
}

/*
 * cert.pem and chain.pem say again what fullchain.pem says. Whoever has only that one and
 * the key has a whole certificate; but if they are there, they must agree.
 */
static bool read_split(const char *dir, struct bundle *b, enum part part, struct err *e)
{
	size_t from = part == CERT ? 0 : 1, to = part == CERT ? 1 : b->chain.n;
	AUTO(str) char *path = path_in(dir, part_files[part]);

	if (!fs_exists(path)) {
		chain_to_pem(&b->chain, from, to, bundle_part(b, part));
		return true;
	}
	if (!read_part(dir, b, part, e))
		return false;
	return holds(bundle_part(b, part), &b->chain, from, to) ||
		err_set(e, ERR_IO, "%s: doesn't hold the same as fullchain.pem beside it",
			path);
}

static bool load(const char *dir, struct bundle *b, struct err *e)
{
	if (!read_part(dir, b, FULLCHAIN, e) || !read_part(dir, b, PRIVKEY, e))
		return false;
	if (!chain_from_pem(b->fullchain_pem.data, b->fullchain_pem.len, &b->chain, e))
		return err_wrap(e, "%s/%s", dir, part_files[FULLCHAIN]);
	b->key = key_from_pem(b->privkey_pem.data, b->privkey_pem.len, e);
	if (!b->key)
		return err_wrap(e, "%s/%s", dir, part_files[PRIVKEY]);
	if (!cert_matches_key(b->chain.certs[0], b->key))
		return err_set(e, ERR_TLS,
			"%s/%s: isn't the key of fullchain.pem beside it", dir,
			part_files[PRIVKEY]);
	return read_split(dir, b, CERT, e) && read_split(dir, b, CHAIN, e);
}

bool bundle_load(const char *dir, struct bundle *b, struct err *e)
{
	if (load(dir, b, e))
		return true;
	bundle_clear(b);
	return false;
}

bool bundle_save(const char *dir, const struct bundle *b, struct err *e)
{
	struct bundle view = *b; /* borrowed, since bundle_part wants to write */

	for (int part = 0; part < N_PARTS; part++) {
		AUTO(str) char *path = path_in(dir, part_files[part]);
		const struct buf *text = bundle_part(&view, (enum part)part);

		if (!fs_write(
			    path, text->data, text->len, part == PRIVKEY ? 0600 : 0644, e))
			return false;
	}
	return true;
}
