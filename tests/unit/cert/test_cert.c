/* What a certificate says of itself, and which names it covers. */
#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "cert/cert.h"
#include "cert/key.h"
#include "check.h"
#include "issue.h"

#include <openssl/sha.h>

static struct cert *made(const struct wish *w)
{
	AUTO(issued) struct issued i = issue(w, NULL);

	return cert_from_x509(i.x509);
}

static void tells_what_it_is(void **state)
{
	AUTO(issued)
	struct issued ca = issue(&(struct wish){ .cn = "Röt CA", .key = "P-384" }, NULL);
	AUTO(issued)
	struct issued i = issue(&(struct wish){ .cn = "www",
					.san = "DNS:WWW.example.net, DNS:*.example.net, "
					       "IP:192.0.2.7, IP:2001:DB8:0:0::1, "
					       "email:x@example.net" },
		&ca);
	AUTO(cert) struct cert *c = cert_from_x509(i.x509);
	size_t n;
	const char *const *names = cert_names(c, &n);

	(void)state;
	assert_string_equal(cert_issuer_name(c), "Röt CA");
	assert_string_equal(cert_subject_name(c), "www");
	assert_in_range(cert_not_before(c), clock_now() - 86500, clock_now() - 86300);
	assert_in_range(cert_not_after(c), clock_now() + 86300, clock_now() + 86500);
	assert_int_equal(n, 4);
	assert_string_equal(names[0], "www.example.net");
	assert_string_equal(names[1], "*.example.net");
	assert_string_equal(names[2], "192.0.2.7");
	assert_string_equal(names[3], "2001:db8::1");
}

static void a_serial_number_is_told_whole(void **state)
{
	/* 20 octets, as CAs give them */
	static const char number[] = "318581226177353336430613662595136105644987654321";
	AUTO(issued) struct issued i = issue(&(struct wish){ .cn = "a" }, NULL);
	AUTO(bignum) BIGNUM *n = NULL;
	AUTO(cert) struct cert *c = NULL;
	AUTO(str) char *text = NULL;

	(void)state;
	assert_true(BN_dec2bn(&n, number) > 0);
	assert_non_null(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(i.x509)));
	c = cert_from_x509(i.x509);
	text = cert_serial_text(c);
	assert_string_equal(text, number);
}

static void digests_are_openssls(void **state)
{
	AUTO(issued) struct issued i = issue(&(struct wish){ .cn = "a" }, NULL);
	AUTO(cert) struct cert *c = cert_from_x509(i.x509);
	struct sha256 cert = cert_sha256(c), key = cert_key_sha256(c);
	unsigned char want[32], *der = NULL;
	unsigned len;

	(void)state;
	X509_digest(i.x509, EVP_sha256(), want, &len);
	assert_memory_equal(cert.bytes, want, 32);
	len = (unsigned)i2d_PUBKEY(i.key, &der);
	SHA256(der, len, want);
	OPENSSL_free(der);
	assert_memory_equal(key.bytes, want, 32);
}

static void names_that_are_missing_are_empty(void **state)
{
	AUTO(cert) struct cert *c = made(&(struct wish){ 0 });
	size_t n;

	(void)state;
	cert_names(c, &n);
	assert_int_equal(n, 0);
	assert_string_equal(cert_subject_name(c), "");
	assert_string_equal(cert_issuer_name(c), "");
}

static void covers_as_a_client_sees_it(void **state)
{
	static const struct {
		const char *name;
		bool covered;
	} rows[] = {
		{ "www.example.net", true },
		{ "WWW.Example.NET", true },
		{ "a.wild.example.net", true },
		{ "*.wild.example.net", true },
		{ "192.0.2.7", true },
		{ "2001:db8::1", true },
		{ "2001:0DB8:0:0:0:0:0:1", true },
		{ "", false },
		{ "example.net", false },
		{ "wild.example.net", false },
		{ "a.b.wild.example.net", false },
		{ "*.example.net", false },
		{ "www.example.net.evil.test", false },
		{ "xwww.example.net", false },
		{ ".example.net", false },
		{ "partial9.example.net", false },
		{ "192.0.2.8", false },
		{ "192.0.2.9", false },
		{ "2001:db8::2", false },
		{ "cn.example.net", false },
	};
	AUTO(cert)
	struct cert *c = made(&(struct wish){ .cn = "cn.example.net",
		.san = "DNS:www.example.net, DNS:*.wild.example.net, DNS:partial*.example.net,"
		       "IP:192.0.2.7, IP:2001:db8::1, DNS:192.0.2.9" });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (cert_covers(c, rows[i].name) != rows[i].covered)
			fail_msg("'%s': covered is %d", rows[i].name, !rows[i].covered);
}

