#include "scripted_ca.h"

#include "base/fs.h"

static const struct acme_registration nobody;

static void a_directory_is_read(void **state)
{
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_raise(&ca, NULL, 0);
	assert_ok(ca_connect(&ca, ca_soon(), &e), &e);
	assert_null(acme_account_url(ca.acme));
	assert_int_equal(ca.gets, 1);
	assert_int_equal(ca.heads, 0);
	ca_close(&ca);
}

static void what_is_no_directory_is_told(void **state)
{
	static const struct {
		struct scene scene;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ { .status = 200, .body = "<html>Hello" }, ERR_PROTOCOL,
			"answered with HTML, not" },
		{ { .status = 200, .body = "pong" }, ERR_PROTOCOL,
			"something else, not JSON" },
		{ { .status = 200, .body = "[]" }, ERR_PROTOCOL, "not JSON" },
		{ { .status = 200, .body = DIRECTORY }, ERR_PROTOCOL, "not JSON" },
		{ { .status = 200, .body = "{}" }, ERR_PROTOCOL, "'newNonce' is missing" },
		{ { .status = 200,
			  .body = "{\"newNonce\":\"@/n\",\"newAccount\":\"@/a\"}" },
			ERR_PROTOCOL, "'newOrder' is missing" },
		{ { .status = 200, .body = "{\"newNonce\":\"http://ca/n\"}" }, ERR_PROTOCOL,
			"'newNonce' is no https URL" },
		{ { .status = 302, .headers = "Location: @/dir\r\n" }, ERR_ACME,
			"answered with status 302" },
		{ { .status = 404,
			  .body = "<html>",
			  .headers = "Content-Type: text/html\r\n" },
			ERR_PROTOCOL, "answered with HTML (status 404), not JSON" },
		{ { .status = 404,
			  .body = "none",
			  .headers = "Content-Type: text/plain\r\n" },
			ERR_PROTOCOL, "answered with text/plain (status 404), not JSON" },
		{ { .status = 404 }, ERR_ACME, "answered with status 404" },
		{ { .status = 403, .body = PROBLEM("unauthorized", "go away") }, ERR_ACME,
			": unauthorized: go away" },
		{ { .status = 502, .body = "<html>", .times = 5 }, ERR_NET,
			"answered with HTML (status 502), not JSON" },
		{ { .status = 500, .body = PROBLEM("serverInternal", "oh"), .times = 5 },
			ERR_NET, "serverInternal: oh" },
		{ { .status = 200, .body = DIRECTORY "}", .manner = CUT, .times = 5 },
			ERR_NET, "the answer broke off" },
		{ { .manner = GONE, .times = 5 }, ERR_NET, "closed without an answer" },
		{ { .manner = ENDLESS }, ERR_PROTOCOL, "too large" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene = rows[i].scene;
		struct ca ca = { 0 };
		struct err e = { 0 };

		scene.ask = "GET /directory";
		ca_raise(&ca, &scene, 1);
		assert_err(ca_connect(&ca, ca_soon(), &e), &e, rows[i].kind, rows[i].words);
		assert_non_null(strstr(e.msg, "127.0.0.1:"));
		ca_close(&ca);
	}
}

static void a_directory_that_never_comes_is_a_timeout(void **state)
{
	static const struct scene script[] = {
		{ .ask = "GET /directory", .manner = HANG },
	};
	struct ca ca = { 0 };
	struct err e = { 0 };

	(void)state;
	ca_raise(&ca, script, ARRAY_LEN(script));
	assert_err(ca_connect(&ca, deadline_in_ms(150), &e), &e, ERR_TIMEOUT, "in time");
	ca_close(&ca);
}

static void a_directory_url_must_be_one(void **state)
{
	static const char *const rows[] = { "", "https://", "https://ca.example",
		"http://ca.example/dir", "https://ca.example/a b", "letsencrypt" };
	AUTO(http) struct http *h = http_new(&(struct http_config){ 0 });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;

		assert_err(acme_open(h, rows[i], ca_key, ca_soon(), &e), &e, ERR_CONFIG,
			"no URL of an ACME directory");
	}
}

static void failures_that_pass_are_tried_again(void **state)
{
	static const struct scene script[] = {
		{ .ask = "GET /directory", .status = 503, .body = "<html>" },
		{ .ask = "GET /directory", .manner = GONE },
		{ .ask = "GET /directory", .status = 200, .body = DIRECTORY "}" },
		{ .ask = "HEAD /nonce", .status = 500 },
		{ .ask = "HEAD /nonce", .manner = GONE },
		{ .ask = "HEAD /nonce",
			.status = 200,
			.headers = "Replay-Nonce: not/base64\r\n" },
	};
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_err(acme_account(ca.acme, &nobody, ca_soon(), &e), &e, ERR_PROTOCOL,
		"newNonce answered without a nonce (status 200)");
	ca_close(&ca);
}

