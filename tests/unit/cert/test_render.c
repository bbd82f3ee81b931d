/* Keys and chains in other forms: read by OpenSSL, and the same each time. */
#include "cert/private/openssl.h"
#include "cert/render.h"
#include "check.h"
#include "made_cert.h"

#include <openssl/pkcs12.h>

DEFINE_AUTO(PKCS12, p12, PKCS12_free)

struct world {
	struct made made[2]; /* a CA, and a leaf of it */
	struct chain chain;
	struct key *key;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	w->made[0] = made_cert(&(struct made_wish){ .cn = "CA" }, NULL);
	w->made[1] =
		made_cert(&(struct made_wish){ .cn = "leaf", .san = "DNS:www.example.net" },
			&w->made[0]);
	w->chain = MADE_CHAIN(&w->made[1], &w->made[0]);
	w->key = made_key(&w->made[1]);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	chain_clear(&w->chain);
	key_free(w->key);
	made_clear(&w->made[0]);
	made_clear(&w->made[1]);
	free(w);
	return 0;
}

static void sealed(
	const struct world *w, const char *name, const char *passphrase, struct buf *out)
{
	struct err e;

	assert_ok(render_pkcs12(&w->chain, w->key, name, passphrase, out, &e), &e);
}

static void opens(const struct world *w, const struct buf *der, const char *passphrase)
{
	const unsigned char *at = (const unsigned char *)der->data;
	AUTO(p12) PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)der->len);
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	STACK_OF(X509) *others = NULL;

	assert_non_null(p12);
	assert_int_equal(PKCS12_parse(p12, passphrase, &key, &leaf, &others), 1);
	assert_int_equal(EVP_PKEY_eq(key, w->made[1].key), 1);
	assert_int_equal(X509_cmp(leaf, w->made[1].x509), 0);
	assert_int_equal(sk_X509_num(others), 1);
	assert_int_equal(X509_cmp(sk_X509_value(others, 0), w->made[0].x509), 0);
	assert_string_equal(X509_alias_get0(leaf, NULL), "www");
	EVP_PKEY_free(key);
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
}

static void openssl_reads_pkcs12(void **state)
{
	static const char *const passphrases[] = { "", "x", "p\xc3\xa4ss phrase" };

	for (size_t i = 0; i < ARRAY_LEN(passphrases); i++) {
		AUTO(buf) struct buf der = BUF_EMPTY;

		sealed(*state, "www", passphrases[i], &der);
		opens(*state, &der, passphrases[i]);
	}
}

static void a_wrong_passphrase_opens_nothing(void **state)
{
	AUTO(buf) struct buf der = BUF_EMPTY;
	const unsigned char *at;
	AUTO(p12) PKCS12 *p12 = NULL;

	sealed(*state, "www", "right", &der);
	at = (const unsigned char *)der.data;
	p12 = d2i_PKCS12(NULL, &at, (long)der.len);
	assert_int_equal(PKCS12_verify_mac(p12, "wrong", 5), 0);
}

static void it_is_the_same_each_time_and_another_for_anything_else(void **state)
{
	AUTO(buf) struct buf one = BUF_EMPTY;
	AUTO(buf) struct buf again = BUF_EMPTY;
	AUTO(buf) struct buf renamed = BUF_EMPTY;
	AUTO(buf) struct buf other = BUF_EMPTY;

	sealed(*state, "www", "p", &one);
	sealed(*state, "www", "p", &again);
	sealed(*state, "web", "p", &renamed);
	sealed(*state, "www", "q", &other);
	assert_int_equal(one.len, again.len);
	assert_memory_equal(one.data, again.data, one.len);
	assert_memory_not_equal(one.data, renamed.data, one.len);
	assert_memory_not_equal(one.data, other.data, one.len);
}

static void a_key_in_der_is_pkcs8(void **state)
{
	const struct world *w = *state;
	AUTO(buf) struct buf der = BUF_EMPTY;
	const unsigned char *at;
	EVP_PKEY *key;
	struct err e;

	assert_ok(render_key_der(w->key, &der, &e), &e);
	at = (const unsigned char *)der.data;
	key = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
	assert_int_equal(EVP_PKEY_eq(key, w->made[1].key), 1);
	assert_ptr_equal(at, der.data + der.len);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_reads_pkcs12),
		cmocka_unit_test(a_wrong_passphrase_opens_nothing),
		cmocka_unit_test(it_is_the_same_each_time_and_another_for_anything_else),
		cmocka_unit_test(a_key_in_der_is_pkcs8),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
