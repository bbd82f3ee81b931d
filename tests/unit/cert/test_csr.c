/* Certificate requests: exactly the names, signed by the key. */
#include "base/alloc.h"
#include "base/fs.h"
#include "cert/key.h"
#include "cert/private/openssl.h"
#include "check.h"

static const char *const names[] = { "www.example.net", "*.example.net", "192.0.2.7",
	"2001:db8::1" };

static struct key *fixture(const char *file, struct err *e)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	AUTO(str) char *path = xasprintf(FIXTURES "/%s", file);

	assert_ok(fs_read(path, 65536, &pem, e), e);
	return key_from_pem(pem.data, pem.len, e);
}

static void asks_for_the_names_and_nothing_else(void **state)
{
	static const struct {
		const char *file;
		int hash; /* of the signature */
	} rows[] = {
		{ "p256-rfc7515.pem", NID_ecdsa_with_SHA256 },
		{ "p384-short-x.pem", NID_ecdsa_with_SHA384 },
		{ "p521.pem", NID_ecdsa_with_SHA512 },
		{ "rsa-rfc7638.pem", NID_sha256WithRSAEncryption },
		{ "ed25519.pem", NID_ED25519 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf der = BUF_EMPTY;
		struct err e;
		AUTO(key) struct key *k = fixture(rows[i].file, &e);
		AUTO(x509_req) X509_REQ *req = NULL;
		const unsigned char *p;
		STACK_OF(X509_EXTENSION) * extensions;

		assert_ok(key_make_csr(k, names, 4, &der, &e), &e);
		p = (const unsigned char *)der.data;
		req = d2i_X509_REQ(NULL, &p, (long)der.len);
		assert_non_null(req);
		assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(req)), 0);
		assert_int_equal(X509_REQ_get_signature_nid(req), rows[i].hash);
		extensions = X509_REQ_get_extensions(req);
		assert_int_equal(sk_X509_EXTENSION_num(extensions), 1);
		sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
		assert_ok(key_check_csr(k, &der, names, 4, &e), &e);
	}
}

static void refuses_names_that_are_none(void **state)
{
	static const char *const rows[] = {
		"", ".", ".example.net", "a..example.net", "www.example.net.", "*", "*.",
		"*a.example.net", "a.*.example.net", "ex ample.net", "münchen.example",
		"a,DNS:evil.test", "a\nb", "300.1.2.3/8", "fe80::1%lo",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test"
	};
	struct err e;
	AUTO(key) struct key *k = fixture("p256-rfc7515.pem", &e);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf der = BUF_EMPTY;

		assert_err(key_make_csr(k, &rows[i], 1, &der, &e), &e, ERR_TLS,
			"not a DNS name or an address");
		assert_int_equal(der.len, 0);
	}
}

static void refuses_no_name_and_a_name_twice(void **state)
{
	static const char *const twice[] = { "a.test", "b.test", "A.test" };
	AUTO(buf) struct buf der = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = fixture("p256-rfc7515.pem", &e);

	(void)state;
	assert_err(key_make_csr(k, NULL, 0, &der, &e), &e, ERR_TLS, "needs a name");
	assert_err(key_make_csr(k, twice, 3, &der, &e), &e, ERR_TLS,
		"'A.test' is there twice");
}

static void check_finds_what_is_wrong(void **state)
{
	AUTO(buf) struct buf der = BUF_EMPTY, bad = BUF_EMPTY;
	struct err e;
	AUTO(key) struct key *k = fixture("p256-rfc7515.pem", &e);
	AUTO(key) struct key *other = fixture("p256-parameters.pem", &e);
	AUTO(key) struct key *kind = fixture("ed25519.pem", &e);

	(void)state;
	assert_ok(key_make_csr(k, names, 4, &der, &e), &e);
	assert_err(key_check_csr(other, &der, names, 4, &e), &e, ERR_TLS, "another key");
	assert_err(key_check_csr(kind, &der, names, 4, &e), &e, ERR_TLS, "another key");
	assert_err(key_check_csr(k, &der, names, 3, &e), &e, ERR_TLS, "other names");
	assert_err(key_check_csr(k, &bad, names, 4, &e), &e, ERR_TLS, "damaged");
	buf_add(&bad, der.data, der.len);
	bad.data[bad.len - 1] ^= 1;
	assert_err(key_check_csr(k, &bad, names, 4, &e), &e, ERR_TLS, "signature");
	bad.data[bad.len - 1] ^= 1;
	buf_putc(&bad, 'x');
	assert_err(key_check_csr(k, &bad, names, 4, &e), &e, ERR_TLS, "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_the_names_and_nothing_else),
		cmocka_unit_test(refuses_names_that_are_none),
		cmocka_unit_test(refuses_no_name_and_a_name_twice),
		cmocka_unit_test(check_finds_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
