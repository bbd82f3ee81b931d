#include "probe/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "probe/private/dial.h"
#include "probe/private/dialect.h"
#include "probe/private/judge.h"

#include <openssl/ssl.h>
#include <stdio.h>

struct prober {
	SSL_CTX *ctx;
	const struct trust *trust;
};

/*
 * Whatever the server offers is looked at, old versions and small keys too: the verdict is
 * ours to give, so OpenSSL doesn't verify and doesn't break off.
 */
struct prober *prober_new(const struct trust *t, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct prober *p;

	if (!ctx) {
		err_set(e, ERR_TLS, "no TLS context could be made");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	p = xcalloc(1, sizeof *p);
	p->ctx = ctx;
	p->trust = t;
	return p;
}

void prober_free(struct prober *p)
{
	if (p)
		SSL_CTX_free(p->ctx);
	free(p);
}

void probe_result_clear(struct probe_result *r)
{
	chain_clear(&r->served);
	*r = (struct probe_result){ 0 };
}

static void look(const struct prober *p, const struct probe_target *t,
	const struct chain *expected, SSL *ssl, struct probe_result *r)
{
	snprintf(r->tls, sizeof r->tls, "%s %s", SSL_get_version(ssl),
		SSL_get_cipher_name(ssl));
	if (chain_from_stack(SSL_get_peer_cert_chain(ssl), &r->served, &r->err))
		judge(p->trust, t, expected, r);
	else
		r->verdict = PROBE_HANDSHAKE;
}

static int reach(const struct probe_target *t, const struct probe_address *a,
	int64_t deadline, struct err *e)
{
	return t->way ? t->way->connect(t->way->ctx, a, deadline, e)
		      : dial_connect(a, deadline, e);
}

void probe_run(const struct prober *p, const struct probe_target *t,
	const struct probe_address *a, const struct chain *expected, int64_t deadline,
	struct probe_result *r)
{
	const struct dialect *d = dialect_find(t->protocol);
	AUTO(fd) int fd = -1;
	SSL *ssl;

	probe_result_clear(r);
	r->verdict = PROBE_UNREACHABLE;
	snprintf(r->address, sizeof r->address, "%s", a->text);
	if (!d) {
		err_set(&r->err, ERR_USAGE, "%s: not a protocol that certpush knows",
			t->protocol);
		return;
	}
	fd = reach(t, a, deadline, &r->err);
	if (fd < 0)
		return;
	ssl = dial_tls(p->ctx, fd, d, t, deadline, &r->err);
	if (!ssl) {
		if (r->err.kind == ERR_PROTOCOL)
			r->verdict = PROBE_NO_TLS;
		if (r->err.kind == ERR_TLS)
			r->verdict = PROBE_HANDSHAKE;
		return;
	}
	look(p, t, expected, ssl, r);
	dial_bye(ssl, d);
	SSL_free(ssl);
}

void probe_until(const struct prober *p, const struct probe_target *t,
	const struct probe_address *a, const struct chain *expected, int in_a_row,
	int64_t deadline, struct probe_result *r)
{
	const int close_by = 40, most = 1000; /* milliseconds between two questions */
	const int grace = 2000; /* for the last question, and for a good run to end */
	int good = 0, pause = 50;
	struct err e;

	for (;;) {
		probe_run(p, t, a, expected, deadline + grace, r);
		if (r->verdict == PROBE_OK) {
			if (++good >= in_a_row)
				return;
			if (clock_sleep_ms(close_by, &r->err))
				continue;
			/* one good answer proves nothing */
			r->verdict = PROBE_UNREACHABLE;
			return;
		}
		good = 0;
		if (deadline_left(deadline) <= pause || !clock_sleep_ms(pause, &e))
			return;
		pause = pause * 3 / 2 < most ? pause * 3 / 2 : most;
	}
}

size_t probe_choose(
	const struct chain *const *chains, size_t n, const char *name, size_t *chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (!name || cert_covers(chains[i]->certs[0], name))
			chosen[count++] = i;
	if (count == 0 && n > 0)
		chosen[count++] = 0;
	return count;
}

const char *probe_key_of(const struct cert *c)
{
	const char *name = cert_key_name(c);

	return text_starts(name, "rsa")                               ? "rsa"
		: text_starts(name, "p") || text_starts(name, "secp") ? "ecdsa"
								      : NULL;
}
