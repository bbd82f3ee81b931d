/*
 * bare PORT N THREADS ROOTS NAME - N handshakes with 127.1.x.y by OpenSSL and nothing else,
 * each verified as little as one may: one context, roots by the hashed directory ROOTS,
 * name and dates, a chain that was verified once known again by its digest. What no program
 * on this library gets far below. Exit status 1: not all of them went well.
 */
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK = 256 * 1024, MOST = 256 };

static SSL_CTX *ctx;
static X509_STORE *roots;
static const char *name;
static int port, n;
static atomic_int next, failed;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the next two */
static unsigned char known[SHA256_DIGEST_LENGTH];
static bool knows;

static int dial(int i)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(0x7f010000U + (unsigned)(i / 100) * 256 +
			(unsigned)(i % 100) + 1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static void digest(STACK_OF(X509) * chain, unsigned char *out)
{
	unsigned char one[SHA256_DIGEST_LENGTH];
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509_digest(sk_X509_value(chain, i), EVP_sha256(), one, NULL);
		EVP_DigestUpdate(md, one, sizeof one);
	}
	EVP_DigestFinal_ex(md, out, NULL);
	EVP_MD_CTX_free(md);
}

static bool leads_to_a_root(STACK_OF(X509) * chain)
{
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	bool ok = X509_STORE_CTX_init(c, roots, sk_X509_value(chain, 0), chain) == 1 &&
		X509_STORE_CTX_set_default(c, "ssl_server") == 1 &&
		X509_verify_cert(c) == 1;

	X509_STORE_CTX_free(c);
	return ok;
}

static bool is_verified(STACK_OF(X509) * chain)
{
	unsigned char d[SHA256_DIGEST_LENGTH];
	bool ok;

	digest(chain, d);
	pthread_mutex_lock(&lock);
	ok = knows && memcmp(known, d, sizeof d) == 0;
	pthread_mutex_unlock(&lock);
	if (ok || !leads_to_a_root(chain))
		return ok;
	pthread_mutex_lock(&lock);
	memcpy(known, d, sizeof d);
	knows = true;
	pthread_mutex_unlock(&lock);
	return true;
}

static bool is_good(const SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	X509 *leaf = chain ? sk_X509_value(chain, 0) : NULL;

	return leaf && X509_check_host(leaf, name, 0, 0, NULL) == 1 &&
		X509_cmp_current_time(X509_get0_notAfter(leaf)) > 0 && is_verified(chain);
}

static void *work(void *unused)
{
	int i;

	while ((i = atomic_fetch_add(&next, 1)) < n) {
		int fd = dial(i);
		SSL *ssl = SSL_new(ctx);

		SSL_set_fd(ssl, fd);
		SSL_set_tlsext_host_name(ssl, name);
		if (fd < 0 || SSL_connect(ssl) != 1 || !is_good(ssl))
			atomic_fetch_add(&failed, 1);
		SSL_shutdown(ssl);
		SSL_free(ssl);
		close(fd);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[MOST];
	pthread_attr_t attr;
	int n_threads;

	if (argc != 6)
		return 2;
	port = (int)strtol(argv[1], NULL, 10);
	n = (int)strtol(argv[2], NULL, 10);
	n_threads = (int)strtol(argv[3], NULL, 10);
	name = argv[5];
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	roots = X509_STORE_new();
	if (n_threads > MOST || X509_STORE_load_path(roots, argv[4]) != 1)
		return 2;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (int i = 0; i < n_threads; i++)
		pthread_create(&threads[i], &attr, work, NULL);
	for (int i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	return failed != 0;
}
