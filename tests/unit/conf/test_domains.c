#include "conf/bad.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "conf/private/domains.h"

static bool parse(
	struct arena *a, const char *text, struct certificates *c, struct errs *all)
{
	return domains_parse(a, text, strlen(text), "domains.txt", c, all) &&
		certificates_check(c, all);
}

/* "directory=name,name directory=name" */
static void show(const struct certificates *c, struct buf *b)
{
	for (size_t i = 0; i < c->n; i++) {
		buf_printf(b, "%s%s=", i ? " " : "", c->list[i].name);
		for (size_t k = 0; k < c->list[i].n_names; k++)
			buf_printf(b, "%s%s", k ? "," : "", c->list[i].names[k]);
	}
}

static void lines_are_certificates_as_dehydrated_reads_them(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "", "" },
		{ "\n  \n# comment\n\t # another\n", "" },
		{ "a.example", "a.example=a.example" },
		{ "a.example b.example\nc.example\n",
			"a.example=a.example,b.example c.example=c.example" },
		{ "  a.example\t\tb.example  \r\n", "a.example=a.example,b.example" },
		{ "A.Example. B.EXAMPLE > RSA", "rsa=a.example,b.example" },
		{ "a.example>alias", "alias=a.example" },
		{ "a.example >alias\na.example> other", "alias=a.example other=a.example" },
		{ "*.a.example a.example > wild", "wild=*.a.example,a.example" },
		{ "a.example *.a.example", "a.example=a.example,*.a.example" },
		{ "a.example a.example A.example", "a.example=a.example" },
		{ "\xef\xbb\xbf"
		  "a.example\n",
			"a.example=a.example" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(certificates) struct certificates c = { 0 };
		AUTO(buf) struct buf b = BUF_EMPTY;
		struct errs all = { 0 };

		if (!parse(a, rows[i].text, &c, &all))
			fail_msg("%s: %s", rows[i].text, all.list[0].msg);
		show(&c, &b);
		assert_string_equal(b.data, rows[i].told);
	}
}

static void bad_lines_get_a_place(void **state)
{
	static const struct bad rows[] = {
		{ "a.example > x > y", 1, 17, "a second alias 'y'" },
		{ "a.example > x y", 1, 15, "'y' behind the alias" },
		{ "a.example >", 1, 11, "a '>' without an alias" },
		{ "a.example > > x", 1, 13, "a '>' without an alias" },
		{ "> x", 1, 3, "an alias without a name" },
		{ ">", 1, 1, "a '>' without an alias" },
		{ "a.example > *.x", 1, 13, "the alias '*.x' is a wildcard" },
		{ "a.example > ../x", 1, 13, "begins with '.'" },
		{ "a.example > x/y", 1, 13, "can't name a directory" },
		{ "# c\n *.a.example b.example", 2, 2, "needs an alias" },
		{ "a.example # comment", 1, 11, "a comment has a line of its own" },
		{ "ip:192.0.2.1", 1, 1, "is an address: DNS-01 can't prove one" },
		{ "a.example 192.0.2.1", 1, 11, "is an address" },
		{ "a.example\t::1", 1, 11, "is an address" },
		{ "b\xc3\xbc"
		  "cher.example",
			1, 1, "A-label" },
		{ "localhost", 1, 1, "one label only" },
		{ "a.example\n\na.example", 3, 1,
			"a second certificate 'a.example': the first is in domains.txt, line 1" },
		{ "a.example\nb.example > a.example", 2, 1, "a second certificate" },
		{ "a,b.example", 1, 1, "is no DNS name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(certificates) struct certificates c = { 0 };
		struct errs all = { 0 };

		assert_bad(&rows[i], parse(a, rows[i].text, &c, &all), &all);
		assert_int_equal(all.n, 1);
	}
}

static void columns_count_characters(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(certificates) struct certificates c = { 0 };
	struct errs all = { 0 };

	(void)state;
	assert_false(parse(a, "\xc3\xbc.example x", &c, &all));
	assert_int_equal(all.n, 2);
	assert_int_equal(all.list[1].pos.col, 11);
}

static void nul_bytes_are_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(certificates) struct certificates c = { 0 };
	struct errs all = { 0 };

	(void)state;
	assert_false(domains_parse(a, "a.example\nb\0c", 13, "d", &c, &all));
	assert_int_equal(all.list[0].pos.line, 2);
	assert_non_null(strstr(all.list[0].msg, "NUL"));
}

static void the_folder_beside_it_is_read_too(void **state)
{
	const char *dir = *state;
	AUTO(str) char *file = fs_join(dir, "domains.txt");
	AUTO(str) char *folder = fs_join(dir, "domains.txt.d");
	static const char *const more[] = { "b.txt", "a.txt", "c.bak", ".d.txt" };
	AUTO(arena) struct arena *a = arena_new();
	AUTO(certificates) struct certificates c = { 0 };
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct errs all = { 0 };
	struct err e;

	assert_ok(fs_write(file, "z.example", 9, 0600, &e), &e);
	assert_ok(fs_mkdirs(folder, 0700, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		AUTO(str) char *path = fs_join(folder, more[i]);
		AUTO(str) char *text = xasprintf("n%zu.example", i);

		assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
	}
	assert_true(domains_load(a, file, &c, &all));
	show(&c, &b);
	assert_string_equal(
		b.data, "z.example=z.example n1.example=n1.example n0.example=n0.example");
}

static void a_file_that_is_too_large_has_a_place(void **state)
{
	const char *dir = *state;
	AUTO(str) char *file = fs_join(dir, "domains.txt");
	AUTO(arena) struct arena *a = arena_new();
	AUTO(certificates) struct certificates c = { 0 };
	struct errs all = { 0 };
	struct err e;

	assert_ok(fs_write(file, "", 0, 0600, &e), &e);
	assert_int_equal(truncate(file, 10 * 1024 * 1024 + 1), 0);
	assert_false(domains_load(a, file, &c, &all));
	assert_int_equal(all.list[0].pos.line, 1);
	assert_non_null(strstr(all.list[0].msg, "larger than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_certificates_as_dehydrated_reads_them),
		cmocka_unit_test(bad_lines_get_a_place),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(nul_bytes_are_refused),
		scratch_test(the_folder_beside_it_is_read_too),
		scratch_test(a_file_that_is_too_large_has_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
