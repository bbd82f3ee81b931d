/* The store itself: its directory, its lock, its id, its names. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

static void is_made_when_it_may_be(void **state)
{
	AUTO(str) char *path = at(state, "deep/certs");
	AUTO(store) struct store *s = NULL;
	struct err e;
	char **names;
	size_t n;

	/* a first dry run finds nothing, and makes nothing */
	s = store_open(path, false, &e);
	assert_non_null(s);
	assert_false(store_has(s, "www"));
	assert_err(store_names(s, &names, &n, &e), &e, ERR_IO, "deep/certs: no store here");
	store_free(s);
	assert_false(fs_exists(path));
	s = store_open(path, true, &e);
	assert_non_null(s);
	assert_int_equal(mode_of(path, "."), 0700);
	assert_int_equal(mode_of(path, ".certpush"), 0700);
}

static void a_file_is_no_store(void **state)
{
	AUTO(str) char *path = at(state, "file");
	AUTO(store) struct store *s = NULL;
	struct err e;

	put_text(*state, "file", "x");
	assert_err((s = store_open(path, true, &e)) != NULL, &e, ERR_IO, "file");
	assert_err((s = store_open(path, false, &e)) != NULL, &e, ERR_IO, "file: no store");
}

static void one_run_at_a_time(void **state)
{
	AUTO(store) struct store *first = open_store(state);
	AUTO(store) struct store *second = open_store(state);
	struct err e;

	assert_ok(store_lock(first, "renew", &e), &e);
	assert_ok(store_lock(first, "renew", &e), &e);
	assert_err(store_lock(second, "push", &e), &e, ERR_LOCKED, "renew, pid ");
	assert_non_null(strstr(e.msg, ", since 20"));
	store_free(TAKE(first));
	assert_ok(store_lock(second, "push", &e), &e);
}

static void the_id_is_made_once(void **state)
{
	AUTO(store) struct store *a = open_store(state);
	AUTO(store) struct store *b = open_store(state);
	AUTO(store) struct store *c = NULL;
	struct err e;

	assert_int_equal(strlen(store_id(a)), 16);
	assert_ok(store_lock(a, "x", &e), &e);
	c = open_store(state);
	assert_string_equal(store_id(c), store_id(a));
	store_free(TAKE(a));
	/* opened before there was one: agrees once it has the lock */
	assert_string_not_equal(store_id(b), store_id(c));
	assert_ok(store_lock(b, "x", &e), &e);
	assert_string_equal(store_id(b), store_id(c));
}

static void a_damaged_id_is_replaced(void **state)
{
	static const char *const rows[] = { "", "0123", "0123456789ABCDEF\n",
		"../../../../../..\n" };
	AUTO(str) char *dir = at(state, ".certpush");
	AUTO(str) char *path = at(state, ".certpush/id");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store) struct store *s = open_store(state);
		AUTO(buf) struct buf id = BUF_EMPTY;
		struct err e;

		put_text(dir, "id", rows[i]);
		assert_ok(store_lock(s, "x", &e), &e);
		assert_ok(fs_read(path, 100, &id, &e), &e);
		assert_int_equal(id.len, 17);
		assert_memory_equal(id.data, store_id(s), 16);
	}
}

static void only_names_that_stay_in_the_store(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".certpush", "../etc", "a/b",
		"/etc", "*.example.net", "a*", "a\nb", "a\x7f",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	static const char *const good[] = { "www.example.net", "a b", "-x", "a..b",
		"münchen" };
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
		AUTO(store_state) struct store_state st = { 0 };
		AUTO(store_order) struct store_order o = STORE_ORDER_EMPTY;
		struct chain c = { 0 };
		bool found;
		struct err e;

		assert_false(store_has(s, bad[i]));
		assert_err(store_read(s, bad[i], &got, &e), &e, ERR_CONFIG,
			"can't be the name");
		assert_err(store_read_chain(s, bad[i], &c, &e), &e, ERR_CONFIG, "can't");
		assert_err(store_write(s, bad[i], &b, 2, &e), &e, ERR_CONFIG, "can't");
		assert_err(store_state_load(s, bad[i], &st, &e), &e, ERR_CONFIG, "can't");
		assert_err(store_state_save(s, bad[i], &st, &e), &e, ERR_CONFIG, "can't");
		assert_err(store_order_load(s, bad[i], &o, &found, &e), &e, ERR_CONFIG,
			"can't");
		assert_err(store_order_save(s, bad[i], &o, &e), &e, ERR_CONFIG, "can't");
		assert_err(store_order_drop(s, bad[i], &e), &e, ERR_CONFIG, "can't");
	}
	assert_int_equal(count(*state), 1);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(str) char *dir = at(state, good[i]);

		dehydrated(dir, "1700000000", &b);
		assert_true(store_has(s, good[i]));
	}
}

static void names_are_those_that_hold_a_certificate(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(str) char *second = at(state, "b.example.net");
	AUTO(str) char *first = at(state, "a.example.net");
	AUTO(str) char *empty = at(state, "empty");
	AUTO(str) char *hidden = at(state, ".hidden");
	AUTO(str) char *dangling = at(state, "dangling");
	char **names;
	size_t n;
	struct err e;

	dehydrated(second, "1700000000", &b);
	dehydrated(first, "1700000000", &b);
	dehydrated(hidden, "1700000000", &b);
	make_dir(empty);
	make_dir(dangling);
	put_link(dangling, "fullchain.pem", "current/fullchain.pem");
	put_text(*state, "README", "not a certificate");
	assert_ok(store_names(s, &names, &n, &e), &e);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "a.example.net");
	assert_string_equal(names[1], "b.example.net");
	fs_names_free(names, n);
	assert_false(store_has(s, "empty"));
	assert_false(store_has(s, "dangling"));
	assert_false(store_has(s, "missing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(is_made_when_it_may_be),
		scratch_test(a_file_is_no_store),
		scratch_test(one_run_at_a_time),
		scratch_test(the_id_is_made_once),
		scratch_test(a_damaged_id_is_replaced),
		scratch_test(only_names_that_stay_in_the_store),
		scratch_test(names_are_those_that_hold_a_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
