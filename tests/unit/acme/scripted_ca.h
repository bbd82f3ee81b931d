/*
 * scripted_ca - a CA that plays a table of answers, and checks every request it gets.
 *
 * In answers "@" stands for its own address. The directory and newNonce are answered by
 * themselves where the script doesn't say otherwise. What a request did wrong is kept in
 * `trouble`, which ca_close wants empty.
 */
#pragma once

#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "digest/digest.h"
#include "http/tls_server.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <signal.h>

#define ACCOUNT "@/account/1"
#define DIRECTORY                                                                          \
	"{\"newNonce\":\"@/nonce\",\"newAccount\":\"@/new-account\","                      \
	"\"newOrder\":\"@/new-order\",\"revokeCert\":\"@/revoke\",\"keyChange\":\"@/key\""
#define PROBLEM(type, detail)                                                              \
	"{\"type\":\"urn:ietf:params:acme:error:" type "\",\"detail\":\"" detail "\"}"

struct scene {
	const char *ask; /* "POST /new-order" */
	int status;
	const char *body;
	const char *headers;
	enum manner manner;
	int times;           /* 0: once */
	const char *payload; /* what it must be asked with; NULL: not looked at */
	bool no_nonce;
};

/* What all tests of a program share, since it takes time to make. */
static struct tls_server ca_server;
static struct http *ca_http;
static struct key *ca_key;
static struct ca *ca_now; /* who plays; changed under the server's lock */

struct ca {
	const struct scene *script;
	size_t n, next;
	int played;     /* of the scene at `next` */
	bool any_order; /* scenes may be asked for at any time and as often as one likes */
	const struct key *key;
	struct acme *acme;
	char trouble[600];
	char accept[80];           /* of the last request */
	struct buf payload;        /* of the last POST */
	const struct key *revoker; /* revocations are signed by it; NULL: by the account */
	bool nonces[4096];         /* issued, and not used */
	int n_nonces;
	int heads, gets, posts;
};

static inline void ca_trouble(struct ca *ca, const char *what, const char *text)
{
	if (!*ca->trouble)
		snprintf(ca->trouble, sizeof ca->trouble, "%s: %s", what, text);
}

static inline void ca_expand(const char *text, struct buf *out)
{
	for (; text && *text; text++)
		if (*text == '@')
			buf_puts(out, tls_server_url(&ca_server, "").s);
		else
			buf_putc(out, *text);
}

static inline void ca_issue_nonce(struct ca *ca, struct told *t)
{
	if ((size_t)ca->n_nonces == ARRAY_LEN(ca->nonces))
		abort();
	ca->nonces[ca->n_nonces] = true;
	buf_printf(&t->headers, "Replay-Nonce: nonce-%d\r\n", ca->n_nonces++);
}

static inline bool ca_use_nonce(struct ca *ca, const char *nonce)
{
	int n = nonce && text_starts(nonce, "nonce-") ? atoi(nonce + 6) : -1;

	if (n < 0 || n >= ca->n_nonces || !ca->nonces[n])
		return false;
	ca->nonces[n] = false;
	return true;
}

/* r || s back into what OpenSSL verifies. */
static inline void ca_signature_der(struct buf *raw)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len, half = (int)raw->len / 2;

	ECDSA_SIG_set0(sig, BN_bin2bn((unsigned char *)raw->data, half, NULL),
		BN_bin2bn((unsigned char *)raw->data + half, half, NULL));
	len = i2d_ECDSA_SIG(sig, &der);
	buf_reset(raw);
	buf_add(raw, der, (size_t)len);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
}

static inline bool ca_verify(const struct key *key, const char *alg,
	const char *protected_part, const char *payload, const char *signature)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(buf) struct buf raw = BUF_EMPTY;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const EVP_MD *hash = strcmp(alg, "ES384") == 0 ? EVP_sha384() : EVP_sha256();
	bool ok;

	if (strcmp(alg, "EdDSA") == 0)
		hash = NULL;
	buf_printf(&text, "%s.%s", protected_part, payload);
	ok = base64url_decode(&raw, signature, strlen(signature));
	if (ok && alg[0] == 'E' && hash)
		ca_signature_der(&raw);
	ok = ok && EVP_DigestVerifyInit(md, NULL, hash, NULL, key_evp(key)) == 1 &&
		EVP_DigestVerify(md, (unsigned char *)raw.data, raw.len,
			(unsigned char *)text.data, text.len) == 1;
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return ok;
}

