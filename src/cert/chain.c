#include "base/alloc.h"
#include "cert/private/cert.h"
#include "cert/private/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

enum { MAX_PEM = 256 * 1024 };

static const char begin[] = "-----BEGIN", label[] = " CERTIFICATE-----";

static bool count_certs(const char *pem, size_t len, size_t *n, struct err *e)
{
	const char *end = pem + len, *p = pem;
	size_t word;

	for (*n = 0; (p = memmem(p, (size_t)(end - p), begin, strlen(begin))); (*n)++) {
		p += strlen(begin);
		if ((size_t)(end - p) >= strlen(label) && !memcmp(p, label, strlen(label)))
			continue;
		for (word = 0; p + word < end && word < 30 && p[word] != '-'; word++)
			;
		return err_set(e, ERR_TLS, "a block '%.*s' among the certificates",
			(int)(word ? word - 1 : 0), word ? p + 1 : p);
	}
	if (*n == 0)
		return err_set(e, ERR_TLS, "no PEM certificate in %zu bytes", len);
	if (*n > MAX_CERTS)
		return err_set(e, ERR_TLS, "%zu certificates in one chain, more than %d",
			*n, MAX_CERTS);
	return true;
}

static X509 *parse(const unsigned char *der, long len)
{
	const unsigned char *p = der;
	X509 *x = d2i_X509(NULL, &p, len);

	if (x && p != der + len) {
		X509_free(x);
		return NULL;
	}
	return x;
}

/* Not PEM_read_bio_X509: that would ask the terminal for a passphrase if a block says so.
 */
static X509 *read_block(BIO *bio)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	X509 *x = NULL;
	long len;

	if (PEM_read_bio(bio, &name, &header, &der, &len) && !*header)
		x = parse(der, len);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return x;
}

static bool read_blocks(BIO *bio, size_t n, struct chain *c, struct err *e)
{
	c->certs = xcalloc(n, sizeof(struct cert *));
	while (c->n < n) {
		AUTO(x509) X509 *x = bio ? read_block(bio) : NULL;

		if (!x)
			return err_openssl(
				e, "certificate %zu of %zu is damaged", c->n + 1, n);
		c->certs[c->n++] = cert_from_x509(x);
	}
	return true;
}

bool chain_from_pem(const char *pem, size_t len, struct chain *out, struct err *e)
{
	AUTO(bio) BIO *bio = NULL;
	size_t n;

	ERR_clear_error();
	*out = (struct chain){ 0 };
	if (len > MAX_PEM)
		return err_set(e, ERR_TLS, "%zu bytes are too much for a chain", len);
	if (!count_certs(pem, len, &n, e))
		return false;
	bio = BIO_new_mem_buf(pem, (int)len);
	if (read_blocks(bio, n, out, e))
		return true;
	chain_clear(out);
	return false;
}

bool chain_from_stack(
	const STACK_OF(X509) * sk, struct cert_pool *pool, struct chain *out, struct err *e)
{
	int n = sk ? sk_X509_num(sk) : 0;

	*out = (struct chain){ 0 };
	if (n <= 0)
		return err_set(e, ERR_TLS, "no certificate was sent");
	if (n > MAX_CERTS)
		return err_set(e, ERR_TLS, "%d certificates were sent, more than %d", n,
			MAX_CERTS);
	out->certs = xcalloc((size_t)n, sizeof(struct cert *));
	for (int i = 0; i < n; i++) {
		X509 *x = sk_X509_value(sk, i);

		out->certs[out->n++] = pool ? cert_pooled(pool, x) : cert_from_x509(x);
	}
	return true;
}

void chain_clear(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		cert_free(c->certs[i]);
	free(c->certs);
	*c = (struct chain){ 0 };
}

bool chain_eq(const struct chain *a, const struct chain *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!sha256_eq(&a->certs[i]->sha256, &b->certs[i]->sha256))
			return false;
	return true;
}

void chain_to_pem(const struct chain *c, size_t from, size_t to, struct buf *out)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	for (size_t i = from; bio && i < to && i < c->n; i++)
		PEM_write_bio_X509(bio, c->certs[i]->x509);
	len = bio ? BIO_get_mem_data(bio, &data) : 0;
	if (len > 0)
		buf_add(out, data, (size_t)len);
}
