/* state.json: what the next run must know, and no more than that. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

static void comes_back_as_it_was(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(store_state) struct store_state got = { 0 };
	AUTO(str) char *dir = at(state, "www");
	struct err e;
	char directory[] = "https://ca.test/dir", account[] = "https://ca.test/account/1",
	     order[] = "https://ca.test/order/1", last_error[] = "it said \"no\"\\ – twice";
	char id[] = "a.b", revoked[] = "superseded";
	const struct store_state st = { .directory = directory,
		.account = account,
		.order = order,
		.last_error = last_error,
		.revoked = revoked,
		.renewal_id = id,
		.issued = 1794000000,
		.not_before = 253402300799,
		.renewal_at = 1795000000,
		.failures = 3 };

	assert_ok(store_state_save(s, "www", &st, &e), &e);
	assert_ok(store_state_load(s, "www", &got, &e), &e);
	assert_string_equal(got.directory, directory);
	assert_string_equal(got.account, account);
	assert_string_equal(got.order, order);
	assert_string_equal(got.last_error, last_error);
	assert_int_equal(got.issued, 1794000000);
	assert_int_equal(got.not_before, 253402300799);
	assert_string_equal(got.revoked, revoked);
	assert_string_equal(got.renewal_id, id);
	assert_null(got.renewal_why);
	assert_int_equal(got.renewal_at, 1795000000);
	assert_int_equal(got.ordered, 0);
	assert_int_equal(got.failures, 3);
	assert_int_equal(mode_of(dir, "state.json"), 0600);
	assert_int_equal(count(dir), 1);
}

static void nothing_is_an_empty_state(void **state)
{
	static const char *const rows[] = { NULL, "{}",
		"{\"last_error\":null,\"issued\":null}",
		"{\"from_a_later_version\":[1,2]}" };
	AUTO(store) struct store *s = open_store(state);
	AUTO(str) char *dir = at(state, "www");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store_state) struct store_state st = { 0 };
		struct err e;

		st.failures = 7;
		if (rows[i]) {
			make_dir(dir);
			put_text(dir, "state.json", rows[i]);
		}
		assert_ok(store_state_load(s, "www", &st, &e), &e);
		assert_null(st.directory);
		assert_null(st.last_error);
		assert_int_equal(st.failures + st.issued + st.not_before, 0);
	}
}

static void damage_is_one_clear_error(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "not a JSON object" },
		{ "{", "not a JSON object" },
		{ "null", "not a JSON object" },
		{ "[]", "not a JSON object" },
		{ "{} {}", "not a JSON object" },
		{ "{\"directory\":1}", "\"directory\" is not a text" },
		{ "{\"account\":[]}", "\"account\" is not a text" },
		{ "{\"order\":true}", "\"order\" is not a text" },
		{ "{\"last_error\":{}}", "\"last_error\" is not a text" },
		{ "{\"issued\":\"2026\"}", "\"issued\" is not a whole number" },
		{ "{\"issued\":-1}", "\"issued\" is not a whole number" },
		{ "{\"issued\":1.5}", "\"issued\" is not a whole number" },
		{ "{\"not_before\":1e300}", "\"not_before\" is not a whole number" },
		{ "{\"failures\":2147483648}", "\"failures\" is not a whole number" },
		{ "{\"failures\":true}", "\"failures\" is not a whole number" },
	};
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	assert_ok(store_write(s, "www", &b, 2, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store_state) struct store_state st = { 0 };

		put_text(dir, "state.json", rows[i].text);
		assert_err(store_state_load(s, "www", &st, &e), &e, ERR_IO,
			"www/state.json: damaged: ");
		if (!strstr(e.msg, rows[i].message))
			fail_msg("row %zu: %s", i, e.msg);
		assert_null(st.directory);
	}
	/* the certificate doesn't depend on it, and the next save mends it */
	assert_true(reads(s, "www", &b));
	assert_ok(
		store_state_save(s, "www", &(struct store_state){ .failures = 1 }, &e), &e);
	assert_true(reads(s, "www", &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(comes_back_as_it_was),
		scratch_test(nothing_is_an_empty_state),
		scratch_test(damage_is_one_clear_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
