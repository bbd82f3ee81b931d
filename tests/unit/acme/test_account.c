#include "scripted_ca.h"

#define AT "Location: " ACCOUNT "\r\n"

static const char *const contact[] = { "mailto:me@example.net" };
static const struct acme_registration me = { contact, 1, NULL };

/* RFC 8555 7.3.4: the account's key, under the MAC of the key that was handed out. */
static void a_binding_goes_out_with_the_registration(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-account", .status = 201, .body = "{}", .headers = AT },
	};
	static const struct acme_eab eab = { "kid-1", "secret", 6 };
	const struct acme_registration bound = { contact, 1, &eab };
	AUTO(buf) struct buf signed_part = BUF_EMPTY, head = BUF_EMPTY, jwk = BUF_EMPTY;
	AUTO(buf) struct buf mac = BUF_EMPTY, want = BUF_EMPTY;
	const char *part, *payload, *signature;
	AUTO(json) cJSON *json = NULL;
	struct ca ca = { 0 };
	uint8_t expected[64];
	const cJSON *o;
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_account(ca.acme, &bound, ca_soon(), &e), &e);
	json = json_read(&ca.payload);
	o = cJSON_GetObjectItemCaseSensitive(json, "externalAccountBinding");
	part = json_text(o, "protected");
	payload = json_text(o, "payload");
	signature = json_text(o, "signature");
	assert_true(base64url_decode(&head, part, strlen(part)));
	ca_expand("{\"alg\":\"HS256\",\"kid\":\"kid-1\",\"url\":\"@/new-account\"}", &want);
	assert_string_equal(head.data, want.data);
	buf_reset(&want);
	assert_ok(key_jwk(ca_key, &want, &e), &e);
	assert_true(base64url_decode(&jwk, payload, strlen(payload)));
	assert_string_equal(jwk.data, want.data);
	buf_printf(&signed_part, "%s.%s", part, payload);
	assert_true(base64url_decode(&mac, signature, strlen(signature)));
	assert_int_equal(mac.len, 32);
	hmac_of(HMAC_SHA256, "secret", 6, signed_part.data, signed_part.len, expected);
	assert_memory_equal(mac.data, expected, 32);
	ca_close(&ca);
}

static void an_account_is_found_without_registering(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-account",
			.status = 400,
			.body = PROBLEM("accountDoesNotExist", "none"),
			.payload = "{\"onlyReturnExisting\":true}" },
		{ .ask = "POST /new-account", .status = 200, .body = "{}", .headers = AT },
		{ .ask = "POST /new-account",
			.status = 403,
			.body = PROBLEM("unauthorized", "go away") },
	};
	AUTO(buf) struct buf want = BUF_EMPTY;
	struct ca ca = { 0 };
	struct err e;
	bool found;

	(void)state;
	ca_raise(&ca, script, ARRAY_LEN(script));
	assert_ok(ca_connect(&ca, ca_soon(), &e), &e);
	assert_ok(acme_account_find(ca.acme, &found, ca_soon(), &e), &e);
	assert_false(found);
	assert_null(acme_account_url(ca.acme));
	assert_ok(acme_account_find(ca.acme, &found, ca_soon(), &e), &e);
	assert_true(found);
	ca_expand(ACCOUNT, &want);
	assert_string_equal(acme_account_url(ca.acme), want.data);
	assert_err(acme_account_find(ca.acme, &found, ca_soon(), &e), &e, ERR_ACME,
		"unauthorized: go away");
	ca_close(&ca);
}

static void what_the_ca_has_of_it_is_read(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /account/1",
			.status = 200,
			.payload = "",
			.body = "{\"status\":\"deactivated\",\"contact\":"
				"[\"mailto:a\",7,\"mailto:c\"]}" },
		{ .ask = "POST /account/1", .status = 200, .body = "" },
		{ .ask = "POST /account/1",
			.status = 400,
			.body = PROBLEM("accountDoesNotExist", "none") },
		{ .ask = "POST /account/1",
			.status = 200,
			.body = "{\"status\":\"shut\"}" },
	};
	AUTO(acme_account_info) struct acme_account_info info = { 0 };
	struct ca ca = { 0 };
	struct err e;
	bool found;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_account_get(ca.acme, &info, &found, ca_soon(), &e), &e);
	assert_true(found);
	assert_int_equal(info.status, ACME_DEACTIVATED);
	assert_int_equal(info.n_contact, 2);
	assert_string_equal(info.contact[1], "mailto:c");
	assert_ok(acme_account_get(ca.acme, &info, &found, ca_soon(), &e), &e);
	assert_true(found);
	assert_int_equal(info.status, ACME_VALID);
	assert_int_equal(info.n_contact, 0);
	assert_ok(acme_account_get(ca.acme, &info, &found, ca_soon(), &e), &e);
	assert_false(found);
	assert_err(acme_account_get(ca.acme, &info, &found, ca_soon(), &e), &e,
		ERR_PROTOCOL, "unknown status 'shut'");
	ca_close(&ca);
}

