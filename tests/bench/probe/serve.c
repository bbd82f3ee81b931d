/*
 * serve PORT KEY FULLCHAIN DELAY - a TLS server at every address of this machine, whose
 * answer comes DELAY milliseconds after the connection: as over a line of half of that for
 * a round trip, one for TCP's handshake and one for TLS 1.3's. Says "ready" once it
 * listens.
 */
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 320, STACK = 128 * 1024, BACKLOG = 4096 };

static SSL_CTX *ctx;
static int door;
static useconds_t delay;

static void attend(int fd)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
	SSL *ssl = SSL_new(ctx);
	char request[4096];

	if (delay)
		usleep(delay);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0)
		SSL_write(ssl, answer, sizeof answer - 1);
	SSL_shutdown(ssl);
	SSL_free(ssl);
}

static void *work(void *unused)
{
	int fd;

	while ((fd = accept(door, NULL, NULL)) >= 0) {
		attend(fd);
		close(fd);
	}
	return unused;
}

static int listen_at(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_ANY) };
	int on = 1;

	door = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	return bind(door, (struct sockaddr *)&at, sizeof at) == 0 &&
		listen(door, BACKLOG) == 0;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (argc != 5 || SSL_CTX_use_certificate_chain_file(ctx, argv[3]) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1 ||
		!listen_at((int)strtol(argv[1], NULL, 10)))
		return 2;
	delay = (useconds_t)strtol(argv[4], NULL, 10) * 1000;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, &attr, work, NULL) != 0)
			return 2;
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
