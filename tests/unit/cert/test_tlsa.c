/* TLSA records: RFC 6698 2.1, RFC 7671 5, RFC 7672 3.1. */
#include "base/alloc.h"
#include "base/text.h"
#include "cert/cert.h"
#include "cert/tlsa.h"
#include "check.h"
#include "made_cert.h"

/* What a record for that certificate says: the bytes that the selector and matching type
 * pick. */
static char *data_of(const struct made *m, int selector, int matching)
{
	AUTO(buf) struct buf hex = BUF_EMPTY;
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	const int n = selector == 0 ? i2d_X509(m->x509, &der)
				    : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(m->x509), &der);

	assert_true(n > 0);
	EVP_Digest(der, (size_t)n, digest, &len,
		matching == 1 ? EVP_sha256() : EVP_sha512(), NULL);
	for (unsigned i = 0; i < (matching == 0 ? (unsigned)n : len); i++)
		buf_printf(&hex, "%02x", matching == 0 ? der[i] : digest[i]);
	OPENSSL_free(der);
	return buf_take(&hex);
}

struct pair {
	struct made ca, leaf;
	struct chain chain;
};

static struct pair pair_new(void)
{
	const struct made_wish ca = { "CA", NULL, 0, 0, NULL };
	const struct made_wish leaf = { "mail", "DNS:mail.example.net", 0, 0, NULL };
	struct pair p = { .ca = made_cert(&ca, NULL) };

	p.leaf = made_cert(&leaf, &p.ca);
	p.chain = MADE_CHAIN(&p.leaf, &p.ca);
	return p;
}

static void pair_clear(struct pair *p)
{
	chain_clear(&p->chain);
	made_clear(&p->leaf);
	made_clear(&p->ca);
}
DEFINE_AUTO_VALUE(struct pair, pair, pair_clear)

static void fits_what_a_client_would_take(void **state)
{
	static const struct {
		int usage, selector, matching;
		bool of_ca, fits;
	} rows[] = {
		{ 3, 1, 1, false, true },
		{ 3, 1, 2, false, true },
		{ 3, 1, 0, false, true },
		{ 3, 0, 1, false, true },
		{ 3, 0, 2, false, true },
		{ 3, 0, 0, false, true },
		{ 2, 1, 1, true, true },
		{ 2, 0, 1, true, true },
		{ 2, 0, 2, true, true },
		{ 2, 0, 0, true, true },
		/* the other one's */
		{ 3, 1, 1, true, false },
		{ 2, 1, 1, false, false },
		/* not for mail servers */
		{ 1, 1, 1, false, false },
		{ 0, 1, 1, true, false },
		/* nobody knows what that is */
		{ 4, 1, 1, false, false },
		{ 255, 1, 1, false, false },
		{ 3, 2, 1, false, false },
		{ 3, 1, 3, false, false },
	};
	AUTO(pair) struct pair p = pair_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str)
		char *data = data_of(rows[i].of_ca ? &p.ca : &p.leaf, rows[i].selector,
			rows[i].matching);
		AUTO(str)
		char *record = xasprintf("%d %d %d %s", rows[i].usage, rows[i].selector,
			rows[i].matching, data);

		if (tlsa_fits(record, &p.chain) != rows[i].fits)
			fail_msg("row %zu", i);
	}
}

static void what_is_damaged_fits_nothing(void **state)
{
	AUTO(pair) struct pair p = pair_new();
	AUTO(str) char *data = data_of(&p.leaf, 1, 1);
	AUTO(str) char *cut = xasprintf("3 1 1 %.62s", data);
	AUTO(str) char *long_one = xasprintf("3 1 1 %s00", data);
	AUTO(str) char *no_usage = xasprintf("1 1 %s", data);
	const char *const rows[] = { "", "3", "3 1 1", "3 1 1 ", "x y z 00", cut, long_one,
		no_usage };
	const struct chain none = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (tlsa_fits(rows[i], &p.chain))
			fail_msg("'%s'", rows[i]);
	assert_false(tlsa_fits("3 1 1 00", &none));
}

static void usages_2_and_3_count(void **state)
{
	(void)state;
	assert_true(tlsa_counts("3 1 1 00"));
	assert_true(tlsa_counts("2 0 2 00"));
	assert_false(tlsa_counts("1 1 1 00"));
	assert_false(tlsa_counts("0 1 1 00"));
	assert_false(tlsa_counts(""));
}

static void the_record_of_a_key_fits_its_certificate(void **state)
{
	AUTO(pair) struct pair p = pair_new();
	const struct sha256 key = cert_key_sha256(p.chain.certs[0]);
	AUTO(buf) struct buf text = BUF_EMPTY;

	(void)state;
	tlsa_of_key(&key, &text);
	assert_true(text_starts(text.data, "3 1 1 "));
	assert_true(tlsa_fits(text.data, &p.chain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_what_a_client_would_take),
		cmocka_unit_test(what_is_damaged_fits_nothing),
		cmocka_unit_test(usages_2_and_3_count),
		cmocka_unit_test(the_record_of_a_key_fits_its_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