static void it_is_changed_and_ended(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /account/1",
			.status = 200,
			.payload = "{\"contact\":[\"mailto:me@example.net\"]}" },
		{ .ask = "POST /account/1", .status = 200, .payload = "{\"contact\":[]}" },
		{ .ask = "POST /account/1",
			.status = 200,
			.payload = "{\"status\":\"deactivated\"}" },
		{ .ask = "POST /account/1",
			.status = 403,
			.body = PROBLEM("unauthorized", "deactivated") },
	};
	const struct acme_registration nobody = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_account_contact(ca.acme, &me, ca_soon(), &e), &e);
	assert_ok(acme_account_contact(ca.acme, &nobody, ca_soon(), &e), &e);
	assert_ok(acme_account_deactivate(ca.acme, ca_soon(), &e), &e);
	assert_err(acme_account_deactivate(ca.acme, ca_soon(), &e), &e, ERR_ACME,
		"account: deactivation: 127.0.0.1:");
	ca_close(&ca);
}

/* RFC 8555 7.3.5: signed by the new key, without a nonce, for the same URL. */
static void check_consent(const struct ca *ca, const struct key *key)
{
	AUTO(json) cJSON *jws = json_read(&ca->payload);
	const char *part = json_text(jws, "protected"), *load = json_text(jws, "payload");
	AUTO(buf) struct buf text = BUF_EMPTY, want = BUF_EMPTY, jwk = BUF_EMPTY;
	struct err e;

	assert_non_null(part);
	assert_true(
		ca_verify(key, key_jws_alg(key), part, load, json_text(jws, "signature")));
	assert_ok(key_jwk(key, &jwk, &e), &e);
	buf_printf(&want, "{\"alg\":\"ES384\",\"jwk\":%s,\"url\":\"", jwk.data);
	ca_expand("@/key\"}", &want);
	assert_true(base64url_decode(&text, part, strlen(part)));
	assert_string_equal(text.data, want.data);
	buf_reset(&text);
	buf_reset(&want);
	buf_reset(&jwk);
	assert_ok(key_jwk(ca_key, &jwk, &e), &e);
	ca_expand("{\"account\":\"" ACCOUNT "\",\"oldKey\":", &want);
	buf_printf(&want, "%s}", jwk.data);
	assert_true(base64url_decode(&text, load, strlen(load)));
	assert_string_equal(text.data, want.data);
}

static void a_new_key_takes_over(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /key", .status = 200, .body = "{}" },
		{ .ask = "POST /key", .status = 409, .body = "{}", .headers = AT },
	};
	struct ca ca = { 0 };
	struct err e;
	AUTO(key) struct key *key = key_generate(KEY_P384, &e);

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_account_rollover(ca.acme, key, ca_soon(), &e), &e);
	check_consent(&ca, key);
	assert_err(acme_account_rollover(ca.acme, key, ca_soon(), &e), &e, ERR_ACME,
		"another account has this key");
	ca_close(&ca);
}

static void what_a_ca_does_not_offer_is_told(void **state)
{
	static const struct scene script[] = {
		{ .ask = "GET /directory",
			.status = 200,
			.body = "{\"newNonce\":\"@/nonce\",\"newAccount\":\"@/new-account\","
				"\"newOrder\":\"@/new-order\"}" },
	};
	AUTO(buf) struct buf der = BUF_EMPTY;
	struct ca ca = { 0 };
	bool already;
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_false(acme_has_renewal_info(ca.acme));
	assert_err(acme_account_rollover(ca.acme, ca_key, ca_soon(), &e), &e, ERR_ACME,
		"offers no key rollover");
	assert_err(acme_revoke(ca.acme, &der, NULL, 0, &already, ca_soon(), &e), &e,
		ERR_ACME, "offers no revocation");
	ca_close(&ca);
}

static void the_directory_says_more(void **state)
{
	static const struct scene script[] = {
		{ .ask = "GET /directory",
			.status = 200,
			.body = DIRECTORY
			",\"meta\":{\"externalAccountRequired\":true,"
			"\"termsOfService\":\"https://ca.example/t\",\"website\":7,"
			"\"caaIdentities\":[\"ca.example\",1,\"ca.test\"]}}" },
	};
	const struct acme_meta *m;
	struct ca ca = { 0 };

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	m = acme_meta(ca.acme);
	assert_true(m->wants_eab);
	assert_string_equal(m->terms, "https://ca.example/t");
	assert_null(m->website);
	assert_int_equal(m->n_caa, 2);
	assert_string_equal(m->caa[1], "ca.test");
	ca_close(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_binding_goes_out_with_the_registration),
		cmocka_unit_test(an_account_is_found_without_registering),
		cmocka_unit_test(what_the_ca_has_of_it_is_read),
		cmocka_unit_test(it_is_changed_and_ended),
		cmocka_unit_test(a_new_key_takes_over),
		cmocka_unit_test(what_a_ca_does_not_offer_is_told),
		cmocka_unit_test(the_directory_says_more),
	};

	return cmocka_run_group_tests(tests, ca_group_setup, ca_group_teardown);
}
