#include "renew/account.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/wait.h"
#include "digest/digest.h"
#include "store/account.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

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

const struct ca_settings *account_ca(
	const struct ca_settings *const *list, size_t n, const char *directory)
{
	struct err e;

	for (size_t i = 0; i < n; i++)
		if (text_eq(account_directory(list[i], &e), directory))
			return list[i];
	return NULL;
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

/* ---- one at a time ---- */

enum { LOCK_SECONDS = 30, LOCK_AGAIN_MS = 100 };

/*
 * What is on disk of an account, and what the CA has of it, is changed by one process at a
 * time, whatever stores they work for. Where there is nothing yet and nothing is made,
 * there is nothing to lock: *fd stays -1.
 */
static bool lock(const struct account *a, bool make, int *fd, struct err *e)
{
	AUTO(str) char *path = xasprintf("%s/.lock", a->dir);
	const int64_t deadline = deadline_in(LOCK_SECONDS);

	*fd = -1;
	if (make ? !fs_mkdirs(a->dir, 0700, e) : !fs_exists(a->dir))
		return !make;
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return err_sys(e, "%s", path);
	while (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
		if (deadline_left(deadline) == 0)
			return err_set(e, ERR_LOCKED,
				"%s: another run is at work on this account", a->dir);
		if (!clock_sleep_ms(LOCK_AGAIN_MS, e))
			return false;
	}
	return true;
}

/* ---- the session ---- */

/* With this key from now on: taken over. One that can't be used is refused, and the old one
 * goes on. */
static bool use_key(struct account *a, struct key *key, struct err *e)
{
	struct key *was = a->key;
	struct err unused;
	bool ok = acme_use_key(a->acme, key, e);

	if (!ok && !acme_use_key(a->acme, was, &unused))
		was = NULL; /* it has been in use: this doesn't happen */
	a->key = ok ? key : was;
	key_free(ok ? was : key);
	return ok;
}

/*
 * A key change was broken off: whose account is it now? *taken: the new one's. A CA that
 * knows neither key knows the account no more; then the old key is as good as the new.
 */
static bool end_rollover(struct account *a, bool *taken, struct err *e)
{
	struct key *new;

	*taken = false;
	if (!load_key(a, key_name_new, &new, e))
		return false;
	if (!new)
		return true;
	if (!use_key(a, new, e) || !acme_account_find(a->acme, taken, soon(a), e))
		return false;
	if (*taken)
		return put_key_in_force(a, e);
	return drop_new_key(a, e) && load_key(a, key_name_now, &new, e) &&
		use_key(a, new, e);
}

/* The key that is there, if there is one. The account is locked. */
static bool begin(struct account *a, struct err *e)
{
	struct key *key;
	bool taken;

	return load_key(a, key_name_now, &key, e) && use_key(a, key, e) &&
		end_rollover(a, &taken, e);
}

bool account_reach(struct account *a, const struct ca_settings *ca, const char *accounts,
	struct err *e)
{
	const struct http_config http = {
		.ca_file = ca->ca_file,
		.user_agent = "certpush/" CERTPUSH_VERSION,
	};

	a->ca = ca;
	a->directory = account_directory(ca, e);
	if (!a->directory)
		return false;
	a->dir = place_of(accounts, a->directory);
	a->http = http_new(&http);
	a->acme = acme_open(a->http, a->directory, NULL, soon(a), e);
	return a->acme;
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

/* By its URL, or else by its key: the URL can be that of an account that is no more. */
static bool find(struct account *a, const struct account_record *r,
	struct acme_account_info *info, bool *found, struct err *e)
{
	*found = false;
	if (r->url) {
		acme_account_known(a->acme, r->url);
		if (acme_account_get(a->acme, info, found, soon(a), e)) {
			if (*found)
				return true;
		} else if (!acme_refused(e)) {
			return false;
		}
	}
	if (!acme_account_find(a->acme, found, soon(a), e))
		return false;
	info->status = ACME_VALID; /* or it wouldn't have been found */
	return true;
}

/* Out of the way, and never lost: certificates can be revoked with it. */
static bool set_aside(struct account *a, struct err *e)
{
	AUTO(str) char *now = xasprintf("%s/%s", a->dir, key_name_now);
	AUTO(str)
	char *old = xasprintf("%s/account_key.%lld.pem", a->dir, (long long)clock_now());

	if (rename(now, old) < 0)
		return err_sys(e, "%s", now);
	return account_record_drop(a->dir, e) && fs_sync_dir(a->dir, e) &&
		use_key(a, NULL, e);
}

bool account_look(
	struct account *a, struct acme_account_info *info, bool *found, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };
	AUTO(fd) int fd = -1;

	*found = false;
	if (!lock(a, false, &fd, e) || !begin(a, e))
		return false;
	if (!a->key)
		return true;
	return account_record_load(a->dir, &r, e) && find(a, &r, info, found, e);
}

/* A key that no CA has taken yet, and of another kind than is wanted now, was the wrong
 * one.
 */
static bool is_wrong_kind(const struct account *a, const struct account_record *r)
{
	enum key_type type;

	return !r->url && key_type_parse(a->ca->account_key, &type) &&
		!text_eq(key_name(a->key), key_type_name(type));
}

static bool register_anew(struct account *a, struct err *e)
{
	struct key *key = make_key(a, key_name_now, e);

	return key && use_key(a, key, e) && enlist(a, e);
}

/* *dead: the CA knows the key, and its account can't be used any more. */
static bool enrol(struct account *a, bool *registered, bool *dead, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	bool found;

	*dead = *registered = false;
	if (!a->key) {
		*registered = register_anew(a, e);
		return *registered;
	}
	if (!account_record_load(a->dir, &r, e))
		return false;
	if (!find(a, &r, &info, &found, e)) {
		*dead = acme_refused(e);
		if (!*dead || !is_wrong_kind(a, &r))
			return false;
		*dead = false;
		*registered = set_aside(a, e) && register_anew(a, e);
		return *registered;
	}
	if (!found) {
		*registered = is_wrong_kind(a, &r) ? set_aside(a, e) && register_anew(a, e)
						   : enlist(a, e);
		return *registered;
	}
	*dead = info.status != ACME_VALID;
	if (!usable(a, &info, e))
		return false;
	/* Found by its key alone: another program has made it. */
	return text_eq(r.url, acme_account_url(a->acme)) || remember(a, "", e);
}

/* What is told of the contact last is on disk. */
static bool update_contact(struct account *a, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };

	return account_record_load(a->dir, &r, e) &&
		keep_contact(a, r.contact ? r.contact : "", e);
}

