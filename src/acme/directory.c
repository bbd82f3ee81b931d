#include "acme/private/acme.h"
#include "base/alloc.h"
#include "digest/digest.h"

#include <string.h>

enum { MOST_NAMES = 50 };

static const struct pace calm = {
	.poll_ms = 100,
	.poll_max_ms = 2000,
	.retry_ms = 250,
	.second_ms = 1000,
};

static void read_profiles(struct acme *a, const cJSON *directory)
{
	const cJSON *meta = cJSON_GetObjectItemCaseSensitive(directory, "meta");
	const cJSON *profile;

	cJSON_ArrayForEach(profile, cJSON_GetObjectItemCaseSensitive(meta, "profiles"))
	{
		if (!profile->string)
			continue;
		GROW(a->profiles, a->n_profiles);
		a->profiles[a->n_profiles++] = xstrdup(profile->string);
	}
}

/* What not every CA has; what is no URL is as good as none. */
static char *optional_url(const cJSON *o, const char *name)
{
	const char *url = json_text(o, name);

	return url && url_good(url) ? xstrdup(url) : NULL;
}

static void read_meta(struct acme_meta *m, const cJSON *meta)
{
	const cJSON *item;

	m->wants_eab = cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(meta, "externalAccountRequired"));
	m->terms = optional_url(meta, "termsOfService");
	m->website = optional_url(meta, "website");
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(meta, "caaIdentities"))
	{
		if (!cJSON_IsString(item) || m->n_caa == MOST_NAMES)
			continue;
		GROW(m->caa, m->n_caa);
		m->caa[m->n_caa++] = xstrdup(item->valuestring);
	}
}

static bool read_directory(struct acme *a, const struct answer *r, struct err *e)
{
	AUTO(json) cJSON *o = json_read(&r->http.body);

	if (!o)
		return err_set(e, ERR_PROTOCOL, "answered with %s, not JSON",
			r->http.body.data[0] == '<' ? "HTML" : "something else");
	if (!json_url(o, "newNonce", &a->new_nonce, e) ||
		!json_url(o, "newAccount", &a->new_account, e) ||
		!json_url(o, "newOrder", &a->new_order, e))
		return false;
	a->revoke_cert = optional_url(o, "revokeCert");
	a->key_change = optional_url(o, "keyChange");
	a->renewal_info = optional_url(o, "renewalInfo");
	read_meta(&a->meta, cJSON_GetObjectItemCaseSensitive(o, "meta"));
	read_profiles(a, o);
	return true;
}

bool acme_use_key(struct acme *a, const struct key *key, struct err *e)
{
	struct sha256 d;

	a->key = key;
	buf_reset(&a->jwk);
	buf_reset(&a->thumbprint);
	if (!key)
		return true;
	if (!key_jws_alg(key))
		return err_set(e, ERR_CONFIG,
			"no account key: %s (p256, p384, ed25519 and RSA are)",
			key_name(key));
	if (!key_jwk(key, &a->jwk, e))
		return false;
	d = sha256_of(a->jwk.data, a->jwk.len);
	base64url_encode(&a->thumbprint, d.bytes, sizeof d.bytes);
	return true;
}

static struct acme *make(struct http *h, const char *directory_url, const struct pace *pace)
{
	struct acme *a = xcalloc(1, sizeof *a);

	a->http = h;
	a->pace = *pace;
	a->host = xstrndup(directory_url + 8, strcspn(directory_url + 8, "/"));
	buf_init(&a->jwk);
	buf_init(&a->thumbprint);
	pthread_mutex_init(&a->lock, NULL);
	return a;
}

struct acme *acme_open_paced(struct http *h, const char *directory_url,
	const struct key *account_key, const struct pace *pace, int64_t deadline,
	struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	AUTO(acme) struct acme *a = NULL;

	if (!url_good(directory_url)) {
		err_set(e, ERR_CONFIG, "'%s' is no URL of an ACME directory",
			directory_url);
		return NULL;
	}
	a = make(h, directory_url, pace);
	if (!acme_use_key(a, account_key, e) ||
		!acme_get(a, directory_url, deadline, &r, e))
		return NULL;
	if (!read_directory(a, &r, e)) {
		err_wrap(e, "%s: no ACME directory", directory_url);
		return NULL;
	}
	return TAKE(a);
}

struct acme *acme_open(struct http *h, const char *directory_url,
	const struct key *account_key, int64_t deadline, struct err *e)
{
	return acme_open_paced(h, directory_url, account_key, &calm, deadline, e);
}

const struct acme_meta *acme_meta(const struct acme *a)
{
	return &a->meta;
}

static void meta_clear(struct acme_meta *m)
{
	for (size_t i = 0; i < m->n_caa; i++)
		free(m->caa[i]);
	free(m->caa);
	free(m->terms);
	free(m->website);
}

void acme_free(struct acme *a)
{
	if (!a)
		return;
	meta_clear(&a->meta);
	free(a->revoke_cert);
	free(a->key_change);
	free(a->renewal_info);
	for (size_t i = 0; i < a->n_profiles; i++)
		free(a->profiles[i]);
	free(a->profiles);
	free(a->host);
	free(a->new_nonce);
	free(a->new_account);
	free(a->new_order);
	free(a->account);
	buf_clear(&a->jwk);
	buf_clear(&a->thumbprint);
	nonces_clear(a);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void acme_key_authorization(const struct acme *a, const char *token, struct buf *out)
{
	buf_printf(out, "%s.%s", token, a->thumbprint.data);
}

void acme_dns01_value(const struct acme *a, const char *token, struct buf *out)
{
	AUTO(buf) struct buf authorization = BUF_EMPTY;
	struct sha256 d;

	acme_key_authorization(a, token, &authorization);
	d = sha256_of(authorization.data, authorization.len);
	base64url_encode(out, d.bytes, sizeof d.bytes);
}

/* RFC 4648 6, in lower case. */
static void base32_encode(struct buf *out, const uint8_t *bytes, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | bytes[i]) & 0xfff;
		for (have += 8; have >= 5; have -= 5)
			buf_putc(out, letters[bits >> (have - 5) & 31]);
	}
}

void acme_account_label(const struct acme *a, struct buf *out)
{
	const struct sha256 d = sha256_of(a->account, strlen(a->account));

	buf_putc(out, '_');
	base32_encode(out, d.bytes, 10);
}