/* Each try of a POST has a nonce of its own, or the server would not take it. */
static void a_post_is_tried_again_with_a_new_nonce(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-account", .status = 500, .body = "<html>" },
		{ .ask = "POST /new-account", .status = 502, .body = "", .no_nonce = true },
		{ .ask = "POST /new-account", .status = 200, .body = "{}", .manner = CUT },
		{ .ask = "POST /new-account",
			.status = 503,
			.body = "",
			.headers = "Retry-After: 20\r\n" },
		{ .ask = "POST /new-account",
			.status = 201,
			.body = "{\"status\":\"valid\"}",
			.headers = "Location: " ACCOUNT "\r\n" },
	};
	struct ca ca = { 0 };
	struct err e;
	int64_t start = clock_ms();

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_account(ca.acme, &nobody, ca_soon(), &e), &e);
	assert_int_equal(ca.heads, 3);
	assert_true(clock_ms() - start >= 20);
	ca_close(&ca);
}

static void what_doesnt_pass_is_not_tried_again(void **state)
{
	static const struct scene rows[] = {
		{ .status = 400, .body = PROBLEM("malformed", "w") },
		{ .status = 401, .body = PROBLEM("unauthorized", "w") },
		{ .status = 429, .body = PROBLEM("rateLimited", "w") },
		{ .status = 301,
			.body = PROBLEM("odd", "w"),
			.headers = "Location: @/x\r\n" },
		/* Longer than anyone waits. */
		{ .status = 503,
			.body = PROBLEM("rateLimited", "w"),
			.headers = "Retry-After: 3600\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene = rows[i];
		struct ca ca = { 0 };
		struct err e;

		scene.ask = "POST /new-account";
		ca_open(&ca, &scene, 1);
		assert_err(acme_account(ca.acme, &nobody, ca_soon(), &e), &e,
			scene.status >= 500 ? ERR_NET : ERR_ACME, ": w");
		assert_int_equal(ca.posts, 1);
		ca_close(&ca);
	}
}

static void refused_nonces_are_replaced(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-account",
			.status = 400,
			.times = 60,
			.body = PROBLEM("badNonce", "stale") },
		{ .ask = "POST /new-account",
			.status = 200,
			.body = "{}",
			.headers = "Location: " ACCOUNT "\r\n" },
	};
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_account(ca.acme, &nobody, ca_soon(), &e), &e);
	assert_int_equal(ca.heads, 1); /* the error answers bring the next one */
	ca_close(&ca);
}

static void a_ca_that_refuses_every_nonce_is_left(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-account",
			.status = 400,
			.times = 151,
			.body = PROBLEM("badNonce", "stale") },
	};
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_err(acme_account(ca.acme, &nobody, ca_soon(), &e), &e, ERR_ACME,
		"badNonce: stale");
	ca_close(&ca);
}

static void nonces_are_kept_for_later(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-account",
			.status = 200,
			.body = "{}",
			.times = 3,
			.headers = "Location: " ACCOUNT "\r\n" },
	};
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	for (int i = 0; i < 3; i++)
		assert_ok(acme_account(ca.acme, &nobody, ca_soon(), &e), &e);
	assert_int_equal(ca.heads, 1);
	ca_close(&ca);
}

static void the_pool_of_nonces_has_a_bound_and_forgets_old_ones(void **state)
{
	struct ca ca = { 0 };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	AUTO(str) char *nonce = NULL;
	struct err e;

	(void)state;
	ca_open(&ca, NULL, 0);
	for (int i = 0; i < 100; i++)
		nonce_put(ca.acme, xstrdup("n"));
	assert_int_equal(ca.acme->n_nonces, ARRAY_LEN(ca.acme->nonces));
	ca.acme->nonces[ca.acme->n_nonces - 1].got -= 6 * 60 * 1000;
	nonce = nonce_take(ca.acme, ca_soon(), &r, &e);
	assert_string_equal(nonce, "nonce-0");
	assert_int_equal(ca.acme->n_nonces, 0);
	ca_close(&ca);
}

static struct key *fixture(const char *name)
{
	AUTO(buf) struct buf pem = BUF_EMPTY;
	AUTO(str) char *path = fs_join(FIXTURES, name);
	struct key *key;
	struct err e;

	assert_ok(fs_read(path, 8192, &pem, &e), &e);
	key = key_from_pem(pem.data, pem.len, &e);
	assert_non_null(key);
	return key;
}

