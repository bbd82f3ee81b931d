/* Beside orders: other chains, revocation, renewal information. */
#include "scripted_ca.h"

#include "base/fs.h"
#include "cert/cert.h"

#define PEM "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"
#define ORDER                                                                              \
	"{\"status\":\"ready\",\"authorizations\":[],\"finalize\":\"@/order/1/finalize\"}"
#define WINDOW                                                                             \
	"{\"suggestedWindow\":{\"start\":\"2027-01-01T00:00:00Z\","                        \
	"\"end\":\"2027-01-02T12:00:00.5+00:00\"}"

static void other_chains_are_listed(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /cert/1",
			.status = 200,
			.body = PEM,
			.headers =
				"Link: <@/directory>;rel=\"index\"\r\n"
				"Link: <@/cert/1/1>;rel=\"alternate\", "
				"<@/cert/1/2>; title=\"a, b;c\"; rel=\"up Alternate\"\r\n"
				"Link: <http://ca/plain>;rel=alternate\r\n" },
	};
	AUTO(acme_alternates) struct acme_alternates others = { 0 };
	AUTO(buf) struct buf url = BUF_EMPTY, pem = BUF_EMPTY;
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	ca_expand("@/cert/1", &url);
	assert_ok(acme_certificate(ca.acme, url.data, &pem, &others, ca_soon(), &e), &e);
	assert_int_equal(others.n, 2);
	buf_puts(&url, "/2");
	assert_string_equal(others.urls[1], url.data);
	ca_close(&ca);
}

static void note(void *ctx, const char *url)
{
	buf_printf(ctx, "%s ", url);
}

static void links_are_read_as_rfc_8288_writes_them(void **state)
{
	static const struct {
		const char *header, *found;
	} rows[] = {
		{ "<a>;rel=up", "a " },
		{ "<a>; REL = \"next  UP\"", "a " },
		{ "<a>;rel=upper", "" },
		{ "<a>;rel=next;rel=up", "" }, /* the first counts */
		{ "<a>;x;rel=up, <b>;rel=next,,<c> ; rel=up", "a c " },
		{ "<a>;t=\"q\\\"; rel=next, <x>\";rel=up", "a " },
		{ "<a;rel=up", "" },
		{ "<a>;rel=\"up", "a " },
		{ "<a>", "" },
		{ "a;rel=up", "" },
		{ "<a>;rel", "" },
		{ "<a>;", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf found = BUF_EMPTY;

		links_read(rows[i].header, "up", note, &found);
		assert_string_equal(found.data, rows[i].found);
	}
}

static void certificates_are_revoked(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /revoke",
			.status = 200,
			.payload = "{\"certificate\":\"_-8\",\"reason\":4}" },
		{ .ask = "POST /revoke",
			.status = 400,
			.body = PROBLEM("alreadyRevoked", "long ago") },
		{ .ask = "POST /revoke",
			.status = 403,
			.body = PROBLEM("unauthorized", "not yours") },
	};

	(void)state;
	for (int own = 0; own < 2; own++) {
		AUTO(buf) struct buf der = BUF_EMPTY;
		struct ca ca = { 0 };
		struct err e;
		AUTO(key) struct key *key = own ? key_generate(KEY_P384, &e) : NULL;
		bool already;

		buf_add(&der, "\xff\xef", 2);
		ca.revoker = key;
		ca_open(&ca, script, ARRAY_LEN(script));
		assert_ok(acme_revoke(ca.acme, &der, key, 4, &already, ca_soon(), &e), &e);
		assert_false(already);
		assert_ok(acme_revoke(ca.acme, &der, key, 4, &already, ca_soon(), &e), &e);
		assert_true(already);
		assert_err(acme_revoke(ca.acme, &der, key, 4, &already, ca_soon(), &e), &e,
			ERR_ACME, "revocation: 127.0.0.1:");
		ca_close(&ca);
	}
}

static void reasons_have_the_names_of_rfc_5280(void **state)
{
	struct err e;
	int reason;

	(void)state;
	assert_true(acme_reason_parse("keyCompromise", &reason, &e));
	assert_int_equal(reason, 1);
	assert_true(acme_reason_parse("CESSATIONOFOPERATION", &reason, &e));
	assert_int_equal(reason, 5);
	assert_err(acme_reason_parse("cACompromise", &reason, &e), &e, ERR_USAGE,
		"unknown reason 'cACompromise': give one of unspecified, keyCompromise, "
		"affiliationChanged, superseded, cessationOfOperation");
}

static void an_authorization_is_given_up(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /z/1",
			.status = 200,
			.payload = "{\"status\":\"deactivated\"}" },
	};
	AUTO(buf) struct buf url = BUF_EMPTY;
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	ca_expand("@/z/1", &url);
	assert_ok(acme_authorization_deactivate(ca.acme, url.data, ca_soon(), &e), &e);
	ca_close(&ca);
}

