/*
 * tls_server - a small HTTPS server in threads of its own, on loopback, whose answers a
 * test gives.
 *
 * Its certificate is made at the start; DIR/ca.pem trusts it.
 */
#pragma once

#include "base/buf.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct asked {
	char method[16];
	char path[256];
	struct buf head; /* request line and headers, as they came */
	struct buf body;
	int connection; /* from 0, in the order of their coming */
};

enum manner {
	WHOLE,
	HANG,     /* no answer, until the client goes */
	CUT,      /* the head and half the body, then the end of the connection */
	GONE,     /* the connection's end, without a word */
	RUBBISH,  /* what is no HTTP */
	GOODBYE,  /* whole, then the connection ends though nobody said so */
	ENDLESS,  /* a body that doesn't end */
	HEADERS,  /* headers that don't end */
	CONTINUE, /* a 100 Continue with headers of its own before the answer */
};

struct told {
	int status;
	enum manner manner;
	struct buf headers; /* "Name: value\r\n"… */
	struct buf body;
};

struct tls_server {
	/* What differs from a good server; zero for none of it. */
	const char *names; /* of the certificate; NULL: "IP:127.0.0.1,DNS:localhost" */
	bool expired;

	void (*answer)(
		void *ctx, const struct asked *q, struct told *t); /* one at a time */
	void *ctx;

	int port;
	char ca_file[256];
	atomic_int connections;

	int fd;
	SSL_CTX *tls;
	pthread_t thread;
	pthread_mutex_t lock;
	struct tls_peer {
		struct tls_server *server;
		pthread_t thread;
		int fd, number;
	} peers[256];
};

static inline void tls_server_add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!ext || !X509_add_ext(x, ext, -1))
		abort();
	X509_EXTENSION_free(ext);
}

static inline void tls_server_certify(struct tls_server *s, const char *dir)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	FILE *f;

	snprintf(s->ca_file, sizeof s->ca_file, "%s/ca.pem", dir);
	f = fopen(s->ca_file, "w");
	if (!key || !x || !f)
		abort();
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), s->expired ? -3600 : 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	tls_server_add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	tls_server_add_extension(x, NID_subject_alt_name,
		s->names ? s->names : "IP:127.0.0.1,DNS:localhost");
	if (!X509_sign(x, key, EVP_sha256()) || !PEM_write_X509(f, x) || fclose(f) != 0 ||
		SSL_CTX_use_certificate(s->tls, x) != 1 ||
		SSL_CTX_use_PrivateKey(s->tls, key) != 1)
		abort();
	X509_free(x);
	EVP_PKEY_free(key);
}

/* One request into *q; false at the connection's end. */
static inline bool tls_server_read(SSL *ssl, struct asked *q)
{
	const char *length;
	size_t want = 0;
	char c;

	buf_reset(&q->head);
	buf_reset(&q->body);
	while (q->head.len < 4 ||
		memcmp(q->head.data + q->head.len - 4, "\r\n\r\n", 4) != 0) {
		if (SSL_read(ssl, &c, 1) != 1)
			return false;
		buf_putc(&q->head, c);
	}
	length = strcasestr(q->head.data, "\r\nContent-Length:");
	if (length)
		want = strtoul(length + 17, NULL, 10);
	while (q->body.len < want) {
		if (SSL_read(ssl, &c, 1) != 1)
			return false;
		buf_putc(&q->body, c);
	}
	return sscanf(q->head.data, "%15s %255s", q->method, q->path) == 2;
}

static inline bool tls_server_send(SSL *ssl, const struct buf *b)
{
	return b->len == 0 || SSL_write(ssl, b->data, (int)b->len) == (int)b->len;
}

static inline void tls_server_flood(SSL *ssl, const char *piece)
{
	AUTO(buf) struct buf block = BUF_EMPTY;

	while (block.len < 8192)
		buf_puts(&block, piece);
	while (tls_server_send(ssl, &block))
		;
}

