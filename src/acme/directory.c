#include "acme/private/acme.h"
#include "base/alloc.h"
#include "digest/digest.h"

#include <string.h>

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
	read_profiles(a, o);
	return true;
}

static bool set_key(struct acme *a, const struct key *key, struct err *e)
{
	struct sha256 d;

	a->key = key;
	if (!key_jws_alg(key))
		return err_set(e, ERR_CONFIG,
			"no account key: %s (ES256, ES384 and RS256 are)", key_name(key));
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
	if (!set_key(a, account_key, e) || !acme_get(a, directory_url, deadline, &r, e))
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

void acme_free(struct acme *a)
{
	if (!a)
		return;
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

void acme_dns01_value(const struct acme *a, const char *token, struct buf *out)
{
	AUTO(buf) struct buf authorization = BUF_EMPTY;
	struct sha256 d;

	buf_printf(&authorization, "%s.%s", token, a->thumbprint.data);
	d = sha256_of(authorization.data, authorization.len);
	base64url_encode(out, d.bytes, sizeof d.bytes);
}
