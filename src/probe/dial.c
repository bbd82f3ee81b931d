#include "probe/private/dial.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "probe/private/dialect.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_MS 5000

static bool finish_connect(int fd, int64_t deadline, struct err *e)
{
	socklen_t len = sizeof errno;
	int cause = 0;

	if (!wait_fd(fd, POLLOUT, deadline_first(deadline, deadline_in_ms(CONNECT_MS)), e))
		return e->kind == ERR_TIMEOUT
			? err_set(e, ERR_TIMEOUT, "no answer to connect")
			: false;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &len);
	errno = cause;
	return cause == 0;
}

int dial_connect(const struct probe_address *a, int64_t deadline, struct err *e)
{
	struct sockaddr_storage to;
	int fd;

	memcpy(&to, a->sockaddr.bytes, a->sockaddr.len);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*e = (struct err){ 0 };
	if (fd >= 0 &&
		(connect(fd, (const struct sockaddr *)&to, a->sockaddr.len) == 0 ||
			(errno == EINPROGRESS && finish_connect(fd, deadline, e))))
		return fd;
	if (e->kind == ERR_NONE) {
		err_sys(e, "connect");
		e->kind = ERR_NET;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The alerts of servers that don't get the certificate they want (RFC 5246 7.2.2, RFC 8446
 * 6.2). */
static bool wants_ours(unsigned long code)
{
	static const int reasons[] = {
		SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
		SSL_R_SSLV3_ALERT_NO_CERTIFICATE,
		SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
		SSL_R_TLSV1_ALERT_ACCESS_DENIED,
		SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reasons[i])
			return true;
	return false;
}

/* What OpenSSL has to say of a failed handshake, in a few words. */
static bool tls_error(SSL *ssl, struct err *e, int why)
{
	struct dialled *d = SSL_get_app_data(ssl);
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	d->refused = d->asked && wants_ours(code);
	if (reason)
		err_set(e, ERR_TLS, "TLS handshake: %s", reason);
	else if (why == SSL_ERROR_SYSCALL && errno)
		err_sys(e, "TLS handshake");
	else
		err_set(e, ERR_TLS, "TLS handshake: the server closed the connection");
	e->kind = ERR_TLS;
	ERR_clear_error();
	return false;
}

static bool handshake(SSL *ssl, int fd, int64_t deadline, struct err *e)
{
	for (;;) {
		int rc, why;

		ERR_clear_error();
		errno = 0;
		rc = SSL_connect(ssl);
		if (rc == 1)
			return true;
		why = SSL_get_error(ssl, rc);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return tls_error(ssl, e, why);
		if (!wait_fd(
			    fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, e))
			return err_wrap(e, "TLS handshake");
	}
}

/* RFC 6066 3: names only. OpenSSL's macro for it casts const away, so it is written out. */
static bool set_sni(SSL *ssl, const char *name)
{
	return !name || text_is_address(name) ||
		SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			(void *)(uintptr_t)name) == 1;
}

/* A server with both kinds of certificates chooses by the signatures that the client takes
 * (RFC 8446 4.2.3; before TLS 1.3 also by the cipher suites). */
static bool set_key(SSL *ssl, const char *key)
{
	static const struct {
		const char *key, *signatures, *ciphers;
	} kinds[] = {
		{ "rsa",
			"RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1",
			"aRSA:!eNULL:!aNULL" },
		{ "ecdsa", "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ECDSA+SHA1",
			"aECDSA:!eNULL:!aNULL" },
	};

	for (size_t i = 0; key && i < ARRAY_LEN(kinds); i++)
		if (text_eq(key, kinds[i].key))
			return SSL_set1_sigalgs_list(ssl, kinds[i].signatures) == 1 &&
				SSL_set_cipher_list(ssl, kinds[i].ciphers) == 1;
	return true;
}

static bool set_dialect(SSL *ssl, int fd, const struct dialect *d)
{
	if (!(d->wrap ? d->wrap(ssl, fd) : SSL_set_fd(ssl, fd) == 1))
		return false;
	/* of all of OpenSSL's, this one says 0 if it went well */
	return !d->alpn.data ||
		SSL_set_alpn_protos(ssl, (const unsigned char *)d->alpn.data,
			(unsigned)d->alpn.len) == 0;
}

/* There is none to give; but the handshake may fail for that. */
static int note_demand(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct dialled *d = SSL_get_app_data(ssl);

	(void)cert, (void)key;
	d->asked = true;
	return 0;
}

void dial_prepare(struct ssl_ctx_st *ctx)
{
	SSL_CTX_set_client_cert_cb(ctx, note_demand);
}

void dialled_clear(struct dialled *d)
{
	SSL_free(d->ssl);
	d->ssl = NULL;
}

static bool no_session(struct err *e)
{
	ERR_clear_error();
	return err_set(e, ERR_TLS, "no TLS session could be made");
}

bool dial_tls(struct ssl_ctx_st *ctx, int fd, const struct dialect *d,
	const struct probe_target *t, int64_t deadline, struct dialled *out, struct err *e)
{
	struct lines lines = { .fd = fd, .deadline = deadline };

	*out = (struct dialled){ 0 };
	if (!dialect_speak(d, t->name, &lines, e))
		return false;
	out->ssl = SSL_new(ctx);
	if (!out->ssl || !SSL_set_app_data(out->ssl, out) ||
		!set_dialect(out->ssl, fd, d) ||
		!set_sni(out->ssl, t->no_sni ? NULL : t->name) ||
		!set_key(out->ssl, t->key))
		return no_session(e);
	return handshake(out->ssl, fd, deadline, e) ||
		(t->key ? err_wrap(e, "asked for an %s key", t->key) : false);
}

void dial_bye(struct ssl_st *ssl, const struct dialect *d)
{
	if (d->bye.data)
		SSL_write(ssl, d->bye.data, (int)d->bye.len);
	SSL_shutdown(ssl);
	ERR_clear_error();
}
