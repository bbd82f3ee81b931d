/* tlsa.json: since when TLSA records have been seen, and which are ours. */
#include "check.h"
#include "store/announced.h"
#include "store/store.h"
#include "tree.h"

static void comes_back_as_it_was(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(announcements) struct announcements all = { 0 }, got = { 0 };
	AUTO(str) char *dir = at(state, ".certpush");
	struct announced *a;
	struct err e;

	assert_ok(announcements_load(s, &got, &e), &e);
	assert_int_equal(got.n, 0);
	a = announcements_add(&all, "_25._tcp.a", "3 1 1 00");
	a->added = 1794000000;
	a->place = xstrdup("a.tlsa");
	announcements_add(&all, "_25._tcp.b", "3 1 1 00")->seen = 1794000001;
	assert_ok(announcements_save(s, &all, &e), &e);
	assert_int_equal(mode_of(dir, "tlsa.json"), 0600);
	assert_ok(announcements_load(s, &got, &e), &e);
	assert_int_equal(got.n, 2);
	a = announcements_find(&got, "_25._tcp.a", "3 1 1 00");
	assert_int_equal(a->added, 1794000000);
	assert_int_equal(a->seen, 0);
	assert_string_equal(a->place, "a.tlsa");
	assert_int_equal(
		announcements_find(&got, "_25._tcp.b", "3 1 1 00")->seen, 1794000001);
	announcements_drop(&got, a);
	assert_null(announcements_find(&got, "_25._tcp.a", "3 1 1 00"));
	assert_int_equal(got.n, 1);
}

static void damage_is_one_clear_error(void **state)
{
	static const char *const rows[] = { "", "[]", "{\"records\":[{}]}",
		"{\"records\":[{\"name\":\"a\",\"record\":\"3 1 1 00\",\"seen\":-1}]}",
		"{\"records\":[{\"name\":\"a\",\"record\":7}]}",
		"{\"records\":[{\"name\":\"a\",\"record\":\"3 1 1 00\",\"added\":1}]}" };
	AUTO(store) struct store *s = open_store(state);
	AUTO(str) char *dir = at(state, ".certpush");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(announcements) struct announcements got = { 0 };
		struct err e = { 0 };

		put_text(dir, "tlsa.json", rows[i]);
		assert_err(
			announcements_load(s, &got, &e), &e, ERR_IO, "tlsa.json: damaged");
		assert_int_equal(got.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(comes_back_as_it_was),
		scratch_test(damage_is_one_clear_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
