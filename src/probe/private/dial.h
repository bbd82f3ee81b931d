/*
 * dial - from an address to a finished handshake.
 */
#pragma once

#include "base/err.h"
#include "probe/probe.h"

struct dialect;
struct ssl_ctx_st;
struct ssl_st;

/* A connected, non-blocking socket; -1 with ERR_NET or ERR_TIMEOUT. */
int dial_connect(const struct probe_address *a, int64_t deadline, struct err *e) NODISCARD;

struct dialled {
	struct ssl_st
		*ssl; /* NULL if it didn't come to a handshake; also one that failed */
	bool asked;   /* the server wanted a certificate of ours */
	bool refused; /* and said, in ending the handshake, that it was for that */
};
void dialled_clear(struct dialled *d);
DEFINE_AUTO_VALUE(struct dialled, dialled, dialled_clear)

/* Once for a context: what dial_tls relies on. */
void dial_prepare(struct ssl_ctx_st *ctx);

/* Dialogue and handshake on it: false with ERR_PROTOCOL if the one, ERR_TLS if the other
 * went wrong, ERR_NET or ERR_TIMEOUT. */
bool dial_tls(struct ssl_ctx_st *ctx, int fd, const struct dialect *d,
	const struct probe_target *t, int64_t deadline, struct dialled *out, struct err *e)
	NODISCARD;

/* Take leave as the protocol asks, without waiting for an answer. */
void dial_bye(struct ssl_st *ssl, const struct dialect *d);