/* RFC 9773, appendix A. */
static void the_identifier_is_the_rfcs(void **state)
{
	AUTO(buf) struct buf pem = BUF_EMPTY, id = BUF_EMPTY;
	AUTO(chain) struct chain chain = { 0 };
	struct err e;

	(void)state;
	assert_ok(fs_read(FIXTURES "/rfc9773.pem", 8192, &pem, &e), &e);
	assert_ok(chain_from_pem(pem.data, pem.len, &chain, &e), &e);
	assert_true(acme_certificate_id(chain.certs[0], &id));
	assert_string_equal(id.data, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

static void a_window_is_read(void **state)
{
	static const struct scene script[] = {
		{ .ask = "GET /directory",
			.status = 200,
			.body = DIRECTORY ",\"renewalInfo\":\"@/ari/\"}" },
		{ .ask = "GET /ari/a.b",
			.status = 200,
			.headers = "Retry-After: 21600\r\n",
			.body = WINDOW ",\"explanationURL\":\"https://ca.example/why\"}" },
	};
	AUTO(acme_renewal) struct acme_renewal w = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_true(acme_has_renewal_info(ca.acme));
	assert_ok(acme_renewal_info(ca.acme, "a.b", &w, ca_soon(), &e), &e);
	assert_int_equal(w.start, 1798761600);
	assert_int_equal(w.end, 1798761600 + 36 * 3600);
	assert_string_equal(w.explanation, "https://ca.example/why");
	assert_int_equal(w.again, 21600);
	ca_close(&ca);
}

static void windows_are_asked_for_again_in_time(void **state)
{
	static const struct {
		struct scene scene;
		int again;
		const char *words; /* NULL: it is well */
	} rows[] = {
		{ { .status = 200, .body = WINDOW "}" }, 21600, NULL },
		{ { .status = 200, .headers = "Retry-After: 1\r\n", .body = WINDOW "}" },
			60, NULL },
		{ { .status = 200,
			  .headers = "Retry-After: 9999999\r\n",
			  .body = WINDOW "}" },
			86400, NULL },
		{ { .status = 200, .body = "{}" }, 21600, "no suggested window" },
		{ { .status = 200,
			  .body = "{\"suggestedWindow\":{\"start\":\"2027-01-02T00:00:00Z\","
				  "\"end\":\"2027-01-02T00:00:00Z\"}}" },
			21600, "ends before it begins" },
		{ { .status = 200,
			  .body = "{\"suggestedWindow\":{\"start\":\"now\","
				  "\"end\":\"2027-01-02T00:00:00Z\"}}" },
			21600, "no suggested window" },
		{ { .status = 404,
			  .headers = "Retry-After: 3600\r\n",
			  .body = PROBLEM("malformed", "unknown issuer") },
			3600, "renewal information: 127.0.0.1:" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scene script[] = {
			{ .ask = "GET /directory",
				.status = 200,
				.body = DIRECTORY ",\"renewalInfo\":\"@/ari\"}" },
			{ .ask = "GET /ari/a.b",
				.status = rows[i].scene.status,
				.headers = rows[i].scene.headers,
				.body = rows[i].scene.body },
		};
		AUTO(acme_renewal) struct acme_renewal w = { 0 };
		struct ca ca = { 0 };
		struct err e;
		bool ok;

		ca_open(&ca, script, ARRAY_LEN(script));
		ok = acme_renewal_info(ca.acme, "a.b", &w, ca_soon(), &e);
		if (ok != !rows[i].words || (!ok && !strstr(e.msg, rows[i].words)))
			fail_msg("row %zu: %s", i, ok ? "well" : e.msg);
		assert_int_equal(w.again, rows[i].again);
		ca_close(&ca);
	}
}

/* RFC 9773 5: whatever the refusal, once more without. */
static void a_predecessor_that_is_refused_is_left_out(void **state)
{
#define NAMES "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]"
	static const struct scene script[] = {
		{ .ask = "POST /new-order",
			.status = 409,
			.body = PROBLEM("alreadyReplaced", "by another"),
			.payload = NAMES ",\"replaces\":\"a.b\"}" },
		{ .ask = "POST /new-order",
			.status = 201,
			.body = ORDER,
			.headers = "Location: @/order/1\r\n",
			.payload = NAMES "}" },
		{ .ask = "POST /new-order",
			.status = 429,
			.headers = "Retry-After: 1000\r\n",
			.body = PROBLEM("rateLimited", "enough") },
		{ .ask = "POST /new-order",
			.status = 403,
			.body = PROBLEM("unauthorized", "replaces"),
			.times = 2 },
	};
	static const char *const names[] = { "a.example" };
	const struct acme_wish wish = { names, 1, NULL, "a.b" };
	AUTO(acme_order) struct acme_order o = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_order_new(ca.acme, &wish, &o, ca_soon(), &e), &e);
	assert_int_equal(o.status, ACME_READY);
	assert_err(
		acme_order_new(ca.acme, &wish, &o, ca_soon(), &e), &e, ERR_ACME, "enough");
	assert_err(acme_order_new(ca.acme, &wish, &o, ca_soon(), &e), &e, ERR_ACME,
		"unauthorized: replaces");
	ca_close(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_chains_are_listed),
		cmocka_unit_test(links_are_read_as_rfc_8288_writes_them),
		cmocka_unit_test(certificates_are_revoked),
		cmocka_unit_test(reasons_have_the_names_of_rfc_5280),
		cmocka_unit_test(an_authorization_is_given_up),
		cmocka_unit_test(the_identifier_is_the_rfcs),
		cmocka_unit_test(a_window_is_read),
		cmocka_unit_test(windows_are_asked_for_again_in_time),
		cmocka_unit_test(a_predecessor_that_is_refused_is_left_out),
	};

	return cmocka_run_group_tests(tests, ca_group_setup, ca_group_teardown);
}
