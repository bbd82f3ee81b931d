#include "renew/account.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "digest/digest.h"
#include "store/account.h"

#include <stdio.h>

#define ACCOUNT_SECONDS 60 /* at most; the CA's timeout where that is less */
#define MAX_KEY_FILE    65536
#define MAX_ROOTS       (16 << 20)

static const char key_name_now[] = "account_key.pem";
static const char key_name_new[] = "account_key.new.pem";

void account_clear(struct account *a)
{
	acme_free(a->acme);
	key_free(a->key);
	http_free(a->http);
	free(a->dir);
	*a = (struct account){ 0 };
}

static int64_t soon(const struct account *a)
{
	return deadline_first(deadline_in(ACCOUNT_SECONDS), deadline_in(a->ca->timeout));
}

const char *account_directory(const struct ca_settings *ca, struct err *e)
{
	return ca->directory ? ca->directory : acme_directory_url(ca->name, e);
}

bool account_check(const struct ca_settings *ca, struct err *e)
{
	AUTO(buf) struct buf roots = BUF_EMPTY;
	struct err why;

	if (!account_directory(ca, &why))
		return err_at(e, ca->pos, "ca: %s", why.msg);
	if (ca->ca_file && !fs_read(ca->ca_file, MAX_ROOTS, &roots, &why))
		return err_at(e, ca->ca_file_pos, "ca_file: %s", why.msg);
	return true;
}

/* ---- keys on disk ---- */

/* dehydrated encodes the URL with the newline that its echo puts behind it. */
static char *place_of(const char *accounts, const char *directory)
{
	AUTO(buf) struct buf url = BUF_EMPTY;
	AUTO(buf) struct buf name = BUF_EMPTY;

	buf_printf(&url, "%s\n", directory);
	base64url_encode(&name, url.data, url.len);
	return xasprintf("%s/%s", accounts, name.data);
}

static struct key *make_key(const struct account *a, const char *name, struct err *e)
{
	AUTO(str) char *path = xasprintf("%s/%s", a->dir, name);
	AUTO(buf) struct buf pem = BUF_EMPTY;
	AUTO(key) struct key *key = NULL;
	enum key_type type;

	if (!key_type_parse(a->ca->account_key, &type)) {
		err_set(e, ERR_CONFIG, "%s: not a key type", a->ca->account_key);
		return NULL;
	}
	key = key_generate(type, e);
	if (!key || !key_to_pem(key, &pem, e) || !fs_mkdirs(a->dir, 0700, e) ||
		!fs_write(path, pem.data, pem.len, 0600, e))
		return NULL;
	return TAKE(key);
}

/* *key stays NULL where there is none. */
static bool load_key(
	const struct account *a, const char *name, struct key **key, struct err *e)
{
	AUTO(str) char *path = xasprintf("%s/%s", a->dir, name);
	AUTO(buf) struct buf pem = BUF_EMPTY;

	*key = NULL;
	if (!fs_exists(path))
		return true;
	if (!fs_read_secret(path, MAX_KEY_FILE, &pem, e))
		return false;
	*key = key_from_pem(pem.data, pem.len, e);
	return *key || err_wrap(e, "%s", path);
}

/* The new key is the account's now. */
static bool put_key_in_force(const struct account *a, struct err *e)
{
	AUTO(str) char *now = xasprintf("%s/%s", a->dir, key_name_now);
	AUTO(str) char *new = xasprintf("%s/%s", a->dir, key_name_new);

	return rename(new, now) == 0 ? fs_sync_dir(a->dir, e) : err_sys(e, "%s", new);
}

static bool drop_new_key(const struct account *a, struct err *e)
{
	AUTO(str) char *new = xasprintf("%s/%s", a->dir, key_name_new);

	return remove(new) == 0 ? fs_sync_dir(a->dir, e) : err_sys(e, "%s", new);
}

/* ---- the session ---- */

/* With this key from now on: taken over. */
static bool use_key(struct account *a, struct key *key, struct err *e)
{
	struct acme *acme = acme_open(a->http, a->directory, key, soon(a), e);

	if (!acme) {
		key_free(key);
		return false;
	}
	acme_free(a->acme);
	key_free(a->key);
	a->acme = acme;
	a->key = key;
	return true;
}

/*
 * A key change was broken off: whose account is it now? A CA that knows neither key knows
 * the account no more; then the old key is as good as the new.
 */
static bool end_rollover(struct account *a, struct err *e)
{
	struct key *new;
	bool found;

	if (!load_key(a, key_name_new, &new, e))
		return false;
	if (!new)
		return true;
	if (!use_key(a, new, e) || !acme_account_find(a->acme, &found, soon(a), e))
		return false;
	if (found)
		return put_key_in_force(a, e);
	return drop_new_key(a, e) && load_key(a, key_name_now, &new, e) &&
		use_key(a, new, e);
}

bool account_reach(struct account *a, const struct ca_settings *ca, const char *accounts,
	struct err *e)
{
	const struct http_config http = {
		.ca_file = ca->ca_file,
		.user_agent = "certpush/" CERTPUSH_VERSION,
	};
	struct key *key;

	a->ca = ca;
	a->directory = account_directory(ca, e);
	if (!a->directory)
		return false;
	a->dir = place_of(accounts, a->directory);
	a->http = http_new(&http);
	return load_key(a, key_name_now, &key, e) && use_key(a, key, e) &&
		end_rollover(a, e);
}

