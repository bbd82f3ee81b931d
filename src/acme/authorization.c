#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

enum { MOST_ISSUERS = 10 };

static const char *const methods[] = {
	[ACME_DNS_01] = "dns-01",
	[ACME_DNS_ACCOUNT_01] = "dns-account-01",
	[ACME_DNS_PERSIST_01] = "dns-persist-01",
};

const char *acme_method_name(enum acme_method m)
{
	return methods[m];
}

bool acme_method_parse(const char *name, enum acme_method *m)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (!text_eq(name, methods[i]))
			continue;
		*m = (enum acme_method)i;
		return true;
	}
	return false;
}

static void challenge_clear(struct acme_challenge *c)
{
	free(c->url);
	free(c->token);
	for (size_t i = 0; i < c->n_issuers; i++)
		free(c->issuers[i]);
	free(c->issuers);
	free(c->account);
	*c = (struct acme_challenge){ 0 };
}
DEFINE_AUTO_VALUE(struct acme_challenge, challenge, challenge_clear)

static void forget(struct acme_authorization *z)
{
	for (size_t i = 0; i < ACME_METHODS; i++)
		challenge_clear(&z->challenges[i]);
	free(z->domain);
	z->domain = NULL;
	z->problem = (struct err){ .kind = ERR_NONE };
	z->wildcard = false;
	z->retry_after = -1;
}

void acme_authorization_clear(struct acme_authorization *z)
{
	forget(z);
	free(z->url);
	*z = (struct acme_authorization){ 0 };
}

static bool made_of(const char *s, const char *letters, size_t longest)
{
	size_t len = strspn(s, letters);

	return len > 0 && len <= longest && s[len] == '\0';
}

static bool read_identifier(const cJSON *json, struct acme_authorization *z, struct err *e)
{
	const cJSON *o = cJSON_GetObjectItemCaseSensitive(json, "identifier");
	const char *type = json_text(o, "type"), *value = json_text(o, "value");

	if (!type || !value)
		return err_set(e, ERR_PROTOCOL, "'identifier' is missing");
	z->wildcard = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "wildcard"));
	if (text_starts(value, "*.")) {
		z->wildcard = true;
		value += 2;
	}
	/* It becomes the name of a DNS record. */
	if (strcmp(type, "dns") != 0 || !made_of(value, LETTERS ".", 253))
		return err_set(
			e, ERR_PROTOCOL, "'identifier' is no DNS name: '%.100s'", value);
	z->domain = xstrdup(value);
	text_lower(z->domain);
	return true;
}

static bool read_token(const cJSON *o, struct acme_challenge *c)
{
	const char *token = json_text(o, "token");

	if (!token || !made_of(token, LETTERS, 1024))
		return false;
	c->token = xstrdup(token);
	return true;
}

/* One to ten of them, or the challenge is to be refused. */
static bool read_issuers(const cJSON *o, struct acme_challenge *c)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(o, "issuer-domain-names"))
	{
		const char *name = cJSON_GetStringValue(item);

		if (!name || !made_of(name, LETTERS ".", 253) ||
			c->n_issuers == MOST_ISSUERS)
			return false;
		GROW(c->issuers, c->n_issuers);
		c->issuers[c->n_issuers++] = xstrdup(name);
	}
	return c->n_issuers > 0;
}

/* It goes into a record as it is. */
static bool is_uri(const char *s)
{
	if (strlen(s) > 1024)
		return false;
	while (*s > ' ' && *s <= '~' && !strchr(";\"\\", *s))
		s++;
	return !*s;
}

/* Drafts before -01 had none: then it is the account's URL. */
static bool read_account(const cJSON *o, struct acme_challenge *c)
{
	const char *uri = json_text(o, "accounturi");

	if (uri && !is_uri(uri))
		return false;
	c->account = uri ? xstrdup(uri) : NULL;
	return true;
}

static void read_method(const cJSON *o, enum acme_method m, struct acme_challenge *into)
{
	AUTO(challenge) struct acme_challenge c = { 0 };
	const char *url = json_text(o, "url");

	if (into->url || !url || !url_good(url))
		return;
	if (m == ACME_DNS_PERSIST_01 ? !read_issuers(o, &c) || !read_account(o, &c)
				     : !read_token(o, &c))
		return;
	c.url = xstrdup(url);
	*into = c;
	c = (struct acme_challenge){ 0 };
}

