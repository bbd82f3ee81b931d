/* Trees of others are read as they are; what doesn't belong together is an error. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

static void reads_dehydrateds_tree(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(chain) struct chain c = { 0 };
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	dehydrated(dir, "1700000000", &b);
	assert_true(reads(s, "www", &b));
	assert_ok(store_read_chain(s, "www", &c, &e), &e);
	assert_int_equal(c.n, 2);
}

static void reads_certbots_tree(void **state)
{
	AUTO(store) struct store *s = NULL;
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(str) char *live = at(state, "live");
	AUTO(str) char *dir = at(state, "live/www");
	AUTO(str) char *archive = at(state, "archive/www");
	struct err e;

	make_dir(dir);
	make_dir(archive);
	for (int part = 0; part < N_PARTS; part++) {
		const char *file = part_files[part];
		int len = (int)strcspn(file, ".");
		AUTO(str) char *name = xasprintf("%.*s3.pem", len, file);
		AUTO(str) char *target = xasprintf("../../archive/www/%s", name);

		put(archive, name, bundle_part(&b, (enum part)part));
		put_link(dir, file, target);
	}
	put_text(live, "README", "certbot's");
	s = store_open(live, false, &e);
	assert_non_null(s);
	assert_true(reads(s, "www", &b));
	assert_err(store_write(s, "www", &b, 2, &e), &e, ERR_REFUSED, "certbot's own");
	assert_int_equal(count(dir), 4);
}

static void key_and_fullchain_are_enough(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	make_dir(dir);
	put(dir, "privkey.pem", &b.privkey_pem);
	put(dir, "fullchain.pem", &b.fullchain_pem);
	assert_ok(store_read(s, "www", &got, &e), &e);
	assert_string_equal(got.cert_pem.data, b.cert_pem.data);
	assert_string_equal(got.chain_pem.data, b.chain_pem.data);
}

static void a_leaf_alone_is_a_chain(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	make_dir(dir);
	put(dir, "privkey.pem", &b.privkey_pem);
	put(dir, "fullchain.pem", &b.cert_pem);
	put_text(dir, "chain.pem", "");
	assert_ok(store_read(s, "www", &got, &e), &e);
	assert_int_equal(got.chain_pem.len, 0);
	bundle_clear(&got);
	put(dir, "chain.pem", &b.chain_pem);
	assert_err(
		store_read(s, "www", &got, &e), &e, ERR_IO, "www/chain.pem: doesn't hold");
}

/* One file of dehydrated's tree is something else. */
static void names_the_file_that_is_wrong(void **state)
{
	static const struct {
		const char *file, *other, *text,
			*message; /* other: from the fixture "new" */
		enum err_kind kind;
	} rows[] = {
		{ "privkey.pem", "privkey.pem", NULL, "www/privkey.pem: isn't the key",
			ERR_TLS },
		{ "fullchain.pem", "fullchain.pem", NULL, "www/privkey.pem: isn't the key",
			ERR_TLS },
		{ "cert.pem", "cert.pem", NULL, "www/cert.pem: doesn't hold", ERR_IO },
		{ "cert.pem", "fullchain.pem", NULL, "www/cert.pem: doesn't hold", ERR_IO },
		{ "chain.pem", "fullchain.pem", NULL, "www/chain.pem: doesn't hold",
			ERR_IO },
		{ "chain.pem", NULL, "", "www/chain.pem: doesn't hold", ERR_IO },
		{ "cert.pem", NULL, "junk", "www/cert.pem: doesn't hold", ERR_IO },
		{ "privkey.pem", NULL, "", "www/privkey.pem: no PEM private key", ERR_TLS },
		{ "privkey.pem", "cert.pem", NULL, "www/privkey.pem: a block 'CERTIFICATE'",
			ERR_TLS },
		{ "fullchain.pem", NULL, "", "www/fullchain.pem: no PEM certificate",
			ERR_TLS },
		{ "fullchain.pem", "privkey.pem", NULL,
			"www/fullchain.pem: a block 'PRIVATE KEY'", ERR_TLS },
	};
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(str) char *dir = at(state, "www");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
		AUTO(buf) struct buf text = BUF_EMPTY;
		AUTO(str) char *other = xasprintf(FIXTURES "/new/%s", rows[i].other);
		struct err e;

		dehydrated(dir, "1700000000", &b);
		if (rows[i].other)
			assert_ok(fs_read(other, PART_MAX, &text, &e), &e);
		else
			buf_puts(&text, rows[i].text);
		put(dir, rows[i].file, &text);
		assert_err(
			store_read(s, "www", &got, &e), &e, rows[i].kind, rows[i].message);
		assert_null(got.key);
		assert_int_equal(got.chain.n + got.privkey_pem.len, 0);
	}
}

static void names_the_file_that_is_missing(void **state)
{
	static const char *const rows[] = { "privkey.pem", "fullchain.pem" };
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(str) char *dir = at(state, "www");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
		AUTO(str) char *path = path_in(dir, rows[i]);
		AUTO(str) char *message = xasprintf("www/%s: No such file", rows[i]);
		struct err e;

		dehydrated(dir, "1700000000", &b);
		unlink(path);
		assert_err(store_read(s, "www", &got, &e), &e, ERR_IO, message);
	}
}

static void what_is_not_there_is_an_error(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	struct chain c = { 0 };
	struct err e;

	assert_err(store_read(s, "www", &got, &e), &e, ERR_IO, "www/fullchain.pem");
	assert_err(store_read_chain(s, "www", &c, &e), &e, ERR_IO, "www/fullchain.pem");
}

static void the_chain_is_read_without_the_key(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("old");
	AUTO(chain) struct chain c = { 0 };
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	dehydrated(dir, "1700000000", &b);
	put_text(dir, "privkey.pem", "junk");
	assert_ok(store_read_chain(s, "www", &c, &e), &e);
	put_text(dir, "fullchain.pem", "junk");
	chain_clear(&c);
	assert_err(store_read_chain(s, "www", &c, &e), &e, ERR_TLS,
		"www/fullchain.pem: no PEM");
}

static void a_bundle_is_whole_or_nothing(void **state)
{
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(bundle) struct bundle made = BUNDLE_EMPTY;
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_err(bundle_from_pem(&made, old.fullchain_pem.data, old.fullchain_pem.len,
			   new.key, &e),
		&e, ERR_TLS, "for another key");
	assert_err(bundle_from_pem(&made, "", 0, new.key, &e), &e, ERR_TLS,
		"no PEM certificate");
	assert_int_equal(made.chain.n, 0);
	buf_puts(&text, "some text\n");
	buf_add(&text, new.fullchain_pem.data, new.fullchain_pem.len);
	assert_ok(bundle_from_pem(&made, text.data, text.len, new.key, &e), &e);
	assert_string_equal(made.fullchain_pem.data, new.fullchain_pem.data);
	assert_string_equal(made.chain_pem.data, new.chain_pem.data);
	assert_string_equal(made.privkey_pem.data, new.privkey_pem.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(reads_dehydrateds_tree),
		scratch_test(reads_certbots_tree),
		scratch_test(key_and_fullchain_are_enough),
		scratch_test(a_leaf_alone_is_a_chain),
		scratch_test(names_the_file_that_is_wrong),
		scratch_test(names_the_file_that_is_missing),
		scratch_test(what_is_not_there_is_an_error),
		scratch_test(the_chain_is_read_without_the_key),
		cmocka_unit_test(a_bundle_is_whole_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
