/* An order that was begun survives a crash; one that was tampered with is not believed. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

static const char *const names[] = { "www.example.net", "example.net" };

static struct store_order begun(const char *url, const struct bundle *b)
{
	struct store_order o = STORE_ORDER_EMPTY;
	struct err e;

	o.url = xstrdup(url);
	o.account = xstrdup("https://ca.test/account/1");
	o.directory = xstrdup("https://ca.test/dir");
	o.names = xcalloc(2, sizeof *o.names);
	for (; o.n_names < 2; o.n_names++)
		o.names[o.n_names] = xstrdup(names[o.n_names]);
	o.key = key_from_pem(b->privkey_pem.data, b->privkey_pem.len, &e);
	assert_ok(key_make_csr(o.key, names, 2, &o.csr, &e), &e);
	return o;
}

static void comes_back_as_it_was(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(store_order) struct store_order o = begun("https://ca.test/order/1", &b);
	AUTO(store_order) struct store_order got = STORE_ORDER_EMPTY;
	AUTO(str) char *dir = at(state, "www/order");
	AUTO(buf) struct buf pem = BUF_EMPTY;
	bool found;
	struct err e;

	assert_ok(store_order_load(s, "www", &got, &found, &e), &e);
	assert_false(found);
	umask(0);
	assert_ok(store_order_save(s, "www", &o, &e), &e);
	umask(022);
	assert_ok(store_order_load(s, "www", &got, &found, &e), &e);
	assert_true(found);
	assert_string_equal(got.url, o.url);
	assert_string_equal(got.account, o.account);
	assert_string_equal(got.directory, o.directory);
	assert_int_equal(got.n_names, 2);
	assert_string_equal(got.names[0], names[0]);
	assert_string_equal(got.names[1], names[1]);
	assert_int_equal(got.csr.len, o.csr.len);
	assert_memory_equal(got.csr.data, o.csr.data, o.csr.len);
	assert_ok(key_to_pem(got.key, &pem, &e), &e);
	assert_string_equal(pem.data, b.privkey_pem.data);
	assert_int_equal(mode_of(dir, "privkey.pem"), 0600);
	assert_int_equal(mode_of(dir, "."), 0700);
	assert_false(store_has(s, "www"));
}

static void is_replaced_and_dropped_whole(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(store_order) struct store_order first = begun("https://ca.test/order/1", &old);
	AUTO(store_order)
	struct store_order second = begun("https://ca.test/order/2", &new);
	AUTO(store_order) struct store_order got = STORE_ORDER_EMPTY;
	AUTO(str) char *dir = at(state, "www");
	bool found;
	struct err e;

	assert_ok(store_order_save(s, "www", &first, &e), &e);
	assert_ok(store_order_save(s, "www", &second, &e), &e);
	assert_int_equal(count(dir), 1);
	assert_ok(store_order_load(s, "www", &got, &found, &e), &e);
	assert_string_equal(got.url, "https://ca.test/order/2");
	store_order_clear(&got);
	assert_ok(store_order_drop(s, "www", &e), &e);
	assert_int_equal(count(dir), 0);
	assert_ok(store_order_load(s, "www", &got, &found, &e), &e);
	assert_false(found);
	assert_ok(store_order_drop(s, "www", &e), &e);
	assert_ok(store_order_drop(s, "never", &e), &e);
}

/* What a crash left half written is no order, and in nobody's way. */
static void half_an_order_is_none(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(store_order) struct store_order o = begun("https://ca.test/order/1", &b);
	AUTO(store_order) struct store_order got = STORE_ORDER_EMPTY;
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *half = at(state, "www/.order");
	bool found;
	struct err e;

	make_dir(half);
	put(half, "privkey.pem", &b.privkey_pem);
	assert_ok(store_order_load(s, "www", &got, &found, &e), &e);
	assert_false(found);
	assert_ok(store_order_save(s, "www", &o, &e), &e);
	assert_int_equal(count(dir), 1);
	make_dir(half);
	assert_ok(store_order_drop(s, "www", &e), &e);
	assert_int_equal(count(dir), 0);
}

static void an_order_may_lack_its_url(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(store_order) struct store_order o = begun("", &b);
	AUTO(store_order) struct store_order got = STORE_ORDER_EMPTY;
	bool found;
	struct err e;

	free(TAKE(o.url));
	assert_ok(store_order_save(s, "www", &o, &e), &e);
	assert_ok(store_order_load(s, "www", &got, &found, &e), &e);
	assert_true(found);
	assert_null(got.url);
}

static void a_damaged_order_names_the_file(void **state)
{
	static const struct {
		const char *file, *text, *message;
	} rows[] = {
		{ "order.json", "", "www/order/order.json: damaged: not a JSON object" },
		{ "order.json", "[]", "order.json: damaged: not a JSON object" },
		{ "order.json", "{\"names\":[\"a\"]} x",
			"order.json: damaged: not a JSON" },
		{ "order.json", "{}", "order.json: damaged: there are no names" },
		{ "order.json", "{\"names\":\"www.example.net\"}", "there are no names" },
		{ "order.json", "{\"names\":[]}", "there are no names" },
		{ "order.json", "{\"names\":[1]}", "a name is not a text" },
		{ "order.json", "{\"names\":[[\"a\"]]}", "a name is not a text" },
		{ "order.json", "{\"url\":7,\"names\":[\"a\"]}", "\"url\" is not a text" },
		{ "order.json", "{\"account\":{},\"names\":[\"a\"]}",
			"\"account\" is not" },
		{ "order.json", "{\"names\":[\"www.example.net\"]}",
			"www/order/csr.der: the request is for other names" },
		{ "order.json", "{\"names\":[\"www.example.net\",\"evil.test\"]}",
			"csr.der: the request is for other names" },
		{ "csr.der", "", "csr.der: the request is damaged" },
		{ "csr.der", "0", "csr.der: the request is damaged" },
		{ "privkey.pem", "", "www/order/privkey.pem: no PEM private key" },
		{ "privkey.pem", NULL, "csr.der: the request was made with another key" },
	};
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(store_order) struct store_order o = begun("https://ca.test/order/1", &new);
	AUTO(str) char *dir = at(state, "www/order");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(store_order) struct store_order got = STORE_ORDER_EMPTY;
		bool found = true;
		struct err e = { 0 };

		assert_ok(store_order_save(s, "www", &o, &e), &e);
		put_text(dir, rows[i].file,
			rows[i].text ? rows[i].text : old.privkey_pem.data);
		if (store_order_load(s, "www", &got, &found, &e))
			fail_msg("row %zu: loaded", i);
		if (!strstr(e.msg, rows[i].message))
			fail_msg("row %zu: %s", i, e.msg);
		assert_false(found);
		assert_null(got.key);
	}
}

static void a_missing_file_is_named(void **state)
{
	static const char *const files[] = { "order.json", "privkey.pem", "csr.der" };
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(store_order) struct store_order o = begun("https://ca.test/order/1", &b);
	AUTO(str) char *dir = at(state, "www/order");

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(store_order) struct store_order got = STORE_ORDER_EMPTY;
		AUTO(str) char *path = path_in(dir, files[i]);
		bool found;
		struct err e;

		assert_ok(store_order_save(s, "www", &o, &e), &e);
		unlink(path);
		assert_err(
			store_order_load(s, "www", &got, &found, &e), &e, ERR_IO, files[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(comes_back_as_it_was),
		scratch_test(is_replaced_and_dropped_whole),
		scratch_test(half_an_order_is_none),
		scratch_test(an_order_may_lack_its_url),
		scratch_test(a_damaged_order_names_the_file),
		scratch_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