/* Types we don't know, and those that lack what they need, are other clients'. */
static void read_challenge(const cJSON *o, struct acme_authorization *z)
{
	const char *type = json_text(o, "type");
	enum acme_method m;
	const bool known = type && acme_method_parse(type, &m);

	if (known || z->problem.kind == ERR_NONE) {
		struct err problem;

		problem_member(o, "error", &problem);
		if (problem.kind != ERR_NONE)
			z->problem = problem;
	}
	if (known)
		read_method(o, m, &z->challenges[m]);
}

static bool fill(const cJSON *json, struct acme_authorization *z, struct err *e)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "challenges");
	const cJSON *item;

	if (!status_read(json, &z->status, e) || !read_identifier(json, z, e))
		return false;
	if (!cJSON_IsArray(list))
		return err_set(e, ERR_PROTOCOL, "'challenges' is missing");
	cJSON_ArrayForEach(item, list) read_challenge(item, z);
	return true;
}

bool authorization_read(const struct buf *text, struct acme_authorization *z, struct err *e)
{
	AUTO(json) cJSON *json = json_read(text);

	forget(z);
	if (!json)
		return err_set(e, ERR_PROTOCOL, "the answer is no JSON object");
	return fill(json, z, e) || err_wrap(e, "the answer is no authorization");
}

static bool fetch(
	struct acme *a, struct acme_authorization *z, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = { .url = z->url, .payload = "", .deadline = deadline };

	if (!acme_post(a, &q, &r, e))
		return false;
	if (!authorization_read(&r.http.body, z, e))
		return err_wrap(e, "%s", a->host);
	z->retry_after = r.retry_after;
	return true;
}

bool acme_authorization_get(struct acme *a, const char *url, struct acme_authorization *z,
	int64_t deadline, struct err *e)
{
	char *own = xstrdup(url); /* url may be what *z holds */

	acme_authorization_clear(z);
	z->url = own;
	return fetch(a, z, deadline, e) || err_wrap(e, "authorization");
}

/*
 * Another certificate's order can share the authorization, and an answer that got lost
 * makes us ask twice: then the challenge is no longer pending, and that is well.
 */
static bool went_on(struct acme *a, const char *url, int64_t deadline)
{
	AUTO(acme_authorization) struct acme_authorization now = { 0 };
	struct err ignored;

	return acme_authorization_get(a, url, &now, deadline, &ignored) &&
		now.status != ACME_PENDING;
}

bool acme_challenge_ready(struct acme *a, const struct acme_authorization *z,
	enum acme_method m, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = {
		.url = z->challenges[m].url, .payload = "{}", .deadline = deadline
	};

	if (!q.url)
		return err_set(e, ERR_ACME, "%s: %s offers no %s challenge", z->domain,
			a->host, methods[m]);
	if (acme_post(a, &q, &r, e))
		return true;
	if (*r.problem && went_on(a, z->url, deadline))
		return true;
	return err_wrap(e, "%s: challenge", z->domain);
}

bool acme_authorization_deactivate(
	struct acme *a, const char *url, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = {
		.url = url, .payload = "{\"status\":\"deactivated\"}", .deadline = deadline
	};

	return acme_post(a, &q, &r, e) || err_wrap(e, "authorization: deactivation");
}

static bool refused(const struct acme_authorization *z, struct err *e)
{
	if (z->problem.kind != ERR_NONE)
		return err_set(e, ERR_ACME, "%s: %s", z->domain, z->problem.msg);
	return err_set(e, ERR_ACME, "%s: the authorization is %s", z->domain,
		acme_status_name(z->status));
}

bool acme_authorization_wait(
	struct acme *a, struct acme_authorization *z, int64_t deadline, struct err *e)
{
	struct poll p = poll_begin(a, deadline);

	for (;;) {
		if (!fetch(a, z, deadline, e))
			return err_wrap(e, "authorization");
		if (z->status == ACME_VALID)
			return true;
		if (z->status != ACME_PENDING && z->status != ACME_PROCESSING)
			return refused(z, e);
		if (!poll_pause(&p, z->retry_after, e))
			return err_wrap(e, "%s: the CA has not looked yet (still %s)",
				z->domain, acme_status_name(z->status));
	}
}