/* The scripted CA verifies what it gets. */
static void requests_are_signed_with_every_kind_of_key(void **state)
{
	static const char *const rows[] = { "p256.pem", "p384.pem", "rsa2048.pem",
		"ed25519.pem" };
	static const struct scene script[] = {
		{ .ask = "POST /new-account",
			.status = 201,
			.body = "{}",
			.headers = "Location: " ACCOUNT "\r\n",
			.payload = "{\"termsOfServiceAgreed\":true,"
				   "\"contact\":[\"mailto:\\\"a\\\"@b\",\"mailto:c\"]}" },
		{ .ask = "POST /order/1",
			.status = 400,
			.body = PROBLEM("odd", "x"),
			.payload = "" },
	};
	const char *const contact[] = { "mailto:\"a\"@b", "mailto:c" };
	const struct acme_registration me = { contact, 2, NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(key) struct key *key = fixture(rows[i]);
		AUTO(acme_order) struct acme_order o = { 0 };
		AUTO(buf) struct buf url = BUF_EMPTY;
		struct ca ca = { .key = key };
		struct err e;

		ca_open(&ca, script, ARRAY_LEN(script));
		assert_ok(acme_account(ca.acme, &me, ca_soon(), &e), &e);
		ca_expand("@/order/1", &url);
		o.url = buf_take(&url);
		assert_err(acme_order_refresh(ca.acme, &o, ca_soon(), &e), &e, ERR_ACME,
			"order: 127.0.0.1:");
		ca_close(&ca);
	}
}

static void accounts_that_are_refused_are_told(void **state)
{
	static const struct {
		struct scene scene;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ { .status = 201, .body = "{}" }, ERR_PROTOCOL, "without an account URL" },
		{ { .status = 201, .body = "{}", .headers = "Location: http://ca/a\r\n" },
			ERR_PROTOCOL, "without an account URL" },
		{ { .status = 200,
			  .body = "{\"status\":\"deactivated\"}",
			  .headers = "Location: " ACCOUNT "\r\n" },
			ERR_ACME, "the account of this key is deactivated" },
		{ { .status = 400, .body = PROBLEM("invalidContact", "no such domain") },
			ERR_ACME, "account: 127.0.0.1:" },
		{ { .status = 403,
			  .body = PROBLEM("externalAccountRequired", "EAB please") },
			ERR_ACME, "externalAccountRequired: EAB please" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene = rows[i].scene;
		struct ca ca = { 0 };
		struct err e;

		scene.ask = "POST /new-account";
		ca_open(&ca, &scene, 1);
		assert_err(acme_account(ca.acme, &nobody, ca_soon(), &e), &e, rows[i].kind,
			rows[i].words);
		ca_close(&ca);
	}
}

static void an_account_that_the_ca_forgot_is_named(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-order",
			.status = 400,
			.body = PROBLEM("accountDoesNotExist", "not found") },
	};
	const char *const names[] = { "a.example" };
	const struct acme_wish wish = { names, 1, NULL, NULL };
	struct acme_order o = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_err(acme_order_new(ca.acme, &wish, &o, ca_soon(), &e), &e, ERR_ACME,
		"the CA doesn't know the account https://127.0.0.1:");
	ca_close(&ca);
}

static void the_txt_value_is_that_of_rfc_8555(void **state)
{
	/* Computed apart, by Python's hashlib, from the fixture's public key. */
	AUTO(key) struct key *key = fixture("p256.pem");
	AUTO(buf) struct buf value = BUF_EMPTY;
	struct ca ca = { .key = key };

	(void)state;
	ca_open(&ca, NULL, 0);
	acme_dns01_value(ca.acme, "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", &value);
	assert_string_equal(value.data, "pMUpz0ZL6WXcsxtv-8QnuCvlHmGXqIeG2aaAyYNdA2E");
	ca_close(&ca);
}

/* Certify's documentation has this one. */
static void the_label_of_an_account_is_that_of_the_draft(void **state)
{
	AUTO(key) struct key *key = fixture("p256.pem");
	AUTO(buf) struct buf label = BUF_EMPTY;
	struct ca ca = { .key = key };

	(void)state;
	ca_open(&ca, NULL, 0);
	acme_account_known(ca.acme, "https://example.com/acme/acct/ExampleAccount");
	acme_account_label(ca.acme, &label);
	assert_string_equal(label.data, "_ujmmovf2vn55tgye");
	ca_close(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_read),
		cmocka_unit_test(what_is_no_directory_is_told),
		cmocka_unit_test(a_directory_that_never_comes_is_a_timeout),
		cmocka_unit_test(a_directory_url_must_be_one),
		cmocka_unit_test(failures_that_pass_are_tried_again),
		cmocka_unit_test(a_post_is_tried_again_with_a_new_nonce),
		cmocka_unit_test(what_doesnt_pass_is_not_tried_again),
		cmocka_unit_test(refused_nonces_are_replaced),
		cmocka_unit_test(a_ca_that_refuses_every_nonce_is_left),
		cmocka_unit_test(nonces_are_kept_for_later),
		cmocka_unit_test(the_pool_of_nonces_has_a_bound_and_forgets_old_ones),
		cmocka_unit_test(requests_are_signed_with_every_kind_of_key),
		cmocka_unit_test(accounts_that_are_refused_are_told),
		cmocka_unit_test(an_account_that_the_ca_forgot_is_named),
		cmocka_unit_test(the_txt_value_is_that_of_rfc_8555),
		cmocka_unit_test(the_label_of_an_account_is_that_of_the_draft),
	};

	return cmocka_run_group_tests(tests, ca_group_setup, ca_group_teardown);
}
