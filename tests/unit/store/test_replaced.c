/* What is being replaced, and what is revoked: no way back to it. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

static struct store_replaced replaced(const char *reason, const char *directory)
{
	return (struct store_replaced){ .old = fixture("old"),
		.reason = xstrdup(reason),
		.directory = directory ? xstrdup(directory) : NULL };
}

static void comes_back_as_it_was(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(store_replaced)
	struct store_replaced r = replaced("keyCompromise", "https://ca.test/dir");
	AUTO(store_replaced) struct store_replaced got = STORE_REPLACED_EMPTY;
	AUTO(str) char *dir = at(state, "www/replaced");
	struct err e;
	bool found;

	assert_ok(store_replaced_load(s, "www", &got, &found, &e), &e);
	assert_false(found);
	assert_ok(store_replaced_save(s, "www", &r, &e), &e);
	assert_ok(store_replaced_load(s, "www", &got, &found, &e), &e);
	assert_true(found);
	assert_string_equal(got.reason, "keyCompromise");
	assert_string_equal(got.directory, "https://ca.test/dir");
	assert_true(cert_matches_key(r.old.chain.certs[0], got.old.key));
	assert_int_equal(mode_of(dir, "privkey.pem"), 0600);
	store_replaced_clear(&got);
	assert_ok(store_replaced_drop(s, "www", &e), &e);
	assert_ok(store_replaced_drop(s, "www", &e), &e);
	assert_ok(store_replaced_load(s, "www", &got, &found, &e), &e);
	assert_false(found);
}

static void damage_is_one_clear_error(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "{", "replaced.json: damaged" },
		{ "{}", "replaced.json: damaged: there is no reason" },
		{ "{\"reason\":1}", "\"reason\" is not a text" },
		{ "{\"reason\":\"superseded\"}", "No such file" },
	};
	AUTO(store) struct store *s = open_store(state);
	AUTO(str) char *dir = at(state, "www/replaced");

	make_dir(dir);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store_replaced) struct store_replaced got = STORE_REPLACED_EMPTY;
		struct err e = { 0 };
		bool found = true;

		put_text(dir, "replaced.json", rows[i].json);
		assert_err(store_replaced_load(s, "www", &got, &found, &e), &e, ERR_IO,
			rows[i].says);
		assert_false(found);
		assert_null(got.reason);
	}
}

/* A store with the fixture `old`, and `new` after it. */
static struct store *two_generations(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old"), new = fixture("new");
	struct err e;

	assert_ok(store_write(s, "www", &old, 5, &e), &e);
	assert_ok(store_write(s, "www", &new, 5, &e), &e);
	return TAKE(s);
}

static void there_is_no_way_back_to_what_is_revoked(void **state)
{
	AUTO(store) struct store *s = two_generations(state);
	AUTO(bundle) struct bundle old = fixture("old"), new = fixture("new");
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	assert_ok(store_revoked_add(s, "www", new.chain.certs[0], "superseded", true, &e),
		&e);
	assert_ok(store_read_previous(s, "www", &got, &e), &e);
	bundle_clear(&got);
	assert_ok(store_revoked_add(s, "www", old.chain.certs[0], "superseded", false, &e),
		&e);
	assert_err(store_read_previous(s, "www", &got, &e), &e, ERR_REFUSED,
		"is revoked (superseded)");
	assert_null(got.key);
	assert_int_equal(mode_of(dir, "revoked.json"), 0600);
	put_text(dir, "revoked.json", "[]");
	assert_err(store_read_previous(s, "www", &got, &e), &e, ERR_IO,
		"revoked.json: damaged");
}

static void the_key_counts_too(void **state)
{
	AUTO(store) struct store *s = two_generations(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(str) char *dir = at(state, "www");
	const struct sha256 print = cert_key_sha256(old.chain.certs[0]);
	const struct sha256_hex hex = sha256_hex(&print);
	struct err e;

	buf_printf(&text, "{\"%s\": \"keyCompromise\"}", hex.s);
	put_text(dir, "revoked.json", text.data);
	assert_err(store_read_previous(s, "www", &got, &e), &e, ERR_REFUSED,
		"the key of the store's earlier one is revoked (keyCompromise)");
}

static void nor_to_what_is_about_to_be(void **state)
{
	AUTO(store) struct store *s = two_generations(state);
	AUTO(store_replaced) struct store_replaced r = replaced("superseded", NULL);
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	struct err e;

	assert_ok(store_replaced_save(s, "www", &r, &e), &e);
	assert_err(store_read_previous(s, "www", &got, &e), &e, ERR_REFUSED,
		"about to be revoked (superseded)");
}

static void the_next_key_can_be_thrown_away(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(str) char *dir = at(state, "www");
	AUTO(key) struct key *key = NULL;
	struct err e;

	make_dir(dir);
	assert_ok(store_next_key_save(s, "www", old.key, &e), &e);
	assert_ok(store_next_key_drop(s, "www", &e), &e);
	assert_ok(store_next_key_drop(s, "www", &e), &e);
	assert_ok(store_next_key(s, "www", &key, &e), &e);
	assert_null(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(comes_back_as_it_was),
		scratch_test(damage_is_one_clear_error),
		scratch_test(there_is_no_way_back_to_what_is_revoked),
		scratch_test(the_key_counts_too),
		scratch_test(nor_to_what_is_about_to_be),
		scratch_test(the_next_key_can_be_thrown_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
