#include "probe/probe.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "probe/private/dial.h"
#include "probe/private/dialect.h"
#include "probe/private/judge.h"
#include "probe/private/libctx.h"
#include "probe/private/remark.h"

#include <openssl/ssl.h>
#include <stdio.h>

#define FEW 5 /* checks, which probe_libctx isn't worth being set up for */

struct prober {
	SSL_CTX *ctx;
	const struct trust *trust;
	struct cert_pool *pool;
};

/*
 * Whatever the server offers is looked at, old versions, small keys and servers from before
 * RFC 5746 too: the verdict is ours to give, so OpenSSL doesn't verify and doesn't break
 * off.
 */
struct prober *prober_new(const struct trust *t, size_t n, struct err *e)
{
	SSL_CTX *ctx =
		SSL_CTX_new_ex(n > FEW ? probe_libctx() : NULL, NULL, TLS_client_method());
	struct prober *p;

	if (!ctx) {
		err_set(e, ERR_TLS, "no TLS context could be made");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	dial_prepare(ctx);
	p = xcalloc(1, sizeof *p);
	p->ctx = ctx;
	p->trust = t;
	p->pool = cert_pool_new();
	return p;
}

void prober_free(struct prober *p)
{
	if (!p)
		return;
	SSL_CTX_free(p->ctx);
	cert_pool_free(p->pool);
	free(p);
}

void probe_result_clear(struct probe_result *r)
{
	chain_clear(&r->served);
	*r = (struct probe_result){ 0 };
}

/* What it has come to where there is no certificate to judge. */
static enum probe_verdict failed(enum err_kind kind)
{
	return kind == ERR_PROTOCOL ? PROBE_NO_TLS
		: kind == ERR_TLS   ? PROBE_HANDSHAKE
				    : PROBE_UNREACHABLE;
}

/* Did the server show that the certificate's key is its own, and then end it for want of a
 * certificate of ours? That is no fault of what it serves. */
static bool ended_for_ours(const struct dialled *d)
{
	int unused;

	return d->refused && SSL_get_peer_signature_nid(d->ssl, &unused) == 1;
}

/* A handshake that failed proves nothing of what was shown in it. */
static void tell_unproved(const SSL *ssl, struct probe_result *r)
{
	AUTO(chain) struct chain shown = { 0 };
	struct err none;

	if (chain_from_stack(SSL_get_peer_cert_chain(ssl), NULL, &shown, &none))
		remark(r, "before that it showed %s of %s, until %s",
			cert_subject_name(shown.certs[0]), cert_issuer_name(shown.certs[0]),
			time_openssl(cert_not_after(shown.certs[0])).s);
}

static void look(const struct prober *p, const struct probe_target *t,
	const struct chain *expected, const SSL *ssl, struct probe_result *r)
{
	snprintf(r->tls, sizeof r->tls, "%s %s", SSL_get_version(ssl),
		SSL_get_cipher_name(ssl));
	if (chain_from_stack(SSL_get_peer_cert_chain(ssl), p->pool, &r->served, &r->err))
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

static void ask(const struct prober *p, const struct probe_target *t,
	const struct probe_address *a, const struct chain *expected, int64_t deadline,
	struct probe_result *r)
{
	const struct dialect *d = dialect_find(t->protocol);
	AUTO(dialled) struct dialled dialled = { 0 };
	AUTO(fd) int fd = -1;

	r->verdict = PROBE_UNREACHABLE;
	if (!d) {
		err_set(&r->err, ERR_USAGE, "%s: not a protocol that certpush knows",
			t->protocol);
		return;
	}
	fd = reach(t, a, deadline, &r->err);
	if (fd < 0)
		return;
	if (dial_tls(p->ctx, fd, d, t, deadline, &dialled, &r->err)) {
		look(p, t, expected, dialled.ssl, r);
		dial_bye(dialled.ssl, d);
		return;
	}
	r->verdict = failed(r->err.kind);
	if (ended_for_ours(&dialled)) {
		look(p, t, expected, dialled.ssl, r);
		remark(r, "it ends the handshake with who shows no client certificate");
	} else if (dialled.ssl) {
		tell_unproved(dialled.ssl, r);
	}
}

void probe_run(const struct prober *p, const struct probe_target *t,
	const struct probe_address *a, const struct chain *expected, int64_t deadline,
	struct probe_result *r)
{
	const int64_t began = clock_us();

	probe_result_clear(r);
	snprintf(r->address, sizeof r->address, "%s", a->text);
	ask(p, t, a, expected, deadline, r);
	r->took = clock_us() - began;
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
		if (r->served.n == 0 && t->way && t->way->gone(t->way->ctx))
			return;
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
