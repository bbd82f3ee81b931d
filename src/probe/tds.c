#include "probe/private/tds.h"
#include "base/alloc.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

/* A BIO whose records are in packets as long as the handshake lasts, and bare after it. */
struct tds {
	const SSL *ssl;
	int fd;
	unsigned char header[TDS_HEADER]; /* of the packet that is being read */
	size_t n_header, left;            /* so much of it; and of what follows it */
	unsigned char out[TDS_PACKET];    /* a packet that is being sent */
	size_t n_out, sent;
};

static bool is_again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* What of `out` couldn't be sent yet. */
static bool flush(struct tds *t)
{
	while (t->sent < t->n_out) {
		const ssize_t n =
			send(t->fd, t->out + t->sent, t->n_out - t->sent, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		t->sent += (size_t)n;
	}
	t->n_out = t->sent = 0;
	return true;
}

static int failed_write(BIO *bio)
{
	if (is_again())
		BIO_set_retry_write(bio);
	return -1;
}

/* Put as much into a packet as fits; the last one of what is to be written ends it. */
static int pack(struct tds *t, const char *data, int len)
{
	const int most = TDS_PACKET - TDS_HEADER, n = len < most ? len : most;
	const size_t whole = (size_t)n + TDS_HEADER;

	memcpy(t->out,
		(const unsigned char[TDS_HEADER]){ TDS_PRELOGIN, n == len,
			(unsigned char)(whole >> 8), (unsigned char)whole },
		TDS_HEADER);
	memcpy(t->out + TDS_HEADER, data, (size_t)n);
	t->n_out = whole;
	return n;
}

static int tds_write(BIO *bio, const char *data, int len)
{
	struct tds *t = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	if (!flush(t))
		return failed_write(bio);
	if (SSL_is_init_finished(t->ssl)) {
		n = send(t->fd, data, (size_t)len, MSG_NOSIGNAL);
		return n < 0 ? failed_write(bio) : (int)n;
	}
	len = pack(t, data, len);
	/* what can't go yet goes before the next one, or by BIO_flush */
	return flush(t) || is_again() ? len : -1;
}

static bool is_packet(const struct tds *t)
{
	const unsigned char kind = t->header[0];

	return (kind == TDS_PRELOGIN || kind == TDS_REPLY) &&
		((size_t)t->header[2] << 8 | t->header[3]) > TDS_HEADER;
}

static int receive(BIO *bio, int fd, void *to, size_t len)
{
	const ssize_t n = recv(fd, to, len, 0);

	if (n < 0 && is_again())
		BIO_set_retry_read(bio);
	return (int)n;
}

static int tds_read(BIO *bio, char *to, int len)
{
	struct tds *t = BIO_get_data(bio);
	int n;

	BIO_clear_retry_flags(bio);
	if (SSL_is_init_finished(t->ssl))
		return receive(bio, t->fd, to, (size_t)len);
	while (t->n_header < TDS_HEADER) {
		n = receive(bio, t->fd, t->header + t->n_header, TDS_HEADER - t->n_header);
		if (n <= 0)
			return n;
		t->n_header += (size_t)n;
		t->left = ((size_t)t->header[2] << 8 | t->header[3]) - TDS_HEADER;
	}
	if (!is_packet(t)) {
		errno = EPROTO;
		return -1;
	}
	n = receive(bio, t->fd, to, t->left < (size_t)len ? t->left : (size_t)len);
	if (n > 0)
		t->left -= (size_t)n;
	if (t->left == 0)
		t->n_header = 0;
	return n;
}

static long tds_ctrl(BIO *bio, int what, long n, void *p)
{
	(void)n;
	(void)p;
	if (what != BIO_CTRL_FLUSH)
		return 0;
	BIO_clear_retry_flags(bio);
	return flush(BIO_get_data(bio)) ? 1 : failed_write(bio);
}

static int tds_destroy(BIO *bio)
{
	free(BIO_get_data(bio));
	return 1;
}

static BIO_METHOD *method;

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TDS");
	if (!method)
		return;
	BIO_meth_set_write(method, tds_write);
	BIO_meth_set_read(method, tds_read);
	BIO_meth_set_ctrl(method, tds_ctrl);
	BIO_meth_set_destroy(method, tds_destroy);
}

bool tds_wrap(struct ssl_st *ssl, int fd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct tds *t;
	BIO *bio;

	pthread_once(&once, make_method);
	bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return false;
	t = xcalloc(1, sizeof *t);
	t->ssl = ssl;
	t->fd = fd;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	/* what TLS 1.3 says after the handshake has no place in TDS 7: servers don't have
	 * it
	 */
	return SSL_set_max_proto_version(ssl, TLS1_2_VERSION) == 1;
}