bool account_enrol(struct account *a, struct err *e)
{
	AUTO(fd) int fd = -1;
	bool registered, dead;
	struct err later;

	if (!lock(a, true, &fd, e) || !begin(a, e) || !enrol(a, &registered, &dead, e))
		return false;
	/* a contact that the CA doesn't take is no reason to renew nothing */
	return update_contact(a, &later) || true;
}

bool account_register(struct account *a, bool *registered, struct err *e)
{
	AUTO(fd) int fd = -1;
	bool dead;

	if (!lock(a, true, &fd, e) || !begin(a, e))
		return false;
	if (!enrol(a, registered, &dead, e)) {
		if (!dead || !set_aside(a, e) || !register_anew(a, e))
			return false;
		*registered = true;
	}
	return update_contact(a, e);
}

bool account_rollover(struct account *a, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	AUTO(fd) int fd = -1;
	struct key *new;
	struct err asked;
	bool found, taken;

	if (!lock(a, true, &fd, e) || !begin(a, e))
		return false;
	if (!a->key)
		return err_set(e, ERR_ACME, "%s: there is no account yet", a->ca->name);
	if (!account_record_load(a->dir, &r, e) || !find(a, &r, &info, &found, e))
		return false;
	if (!found)
		return err_set(e, ERR_ACME, "%s: there is no account yet", a->ca->name);
	if (!usable(a, &info, e))
		return false;
	new = make_key(a, key_name_new, e);
	if (!new)
		return false;
	if (acme_account_rollover(a->acme, new, soon(a), e))
		return use_key(a, new, e) && put_key_in_force(a, e);
	key_free(new);
	/* whatever it says, it may have got through: an answer was lost, the next try
	 * refused */
	return end_rollover(a, &taken, &asked) && taken;
}

bool account_deactivate(struct account *a, struct err *e)
{
	AUTO(account_record) struct account_record r = { 0 };
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	AUTO(fd) int fd = -1;
	bool found;

	if (!lock(a, true, &fd, e) || !begin(a, e))
		return false;
	if (!a->key)
		return err_set(e, ERR_ACME, "%s: there is no account", a->ca->name);
	if (!account_record_load(a->dir, &r, e))
		return false;
	if (find(a, &r, &info, &found, e)) {
		if (!found)
			return err_set(e, ERR_ACME, "%s: there is no account", a->ca->name);
		if (info.status == ACME_VALID &&
			!acme_account_deactivate(a->acme, soon(a), e))
			return false;
	} else if (!acme_refused(e)) {
		return false;
	} /* else it is refused because it is no more */
	return set_aside(a, e);
}
