/* What a server answers to a ClientHello in packets of TDS, all at once. */
#include "probe/private/tds.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *context(void)
{
	static SSL_CTX *ctx;

	if (!ctx) {
		ctx = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	}
	return ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fds[2], rc, why;
	SSL *ssl;

	if (len > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return 0;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	if ((len > 0 && send(fds[1], data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) ||
		shutdown(fds[1], SHUT_WR) != 0)
		abort();
	ssl = SSL_new(context());
	if (!tds_wrap(ssl, fds[0]))
		abort();
	rc = SSL_connect(ssl);
	why = SSL_get_error(ssl, rc);
	/* all has come: whoever still wants to read has lost something of it */
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		abort();
	SSL_free(ssl);
	ERR_clear_error();
	close(fds[0]);
	close(fds[1]);
	return 0;
}
