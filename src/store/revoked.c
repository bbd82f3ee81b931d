#include "base/alloc.h"
#include "base/fs.h"
#include "store/private/store.h"

#include <errno.h>

static char *revoked_path(const struct store *s, const char *name, struct err *e)
{
	AUTO(str) char *dir = store_dir(s, name, e);

	return dir ? path_in(dir, "revoked.json") : NULL;
}

static cJSON *revoked_read(const char *path, struct err *e)
{
	if (!fs_exists(path) && errno == ENOENT)
		return cJSON_CreateObject();
	return record_read(path, e);
}

static void note(cJSON *json, struct sha256 print, const char *reason)
{
	const struct sha256_hex hex = sha256_hex(&print);

	cJSON_DeleteItemFromObjectCaseSensitive(json, hex.s);
	record_add_text(json, hex.s, reason);
}

bool store_revoked_add(struct store *s, const char *name, const struct cert *leaf,
	const char *reason, bool key_too, struct err *e)
{
	AUTO(str) char *path = revoked_path(s, name, e);
	AUTO(json) cJSON *json = path ? revoked_read(path, e) : NULL;

	if (!json)
		return false;
	note(json, cert_sha256(leaf), reason);
	if (key_too)
		note(json, cert_key_sha256(leaf), reason);
	return record_write(path, json, e);
}

static bool noted(const cJSON *json, struct sha256 print, char **reason, struct err *e)
{
	const struct sha256_hex hex = sha256_hex(&print);

	return record_text(json, hex.s, reason, e);
}

static bool is_free(
	const struct store *s, const char *name, const struct cert *leaf, struct err *e)
{
	AUTO(str) char *path = revoked_path(s, name, e);
	AUTO(json) cJSON *json = path ? revoked_read(path, e) : NULL;
	AUTO(str) char *of_cert = NULL;
	AUTO(str) char *of_key = NULL;

	if (!json)
		return false;
	if (!noted(json, cert_sha256(leaf), &of_cert, e) ||
		!noted(json, cert_key_sha256(leaf), &of_key, e))
		return err_wrap(e, "%s", path);
	if (of_cert)
		return err_set(e, ERR_REFUSED,
			"the store's earlier one is revoked (%s): no way back to it",
			of_cert);
	if (of_key)
		return err_set(e, ERR_REFUSED,
			"the key of the store's earlier one is revoked (%s): no way back to it",
			of_key);
	return true;
}

static bool same_key(const struct cert *a, const struct cert *b)
{
	const struct sha256 of_a = cert_key_sha256(a), of_b = cert_key_sha256(b);

	return sha256_eq(&of_a, &of_b);
}

bool may_go_back(
	const struct store *s, const char *name, const struct bundle *b, struct err *e)
{
	AUTO(store_replaced) struct store_replaced r = STORE_REPLACED_EMPTY;
	bool found;

	if (!is_free(s, name, b->chain.certs[0], e) ||
		!store_replaced_load(s, name, &r, &found, e))
		return false;
	if (!found || !same_key(b->chain.certs[0], r.old.chain.certs[0]))
		return true;
	return err_set(e, ERR_REFUSED,
		"the store's earlier one is about to be revoked (%s): no way back to it",
		r.reason);
}