static inline const struct key *ca_signer(const struct ca *ca, const char *path)
{
	return ca->revoker && strcmp(path, "/revoke") == 0 ? ca->revoker : ca->key;
}

/* RFC 8555 6.2: jwk for newAccount and the certificate's own key, kid for all else, never
 * both. */
static inline void ca_check_signer(struct ca *ca, const cJSON *header, const char *path)
{
	const struct key *key = ca_signer(ca, path);
	const cJSON *jwk = cJSON_GetObjectItemCaseSensitive(header, "jwk");
	const char *kid = json_text(header, "kid");
	AUTO(buf) struct buf want = BUF_EMPTY;
	struct err e;

	if (strcmp(path, "/new-account") == 0 || key != ca->key) {
		AUTO(str) char *got = jwk ? json_print(jwk) : xstrdup("");

		if (!key_jwk(key, &want, &e) || strcmp(got, want.data) != 0 || kid)
			ca_trouble(ca, "jwk", got);
		return;
	}
	ca_expand(ACCOUNT, &want);
	if (jwk || !kid || strcmp(kid, want.data) != 0)
		ca_trouble(ca, "kid", kid);
}

static inline void ca_check_header(
	struct ca *ca, const cJSON *header, const struct asked *q)
{
	const char *url = json_text(header, "url");

	if (!text_eq(json_text(header, "alg"), key_jws_alg(ca_signer(ca, q->path))))
		ca_trouble(ca, "alg", json_text(header, "alg"));
	if (!text_eq(url, tls_server_url(&ca_server, q->path).s))
		ca_trouble(ca, "url", url);
	if (!ca_use_nonce(ca, json_text(header, "nonce")))
		ca_trouble(ca, "nonce never issued, or used before",
			json_text(header, "nonce"));
	if (cJSON_GetArraySize(header) != 4)
		ca_trouble(ca, "too much in the protected header", url);
	if (!strstr(q->head.data, "\r\nContent-Type: application/jose+json\r\n") ||
		!strstr(q->head.data, "\r\nUser-Agent: certpush/test\r\n"))
		ca_trouble(ca, "headers", q->head.data);
	ca_check_signer(ca, header, q->path);
}

/* The payload of a signed request; everything about it is checked. */
static inline void ca_open_jws(struct ca *ca, const struct asked *q, struct buf *payload)
{
	AUTO(json) cJSON *jws = json_read(&q->body);
	const char *part = json_text(jws, "protected"), *sig = json_text(jws, "signature");
	const char *load = json_text(jws, "payload");
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(json) cJSON *header = NULL;

	if (part && base64url_decode(&text, part, strlen(part)))
		header = json_read(&text);
	if (!header || !load || !sig || cJSON_GetArraySize(jws) != 3 ||
		!base64url_decode(payload, load, strlen(load))) {
		ca_trouble(ca, "no JWS", q->body.data);
		return;
	}
	ca_check_header(ca, header, q);
	if (!ca_verify(ca_signer(ca, q->path), key_jws_alg(ca_signer(ca, q->path)), part,
		    load, sig))
		ca_trouble(ca, "the signature is bad", q->path);
}

static inline const struct scene *ca_scene(struct ca *ca, const struct asked *q)
{
	char ask[300];

	snprintf(ask, sizeof ask, "%s %s", q->method, q->path);
	for (size_t i = ca->next; i < ca->n; i++) {
		const struct scene *s = &ca->script[i];

		if (strcmp(s->ask, ask) == 0) {
			if (!ca->any_order && ++ca->played >= s->times) {
				ca->next++;
				ca->played = 0;
			}
			return s;
		}
		if (!ca->any_order)
			break;
	}
	return NULL;
}

static inline void ca_play(struct ca *ca, const struct scene *s, const struct asked *q,
	const struct buf *payload, struct told *t)
{
	if (s->payload && strcmp(s->payload, payload->data) != 0)
		ca_trouble(ca, "payload", payload->data);
	if (strcmp(q->method, "POST") == 0 && !s->no_nonce)
		ca_issue_nonce(ca, t);
	t->status = s->status;
	t->manner = s->manner;
	ca_expand(s->headers, &t->headers);
	ca_expand(s->body, &t->body);
}