static inline bool tls_server_write(SSL *ssl, const struct asked *q, const struct told *t)
{
	AUTO(buf) struct buf out = BUF_EMPTY;
	char c;

	switch (t->manner) {
	case HANG:
		while (SSL_read(ssl, &c, 1) > 0)
			;
		return false;
	case GONE:
		return false;
	case RUBBISH:
		buf_puts(&out, "220 mail.example ESMTP\r\n");
		tls_server_send(ssl, &out);
		return false;
	case ENDLESS:
		buf_puts(&out, "HTTP/1.1 200 OK\r\n\r\n");
		tls_server_send(ssl, &out);
		tls_server_flood(ssl, "and so on, ");
		return false;
	case HEADERS:
		buf_puts(&out, "HTTP/1.1 200 OK\r\n");
		tls_server_send(ssl, &out);
		tls_server_flood(ssl, "X-More: and so on\r\n");
		return false;
	case CONTINUE:
		buf_puts(&out, "HTTP/1.1 100 Continue\r\nRetry-After: 7\r\n\r\n");
		break;
	case WHOLE:
	case GOODBYE:
	case CUT:
		break;
	}
	buf_printf(&out, "HTTP/1.1 %d Test\r\n", t->status);
	if (t->status != 204)
		buf_printf(&out, "Content-Length: %zu\r\n", t->body.len);
	buf_add(&out, t->headers.data, t->headers.len);
	buf_puts(&out, "\r\n");
	if (strcmp(q->method, "HEAD") != 0)
		buf_add(&out, t->body.data,
			t->manner == CUT ? t->body.len / 2 : t->body.len);
	return tls_server_send(ssl, &out) && t->manner == WHOLE;
}

static inline void *tls_server_serve(void *arg)
{
	struct tls_peer *peer = arg;
	struct tls_server *s = peer->server;
	struct asked q = {
		.head = BUF_EMPTY, .body = BUF_EMPTY, .connection = peer->number
	};
	SSL *ssl = SSL_new(s->tls);
	bool more = SSL_set_fd(ssl, peer->fd) && SSL_accept(ssl) == 1;

	while (more && tls_server_read(ssl, &q)) {
		struct told t = { .status = 200, .headers = BUF_EMPTY, .body = BUF_EMPTY };

		pthread_mutex_lock(&s->lock);
		s->answer(s->ctx, &q, &t);
		pthread_mutex_unlock(&s->lock);
		more = tls_server_write(ssl, &q, &t);
		buf_clear(&t.headers);
		buf_clear(&t.body);
	}
	buf_clear(&q.head);
	buf_clear(&q.body);
	SSL_free(ssl);
	ERR_clear_error();
	shutdown(
		peer->fd, SHUT_RDWR); /* closed by tls_server_stop: the number stays ours */
	return NULL;
}

static inline void *tls_server_accept(void *arg)
{
	struct tls_server *s = arg;
	int fd, on = 1;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		int n = atomic_load(&s->connections);
		struct tls_peer *peer = &s->peers[n];

		if ((size_t)n == ARRAY_LEN(s->peers))
			abort();
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		*peer = (struct tls_peer){ .server = s, .fd = fd, .number = n };
		if (pthread_create(&peer->thread, NULL, tls_server_serve, peer) != 0)
			abort();
		atomic_store(&s->connections, n + 1);
	}
	return NULL;
}

static inline void tls_server_start(struct tls_server *s, const char *dir)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;

	atomic_init(&s->connections, 0);
	pthread_mutex_init(&s->lock, NULL);
	s->tls = SSL_CTX_new(TLS_server_method());
	if (!s->tls)
		abort();
	SSL_CTX_set_session_id_context(s->tls, (const unsigned char *)"test", 4);
	tls_server_certify(s, dir);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, len) < 0 ||
		listen(s->fd, 16) < 0 ||
		getsockname(s->fd, (struct sockaddr *)&at, &len) < 0)
		abort();
	s->port = ntohs(at.sin_port);
	if (pthread_create(&s->thread, NULL, tls_server_accept, s) != 0)
		abort();
}

static inline void tls_server_stop(struct tls_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (int i = 0; i < atomic_load(&s->connections); i++) {
		shutdown(s->peers[i].fd, SHUT_RDWR);
		pthread_join(s->peers[i].thread, NULL);
		close(s->peers[i].fd);
	}
	SSL_CTX_free(s->tls);
	pthread_mutex_destroy(&s->lock);
}

/* SIGPIPE must be ignored: clients go when they like. "https://127.0.0.1:PORT" + path. */
struct tls_server_url {
	char s[320];
};
static inline struct tls_server_url tls_server_url(
	const struct tls_server *s, const char *path)
{
	struct tls_server_url url;

	snprintf(url.s, sizeof url.s, "https://127.0.0.1:%d%s", s->port, path);
	return url;
}
