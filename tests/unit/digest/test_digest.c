#include "base/alloc.h"
#include "check.h"
#include "digest/digest.h"

static void sha256_has_its_known_values(void **state)
{
	/* FIPS 180-4's examples */
	static const char *const rows[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sha256 d = sha256_of(rows[i][0], strlen(rows[i][0])), again;

		assert_string_equal(sha256_hex(&d).s, rows[i][1]);
		assert_true(sha256_from_hex(rows[i][1], &again));
		assert_true(sha256_eq(&d, &again));
		again.bytes[31] ^= 1;
		assert_false(sha256_eq(&d, &again));
	}
}

static void a_fingerprint_is_as_openssl_prints_it(void **state)
{
	struct sha256 d = sha256_of("abc", 3);

	(void)state;
	assert_string_equal(sha256_colons(&d).s,
		"BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:"
		"B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD");
}

static void hex_is_64_digits_or_refused(void **state)
{
	static const char *const bad[] = { "", "00",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
		" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:1" };
	struct sha256 d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(sha256_from_hex(bad[i], &d));
	assert_true(sha256_from_hex(
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", &d));
	assert_int_equal(d.bytes[0], 0xba);
}

static void hmac_has_its_known_values(void **state)
{
	/* RFC 2202 and RFC 4231, test case 2 */
	static const struct {
		enum hmac_hash hash;
		const char *hex;
	} rows[] = {
		{ HMAC_MD5, "750c783e6ab0b503eaa86e310a5db738" },
		{ HMAC_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ HMAC_SHA224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44" },
		{ HMAC_SHA256,
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ HMAC_SHA384,
			"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			"8e2240ca5e69e2c78b3239ecfab21649" },
		{ HMAC_SHA512,
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t mac[64];
		char hex[129] = "";
		size_t n = hmac_of(
			rows[i].hash, "Jefe", 4, "what do ya want for nothing?", 28, mac);

		for (size_t k = 0; k < n; k++)
			snprintf(hex + 2 * k, 3, "%02x", mac[k]);
		assert_string_equal(hex, rows[i].hex);
	}
}

static void an_empty_key_is_a_key(void **state)
{
	uint8_t mac[64];

	(void)state;
	assert_int_equal(hmac_of(HMAC_SHA256, "k", 1, "x", 1, mac), 32);
	assert_int_equal(hmac_of(HMAC_SHA256, NULL, 0, "", 0, mac), 32);
	assert_int_equal(mac[0], 0xb6);
	assert_int_equal(mac[31], 0xad);
}

static void base64_goes_there_and_back(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf text = BUF_EMPTY;
		AUTO(buf) struct buf back = BUF_EMPTY;

		base64_encode(&text, rows[i][0], strlen(rows[i][0]));
		assert_string_equal(text.data, rows[i][1]);
		assert_true(base64_decode(&back, text.data, text.len));
		assert_string_equal(back.data, rows[i][0]);
	}
}

static void base64url_goes_there_and_back(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t len = 0; len < sizeof bytes; len++) {
		AUTO(buf) struct buf text = BUF_EMPTY;
		AUTO(buf) struct buf back = BUF_EMPTY;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)(255 - i * 7);
		base64url_encode(&text, bytes, len);
		assert_null(strpbrk(text.data, "+/="));
		assert_true(base64url_decode(&back, text.data, text.len));
		assert_int_equal(back.len, len);
		assert_memory_equal(back.data, bytes, len);
	}
}

static void base64_is_decoded_or_refused(void **state)
{
	static const struct {
		const char *s;
		bool standard, url;
	} rows[] = { { " Zm9v\r\n\tYmFy ", true, true }, { "Zg==\n", true, true },
		{ "Zg = =", true, true }, { "Zg", false, true }, { "-_-_", false, true },
		{ "+/+/", true, true }, { "Z", false, false }, { "Zg=", false, false },
		{ "Zg===", false, false }, { "Zm9v=", false, false },
		{ "Zm9v====", false, false }, { "Zm8==", false, false },
		{ "=", false, false }, { "====", false, false },
		{ "Zg==Zg==", false, false }, { "Zh==", false, false },
		{ "Zm9=", false, false }, { "Zm9*", false, false },
		{ "Zm9v.", false, false }, { "Zm9v\x80", false, false },
		{ "Zm9v=x", false, false }, { "Zm9vY", false, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf b = BUF_EMPTY;

		buf_puts(&b, "kept");
		if (base64_decode(&b, rows[i].s, strlen(rows[i].s)) != rows[i].standard)
			fail_msg("base64: %s", rows[i].s);
		if (!rows[i].standard)
			assert_string_equal(b.data, "kept");
		buf_truncate(&b, 4);
		if (base64url_decode(&b, rows[i].s, strlen(rows[i].s)) != rows[i].url)
			fail_msg("base64url: %s", rows[i].s);
		if (!rows[i].url)
			assert_string_equal(b.data, "kept");
	}
}

static void random_is_not_the_same_twice(void **state)
{
	uint8_t a[600] = { 0 }, b[600] = { 0 };
	char text[201];

	(void)state;
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	assert_memory_not_equal(a + 568, b + 568, 32);
	random_hex(text, 100);
	assert_int_equal(strspn(text, "0123456789abcdef"), 200);
	assert_int_equal(strlen(text), 200);
}

static void sha1_is_fips_180s(void **state)
{
	(void)state;
	assert_string_equal(
		sha1_hex_of("abc", 3).s, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha1_is_fips_180s),
		cmocka_unit_test(sha256_has_its_known_values),
		cmocka_unit_test(a_fingerprint_is_as_openssl_prints_it),
		cmocka_unit_test(hex_is_64_digits_or_refused),
		cmocka_unit_test(hmac_has_its_known_values),
		cmocka_unit_test(an_empty_key_is_a_key),
		cmocka_unit_test(base64_goes_there_and_back),
		cmocka_unit_test(base64url_goes_there_and_back),
		cmocka_unit_test(base64_is_decoded_or_refused),
		cmocka_unit_test(random_is_not_the_same_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