static inline void ca_by_itself(struct ca *ca, const struct asked *q, struct told *t)
{
	if (strcmp(q->path, "/nonce") == 0)
		ca_issue_nonce(ca, t);
	else if (strcmp(q->path, "/directory") == 0)
		ca_expand(DIRECTORY "}", &t->body);
	else {
		ca_trouble(ca, "not in the script", q->path);
		t->status = 404;
	}
}

static inline void ca_hear(struct ca *ca, const struct asked *q, struct told *t)
{
	const struct scene *s = ca_scene(ca, q);
	const char *accept = strstr(q->head.data, "\r\nAccept: ");

	ca->heads += strcmp(q->method, "HEAD") == 0;
	ca->gets += strcmp(q->method, "GET") == 0;
	ca->posts += strcmp(q->method, "POST") == 0;
	snprintf(ca->accept, sizeof ca->accept, "%.*s",
		accept ? (int)strcspn(accept + 10, "\r") : 0, accept ? accept + 10 : "");
	buf_reset(&ca->payload);
	if (strcmp(q->method, "POST") == 0)
		ca_open_jws(ca, q, &ca->payload);
	if (s)
		ca_play(ca, s, q, &ca->payload, t);
	else
		ca_by_itself(ca, q, t);
}

static inline void ca_answer(void *ctx, const struct asked *q, struct told *t)
{
	(void)ctx;
	if (ca_now)
		ca_hear(ca_now, q, t);
	else
		t->manner = GONE; /* who asked has left already */
}

static inline int ca_group_setup(void **state)
{
	struct err e;

	signal(SIGPIPE, SIG_IGN);
	setenv("no_proxy", "*", 1);
	ca_key = key_generate(KEY_P256, &e);
	if (!ca_key || scratch_setup(state) != 0)
		return -1;
	ca_server.answer = ca_answer;
	tls_server_start(&ca_server, *state);
	ca_http = http_new(&(struct http_config){ .ca_file = ca_server.ca_file,
		.user_agent = "certpush/test",
		.max_body = 64 * 1024 });
	return 0;
}

static inline int ca_group_teardown(void **state)
{
	http_free(ca_http);
	tls_server_stop(&ca_server);
	key_free(ca_key);
	return scratch_teardown(state);
}

static const struct pace ca_pace = {
	.poll_ms = 1,
	.poll_max_ms = 2,
	.retry_ms = 1,
	.second_ms = 1,
};

static inline int64_t ca_soon(void)
{
	return deadline_in(20);
}

static inline void ca_plays(struct ca *ca)
{
	pthread_mutex_lock(&ca_server.lock);
	ca_now = ca;
	pthread_mutex_unlock(&ca_server.lock);
}

/* Play a script; zero *ca before. */
static inline void ca_raise(struct ca *ca, const struct scene *script, size_t n)
{
	buf_init(&ca->payload);
	ca->script = script;
	ca->n = n;
	ca->key = ca->key ? ca->key : ca_key;
	ca_plays(ca);
}

static inline bool ca_connect(struct ca *ca, int64_t deadline, struct err *e)
{
	struct tls_server_url url = tls_server_url(&ca_server, "/directory");

	ca->acme = acme_open_paced(ca_http, url.s, ca->key, &ca_pace, deadline, e);
	return ca->acme != NULL;
}

/* … with the directory read and the account known. */
static inline void ca_open(struct ca *ca, const struct scene *script, size_t n)
{
	AUTO(buf) struct buf account = BUF_EMPTY;
	struct err e;

	ca_raise(ca, script, n);
	assert_ok(ca_connect(ca, ca_soon(), &e), &e);
	ca_expand(ACCOUNT, &account);
	acme_account_known(ca->acme, account.data);
}

static inline void ca_close(struct ca *ca)
{
	acme_free(ca->acme);
	ca_plays(NULL);
	buf_clear(&ca->payload);
	if (*ca->trouble)
		fail_msg("%s", ca->trouble);
	if (!ca->any_order && ca->next < ca->n)
		fail_msg("never asked: %s", ca->script[ca->next].ask);
}