/* ---- the account ---- */

static char *contact_text(const struct ca_settings *ca)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < ca->n_contact; i++)
		buf_printf(&text, "%s%s", i ? " " : "", ca->contact[i]);
	return xstrdup(text.data);
}

static bool remember(const struct account *a, const char *contact, struct err *e)
{
	const struct account_record r = { (char *)(uintptr_t)acme_account_url(a->acme),
		(char *)(uintptr_t)contact };

	return account_record_save(a->dir, &r, e);
}

static bool read_binding(
	const struct account *a, struct buf *key, struct acme_eab *eab, struct err *e)
{
	const struct eab_settings *s = &a->ca->eab;
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (!secret_read(&s->secret, &text, e))
		return err_wrap(e, "eab");
	if (!base64url_decode(key, text.data, text.len) || key->len == 0)
		return err_at(e, s->secret.pos, "eab: the MAC key is not base64url");
	*eab = (struct acme_eab){ s->kid, key->data, key->len };
	return true;
}

static bool enlist(struct account *a, struct err *e)
{
	AUTO(buf) struct buf mac_key = BUF_EMPTY;
	AUTO(str) char *contact = contact_text(a->ca);
	struct acme_registration g = { a->ca->contact, a->ca->n_contact, NULL };
	struct acme_eab eab;

	if (a->ca->eab.kid) {
		if (!read_binding(a, &mac_key, &eab, e))
			return false;
		g.eab = &eab;
	} else if (acme_meta(a->acme)->wants_eab) {
		return err_at(e, a->ca->pos,
			"%s takes only accounts that are bound to one you have there: give 'eab: {kid, secret_file}'",
			a->ca->name);
	}
	return acme_account(a->acme, &g, soon(a), e) && remember(a, contact, e);
}

/* What the CA was told last is on disk: many don't keep it, so asking them says nothing. */
static bool keep_contact(struct account *a, const char *told, struct err *e)
{
	const struct acme_registration g = { a->ca->contact, a->ca->n_contact, NULL };
	AUTO(str) char *contact = contact_text(a->ca);

	if (text_eq(told, contact))
		return true;
	return acme_account_contact(a->acme, &g, soon(a), e) && remember(a, contact, e);
}

static bool usable(
	const struct account *a, const struct acme_account_info *info, struct err *e)
{
	return info->status == ACME_VALID ||
		err_set(e, ERR_ACME,
			"%s: the account %s is %s: `certpush account register` makes another",
			a->ca->name, acme_account_url(a->acme),
			acme_status_name(info->status));
}

/* By its URL, or else by its key. */
static bool find(struct account *a, const struct account_record *r,
	struct acme_account_info *info, bool *found, struct err *e)
{
	*found = false;
	if (r->url) {
		acme_account_known(a->acme, r->url);
		if (!acme_account_get(a->acme, info, found, soon(a), e) || *found)
			return *found;
	}
	if (!acme_account_find(a->acme, found, soon(a), e))
		return false;
	info->status = ACME_VALID; /* or it wouldn't have been found */
	return true;
}

bool account_look(
	struct account *a, struct acme_account_info *info, bool *found, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };

	*found = false;
	if (!a->key)
		return true;
	return account_record_load(a->dir, &r, e) && find(a, &r, info, found, e);
}

bool account_enrol(struct account *a, bool *registered, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	bool found = false;

	if (!a->key) {
		struct key *key = make_key(a, key_name_now, e);

		if (!key || !use_key(a, key, e))
			return false;
	} else if (!account_record_load(a->dir, &r, e) || !find(a, &r, &info, &found, e)) {
		return false;
	}
	if (registered)
		*registered = !found;
	if (!found)
		return enlist(a, e);
	if (!usable(a, &info, e))
		return false;
	/* Found by its key alone: another program has made it. */
	if (!text_eq(r.url, acme_account_url(a->acme)) && !remember(a, "", e))
		return false;
	return keep_contact(a, r.contact ? r.contact : "", e);
}

bool account_rollover(struct account *a, struct err *e)
{
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	AUTO(key) struct key *new = NULL;
	struct err left;
	bool found;

	if (!account_look(a, &info, &found, e))
		return false;
	if (!found)
		return err_set(e, ERR_ACME, "%s: there is no account yet", a->ca->name);
	if (!usable(a, &info, e))
		return false;
	new = make_key(a, key_name_new, e);
	if (!new)
		return false;
	if (acme_account_rollover(a->acme, new, soon(a), e))
		return put_key_in_force(a, e) && use_key(a, TAKE(new), e);
	/* After all but a refusal it may have got through: the next run asks. */
	if (e->kind == ERR_ACME && !drop_new_key(a, &left))
		*e = left;
	return false;
}

bool account_deactivate(struct account *a, struct err *e)
{
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	AUTO(str) char *now = xasprintf("%s/%s", a->dir, key_name_now);
	AUTO(str) char *old = NULL;
	bool found;

	if (!account_look(a, &info, &found, e))
		return false;
	if (!found)
		return err_set(e, ERR_ACME, "%s: there is no account", a->ca->name);
	if (info.status == ACME_VALID && !acme_account_deactivate(a->acme, soon(a), e))
		return false;
	old = xasprintf("%s/account_key.%lld.pem", a->dir, (long long)clock_now());
	if (rename(now, old) < 0)
		return err_sys(e, "%s", now);
	return account_record_drop(a->dir, e) && fs_sync_dir(a->dir, e);
}
