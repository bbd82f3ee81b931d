/* owed.json: what waits for a host's window. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

static void put_owed(void **state, const char *text)
{
	AUTO(str) char *dir = at(state, ".certpush");

	make_dir(dir);
	put_text(dir, "owed.json", text);
}

static void comes_back_as_it_was_and_goes_with_the_last(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(store_owing) struct store_owing all = { 0 }, got = { 0 };
	AUTO(str) char *dir = at(state, ".certpush");
	struct store_owed *o;
	struct err e;

	make_dir(dir);
	o = store_owing_add(&all, "linode", "postfix", "mail");
	o->since = 1795000000;
	o->expires = 1796000000;
	store_owing_add(&all, "linode", "inn", "news");
	assert_ok(store_owing_save(s, &all, &e), &e);
	assert_int_equal(mode_of(dir, "owed.json"), 0600);
	assert_ok(store_owing_load(s, &got, &e), &e);
	assert_int_equal(got.n, 2);
	assert_null(store_owing_find(&got, "linode", "nginx"));
	assert_null(store_owing_find(&got, "ovh", "inn"));
	o = store_owing_find(&got, "linode", "postfix");
	assert_string_equal(o->certificate, "mail");
	assert_int_equal(o->since, 1795000000);
	assert_int_equal(o->until, 0);
	assert_int_equal(o->expires, 1796000000);
	store_owing_drop(&got, o);
	assert_non_null(store_owing_find(&got, "linode", "inn"));
	store_owing_drop(&got, &got.list[0]);
	assert_ok(store_owing_save(s, &got, &e), &e);
	assert_int_equal(count(dir), 0);
	assert_ok(store_owing_save(s, &got, &e), &e);
}

static void no_file_is_nothing_owed(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(store_owing) struct store_owing all = { 0 };
	struct err e;

	assert_ok(store_owing_load(s, &all, &e), &e);
	assert_int_equal(all.n, 0);
}

static void what_is_damaged_is_an_error_that_names_the_file(void **state)
{
	static const char *const rows[] = {
		"", "[]", "{}", "{\"owed\":7}", "{\"owed\":[7]}",
		"{\"owed\":[{\"host\":\"h\",\"service\":\"s\"}]}",
		"{\"owed\":[{\"host\":7,\"service\":\"s\",\"certificate\":\"c\"}]}",
		"{\"owed\":[{\"host\":\"h\",\"service\":\"s\",\"certificate\":\"c\",\"since\":-1}]}"
	};
	AUTO(store) struct store *s = open_store(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store_owing) struct store_owing all = { 0 };
		struct err e;

		put_owed(state, rows[i]);
		assert_err(store_owing_load(s, &all, &e), &e, ERR_IO, "owed.json: damaged");
		assert_int_equal(all.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(comes_back_as_it_was_and_goes_with_the_last),
		scratch_test(no_file_is_nothing_owed),
		scratch_test(what_is_damaged_is_an_error_that_names_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
