/* Chains from PEM and from a peer: what is taken, and what is refused. */
#include "base/alloc.h"
#include "cert/cert.h"
#include "check.h"
#include "issue.h"

static struct buf one = BUF_EMPTY, two = BUF_EMPTY;

static int make_pems(void **state)
{
	AUTO(issued) struct issued a = issue(&(struct wish){ .cn = "first" }, NULL);
	AUTO(issued) struct issued b = issue(&(struct wish){ .cn = "second" }, NULL);

	(void)state;
	issue_pem(&a, &one);
	issue_pem(&a, &two);
	issue_pem(&b, &two);
	return 0;
}

static int drop_pems(void **state)
{
	(void)state;
	buf_clear(&one);
	buf_clear(&two);
	return 0;
}

static void keeps_the_order(void **state)
{
	AUTO(chain) struct chain c = { 0 };
	AUTO(buf) struct buf again = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_ok(chain_from_pem(two.data, two.len, &c, &e), &e);
	assert_int_equal(c.n, 2);
	assert_string_equal(cert_subject_name(c.certs[0]), "first");
	assert_string_equal(cert_subject_name(c.certs[1]), "second");
	chain_to_pem(&c, 0, 2, &again);
	assert_string_equal(again.data, two.data);
	buf_reset(&again);
	chain_to_pem(&c, 0, 1, &again);
	assert_string_equal(again.data, one.data);
	buf_reset(&again);
	chain_to_pem(&c, 2, 5, &again);
	assert_int_equal(again.len, 0);
}

static void skips_what_is_between(void **state)
{
	AUTO(chain) struct chain c = { 0 };
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	(void)state;
	buf_puts(&text, "Issuer: somebody\r\n\r\n");
	buf_add(&text, one.data, one.len);
	buf_puts(&text, "\n# comment\n");
	buf_add(&text, two.data, two.len);
	buf_puts(&text, "the end");
	assert_ok(chain_from_pem(text.data, text.len, &c, &e), &e);
	assert_int_equal(c.n, 3);
}

static void refuses(void **state)
{
	static const struct {
		const char *before, *after, *message;
		size_t cut; /* bytes off the end of the certificate */
	} rows[] = {
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "",
			"a block 'PRIVATE KEY' among", 0 },
		{ "", "-----BEGIN EC PRIVATE KEY-----\n", "a block 'EC PRIVATE KEY' among",
			0 },
		{ "", "-----BEGIN TRUSTED CERTIFICATE-----\n", "'TRUSTED CERTIFICATE'", 0 },
		{ "", "-----BEGIN X509 CERTIFICATE-----\n", "'X509 CERTIFICATE'", 0 },
		{ "", "-----BEGIN", "a block '' among", 0 },
		{ "", "text -----BEGIN CERTIFICATE-----", "certificate 2 of 2 is damaged",
			0 },
		{ "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
			"certificate 2 of 2 is damaged", 0 },
		{ "", "", "certificate 1 of 1 is damaged", 1 },
		{ "", "", "certificate 1 of 1 is damaged", 60 },
		{ "", "", "certificate 1 of 1 is damaged", 300 },
		{ " ", "", "certificate 1 of 1 is damaged", 0 },
		{ "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
		  "AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
		  "-----END CERTIFICATE-----\n",
			"", "certificate 1 of 2 is damaged", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(chain) struct chain c = { 0 };
		AUTO(buf) struct buf text = BUF_EMPTY;
		struct err e;

		buf_puts(&text, rows[i].before);
		buf_add(&text, one.data, one.len - rows[i].cut);
		/* "-----END CERTIFICATE-----" itself may end without a newline */
		if (rows[i].cut == 1)
			buf_truncate(&text, text.len - 1);
		buf_puts(&text, rows[i].after);
		assert_err(chain_from_pem(text.data, text.len, &c, &e), &e, ERR_TLS,
			rows[i].message);
		assert_int_equal(c.n, 0);
	}
}

static void refuses_what_holds_none(void **state)
{
	static const char *const rows[] = { "", "x", "-----END CERTIFICATE-----\n",
		"BEGIN CERTIFICATE",
		"{\"type\": \"urn:ietf:params:acme:error:malformed\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct chain c = { 0 };
		struct err e;

		assert_err(chain_from_pem(rows[i], strlen(rows[i]), &c, &e), &e, ERR_TLS,
			"no PEM certificate");
	}
}

static void der_must_end_with_its_block(void **state)
{
	AUTO(chain) struct chain c = { 0 };
	AUTO(issued) struct issued i = issue(&(struct wish){ .cn = "a" }, NULL);
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL, more[4096] = { 0 };
	int len = i2d_X509(i.x509, &der);
	struct err e;
	char *pem;
	long pem_len;

	(void)state;
	memcpy(more, der, (size_t)len);
	OPENSSL_free(der);
	PEM_write_bio(bio, "CERTIFICATE", "", more, len + 1);
	pem_len = BIO_get_mem_data(bio, &pem);
	assert_err(chain_from_pem(pem, (size_t)pem_len, &c, &e), &e, ERR_TLS, "damaged");
}

/* Not decrypted, and nobody is asked for a passphrase. */
static void headers_are_not_heeded(void **state)
{
	size_t line = strcspn(one.data, "\n") + 1;
	AUTO(chain) struct chain c = { 0 };
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	(void)state;
	buf_add(&text, one.data, line);
	buf_puts(&text, "Comment: hello\n\n");
	buf_puts(&text, one.data + line);
	assert_err(chain_from_pem(text.data, text.len, &c, &e), &e, ERR_TLS, "damaged");
}

static void refuses_too_many(void **state)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(chain) struct chain c = { 0 };
	AUTO(issued) struct issued i = issue(&(struct wish){ .cn = "a" }, NULL);
	STACK_OF(X509) *sk = sk_X509_new_null();
	struct err e;

	(void)state;
	for (int k = 0; k < 17; k++) {
		buf_add(&text, one.data, one.len);
		sk_X509_push(sk, i.x509);
	}
	assert_err(chain_from_pem(text.data, text.len, &c, &e), &e, ERR_TLS,
		"17 certificates in one chain");
	assert_err(chain_from_stack(sk, NULL, &c, &e), &e, ERR_TLS,
		"17 certificates were sent");
	sk_X509_free(sk);
	assert_err(chain_from_pem(text.data, 1 << 20, &c, &e), &e, ERR_TLS, "too much");
}

static void takes_what_a_peer_sent(void **state)
{
	AUTO(issued) struct issued i = issue(&(struct wish){ .cn = "a" }, NULL);
	AUTO(chain) struct chain c = { 0 };
	STACK_OF(X509) *sk = sk_X509_new_null();
	struct err e;

	(void)state;
	assert_err(chain_from_stack(NULL, NULL, &c, &e), &e, ERR_TLS, "no certificate");
	assert_err(chain_from_stack(sk, NULL, &c, &e), &e, ERR_TLS, "no certificate");
	sk_X509_push(sk, i.x509);
	assert_ok(chain_from_stack(sk, NULL, &c, &e), &e);
	assert_int_equal(c.n, 1);
	sk_X509_free(sk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order),
		cmocka_unit_test(skips_what_is_between),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_what_holds_none),
		cmocka_unit_test(der_must_end_with_its_block),
		cmocka_unit_test(headers_are_not_heeded),
		cmocka_unit_test(refuses_too_many),
		cmocka_unit_test(takes_what_a_peer_sent),
	};

	return cmocka_run_group_tests(tests, make_pems, drop_pems);
}