static void asked_by_a_name_that_it_covers(void **state)
{
	static const struct {
		const char *san, *ask;
	} rows[] = {
		{ "DNS:*.example.net, DNS:www.example.net", "www.example.net" },
		{ "DNS:*.example.net, DNS:*.example.org", "certpush.example.net" },
		{ "IP:192.0.2.7, DNS:www.example.net", "192.0.2.7" },
	};
	AUTO(arena) struct arena *a = arena_new();
	AUTO(cert) struct cert *nameless = made(&(struct wish){ .cn = "cn.example.net" });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(cert) struct cert *c = made(&(struct wish){ .san = rows[i].san });

		assert_string_equal(cert_name_to_ask(c, a), rows[i].ask);
		assert_true(cert_covers(c, rows[i].ask));
	}
	assert_null(cert_name_to_ask(nameless, a));
}

static void the_common_name_is_no_name(void **state)
{
	AUTO(cert) struct cert *c = made(&(struct wish){ .cn = "www.example.net" });

	(void)state;
	assert_false(cert_covers(c, "www.example.net"));
	assert_false(cert_has_names(c, (const char *[]){ "www.example.net" }, 1));
}

/* "bank.test\0.evil.test": what C would cut at the NUL must match neither. */
static void a_name_with_a_nul_matches_nothing(void **state)
{
	AUTO(cert)
	struct cert *c = made(&(struct wish){
		.san = "DER:30:16:82:14:62:61:6e:6b:2e:74:65:73:74:00:2e:65:76:69:6c:2e:74:"
		       "65:73:74" });
	size_t n;

	(void)state;
	assert_string_equal(cert_names(c, &n)[0], "bank.test?.evil.test");
	assert_false(cert_covers(c, "bank.test"));
	assert_false(cert_has_names(c, (const char *[]){ "bank.test" }, 1));
}

static void a_san_of_rubbish_covers_nothing(void **state)
{
	AUTO(cert)
	struct cert *c = made(&(struct wish){ .cn = "a.test", .san = "DER:04:01:00" });
	AUTO(cert)
	struct cert *odd = made(&(struct wish){ .san = "DER:30:05:87:03:01:02:03" });
	size_t n;

	(void)state;
	cert_names(c, &n);
	assert_int_equal(n, 0);
	assert_false(cert_covers(c, "a.test"));
	assert_false(cert_covers(odd, "1.2.3.0"));
}

static void has_names_compares_sets(void **state)
{
	static const struct {
		const char *names[4];
		size_t n;
		bool same;
	} rows[] = {
		{ { "a.test", "b.test", "192.0.2.1" }, 3, true },
		{ { "192.0.2.1", "B.test", "A.TEST" }, 3, true },
		{ { "a.test", "b.test" }, 2, false },
		{ { "a.test", "b.test", "192.0.2.1", "c.test" }, 4, false },
		{ { "a.test", "b.test", "192.0.2.2" }, 3, false },
		{ { "a.test", "a.test", "192.0.2.1" }, 3, false },
		{ { NULL }, 0, false },
	};
	AUTO(cert)
	struct cert *c =
		made(&(struct wish){ .san = "DNS:a.test, DNS:B.test, IP:192.0.2.1" });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (cert_has_names(c, rows[i].names, rows[i].n) != rows[i].same)
			fail_msg("row %zu", i);
}

static void matches_only_its_own_key(void **state)
{
	struct err e;
	AUTO(key) struct key *mine = key_generate(KEY_P256, &e);
	AUTO(key) struct key *other = key_generate(KEY_P256, &e);
	AUTO(key) struct key *kind = key_generate(KEY_P384, &e);
	AUTO(x509) X509 *x = X509_new();
	AUTO(cert) struct cert *c = NULL;
	AUTO(cert) struct cert *keyless = NULL;
	AUTO(x509) X509 *empty = X509_new();

	(void)state;
	X509_set_pubkey(x, key_evp(mine));
	c = cert_from_x509(x);
	keyless = cert_from_x509(empty);
	assert_true(cert_matches_key(c, mine));
	assert_false(cert_matches_key(c, other));
	assert_false(cert_matches_key(c, kind));
	assert_false(cert_matches_key(keyless, mine));
	/* no dates in it: taken for expired, never for valid */
	assert_int_equal(cert_not_after(keyless), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_it_is),
		cmocka_unit_test(a_serial_number_is_told_whole),
		cmocka_unit_test(digests_are_openssls),
		cmocka_unit_test(names_that_are_missing_are_empty),
		cmocka_unit_test(covers_as_a_client_sees_it),
		cmocka_unit_test(asked_by_a_name_that_it_covers),
		cmocka_unit_test(the_common_name_is_no_name),
		cmocka_unit_test(a_name_with_a_nul_matches_nothing),
		cmocka_unit_test(a_san_of_rubbish_covers_nothing),
		cmocka_unit_test(has_names_compares_sets),
		cmocka_unit_test(matches_only_its_own_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
