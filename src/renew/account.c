#include "renew/private/account.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "digest/digest.h"

#define ACCOUNT_SECONDS 60 /* at most; acme.timeout where that is less */
#define MAX_KEY_FILE    65536
#define MAX_ROOTS       (16 << 20)

void account_clear(struct account *a)
{
	acme_free(a->acme);
	key_free(a->key);
	http_free(a->http);
	*a = (struct account){ 0 };
}

/* dehydrated encodes the URL with the newline that its echo puts behind it. */
static char *key_path(const struct settings *s, const char *directory)
{
	AUTO(buf) struct buf url = BUF_EMPTY;
	AUTO(buf) struct buf name = BUF_EMPTY;

	buf_printf(&url, "%s\n", directory);
	base64url_encode(&name, url.data, url.len);
	return xasprintf("%s/%s/account_key.pem", s->accounts, name.data);
}

static struct key *make_key(const char *path, struct err *e)
{
	AUTO(str) char *dir = fs_dirname(path);
	AUTO(key) struct key *key = key_generate(KEY_P256, e);
	AUTO(buf) struct buf pem = BUF_EMPTY;

	if (!key || !key_to_pem(key, &pem, e) || !fs_mkdirs(dir, 0700, e) ||
		!fs_write(path, pem.data, pem.len, 0600, e))
		return NULL;
	return TAKE(key);
}

static struct key *load_key(const char *path, struct err *e)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct key *key;

	if (!fs_exists(path))
		return make_key(path, e);
	if (!fs_read_secret(path, MAX_KEY_FILE, &pem, e))
		return NULL;
	key = key_from_pem(pem.data, pem.len, e);
	if (!key)
		err_wrap(e, "%s", path);
	return key;
}

bool account_check(const struct acme_settings *s, struct err *e)
{
	AUTO(buf) struct buf roots = BUF_EMPTY;
	struct err why;

	if (!acme_directory_url(s->ca, &why))
		return err_at(e, s->ca_pos, "ca: %s", why.msg);
	if (s->ca_file && !fs_read(s->ca_file, MAX_ROOTS, &roots, &why))
		return err_at(e, s->ca_file_pos, "ca_file: %s", why.msg);
	return true;
}

bool account_open(struct account *a, const struct settings *s, struct err *e)
{
	const struct http_config http = {
		.ca_file = s->acme.ca_file,
		.user_agent = "certpush/" CERTPUSH_VERSION,
	};
	const int64_t deadline =
		deadline_first(deadline_in(ACCOUNT_SECONDS), deadline_in(s->acme.timeout));
	const struct acme_registration me = { s->acme.contact, s->acme.n_contact, NULL };
	AUTO(str) char *path = NULL;

	a->directory = acme_directory_url(s->acme.ca, e);
	if (!a->directory)
		return false;
	path = key_path(s, a->directory);
	a->key = load_key(path, e);
	if (!a->key)
		return false;
	a->http = http_new(&http);
	a->acme = acme_open(a->http, a->directory, a->key, deadline, e);
	return a->acme && acme_account(a->acme, &me, deadline, e);
}
