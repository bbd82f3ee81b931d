/*
 * bare MODE PORT N USER KEY - N sessions with 127.1.x.y, 20 at a time, by libssh2 and
 * nothing else: the floor below which no program on this library gets. MODE handshake: up
 * to the host key; session: login by a key that is parsed once, and one command that takes
 * a script of 4 KB, as a look does. Exit status 1: not all of them went well.
 */
#include <arpa/inet.h>
#include <libssh2.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 20, SCRIPT = 4096 };

static bool whole;
static int port, n;
static const char *user;
static EVP_PKEY *key;
static unsigned char blob[4 + 11 + 4 + 32] = "\0\0\0\013ssh-ed25519\0\0\0\040";
static atomic_int next, failed;

static int sign(LIBSSH2_SESSION *s, unsigned char **out, size_t *len,
	const unsigned char *data, size_t data_len, void **abstract)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	(void)s, (void)abstract;
	*len = 64;
	*out = malloc(64);
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(ctx, *out, len, data, data_len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -1;
}

static int dial(int i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(0x7f010000U + (unsigned)(i / 100) * 256 +
			(unsigned)(i % 100) + 1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool run(LIBSSH2_SESSION *s)
{
	static const char script[SCRIPT];
	LIBSSH2_CHANNEL *c = NULL;
	char out[4096];
	bool ok;

	if (libssh2_userauth_publickey(s, user, blob, sizeof blob, sign, NULL) == 0)
		c = libssh2_channel_open_session(s);
	ok = c && libssh2_channel_exec(c, "cat >/dev/null; echo done") == 0 &&
		libssh2_channel_write(c, script, SCRIPT) == SCRIPT &&
		libssh2_channel_send_eof(c) == 0 &&
		libssh2_channel_read(c, out, sizeof out) == 5;
	if (c) {
		libssh2_channel_close(c);
		libssh2_channel_free(c);
	}
	return ok;
}

static void *work(void *unused)
{
	int i;

	while ((i = atomic_fetch_add(&next, 1)) < n) {
		LIBSSH2_SESSION *s = libssh2_session_init();
		int fd = dial(i);

		libssh2_session_method_pref(s, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519");
		if (fd < 0 || libssh2_session_handshake(s, fd) != 0 || (whole && !run(s)))
			atomic_fetch_add(&failed, 1);
		libssh2_session_disconnect(s, "done");
		libssh2_session_free(s);
		close(fd);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	FILE *f = argc == 6 ? fopen(argv[5], "r") : NULL;
	size_t len = 32;

	key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	if (!key || EVP_PKEY_get_raw_public_key(key, blob + 19, &len) != 1)
		return 2;
	fclose(f);
	whole = strcmp(argv[1], "session") == 0;
	port = (int)strtol(argv[2], NULL, 10);
	n = (int)strtol(argv[3], NULL, 10);
	user = argv[4];
	libssh2_init(0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	libssh2_exit();
	EVP_PKEY_free(key);
	return failed != 0;
}
