#include "conf/bad.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "conf/endpoint.h"

static const char *const protocols[] = { "smtp", "nntp", "https", NULL };

static void hosts_and_ports(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} rows[] = {
		{ "mail.example.net", "mail.example.net", 0 },
		{ "mail:587", "mail", 587 },
		{ "192.0.2.7", "192.0.2.7", 0 },
		{ "192.0.2.7:65535", "192.0.2.7", 65535 },
		{ "2001:db8::1", "2001:db8::1", 0 },
		{ "[2001:db8::1]", "2001:db8::1", 0 },
		{ "[2001:db8::1]:1", "2001:db8::1", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		struct endpoint p;
		struct err e = { 0 };

		assert_ok(endpoint_read(a, rows[i].text, &p, &e), &e);
		assert_string_equal(p.host, rows[i].host);
		assert_int_equal(p.port, rows[i].port);
		assert_false(endpoint_is_pattern(rows[i].text));
	}
}

static void bad_ones(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "", "no host in ''" },
		{ ":25", "no host in ':25'" },
		{ "[]:25", "no host in" },
		{ "mail:", "not a port: ':'" },
		{ "mail:0", "not a port: ':0'" },
		{ "mail:65536", "not a port" },
		{ "mail:000025", "not a port" },
		{ "mail:25x", "not a port" },
		{ "mail:-1", "not a port" },
		{ "[::1]25", "not a port: '25'" },
		{ "[::1", "is no host or address" },
		{ "https://mail", "not a port: '://mail'" },
		{ "mail/25", "'mail/25' is no host or address" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		struct endpoint p;
		struct err e = { 0 };

		assert_err(endpoint_read(a, rows[i].text, &p, &e), &e, ERR_USAGE,
			rows[i].told);
	}
}

static void patterns(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{ "mail:!ovh", true },
		{ "mail:web", true },
		{ "mail,web", true },
		{ "web*", true },
		{ "~^web", true },
		{ "@failed", true },
		{ "web[0]", true },
		{ "&mail", true },
		{ "mail", false },
		{ "mail:587", false },
		{ "mail:587x", false },
		{ "mail:", false },
		{ "::1", false },
		{ "fe80::1%eth0", false },
		{ "[::1]:25", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (endpoint_is_pattern(rows[i].text) != rows[i].is)
			fail_msg("%s", rows[i].text);
}

static void names(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const char *name;

	(void)state;
	assert_null(endpoint_name(a, "Mail.Example.NET.", &name));
	assert_string_equal(name, "mail.example.net");
	assert_null(endpoint_name(a, "localhost", &name));
	assert_null(endpoint_name(a, "2001:db8::1", &name));
	assert_string_equal(name, "2001:db8::1");
	assert_non_null(endpoint_name(a, "*.example.net", &name));
	assert_non_null(endpoint_name(a, "", &name));
	assert_non_null(endpoint_name(a, "-oProxyCommand=x", &name));
}

/* "protocol where [name];…" */
static void show(const struct listing *l, struct buf *b)
{
	for (size_t i = 0; i < l->n; i++)
		buf_printf(b, "%s %s%s%s;", l->list[i].protocol, l->list[i].where,
			l->list[i].name ? " " : "", l->list[i].name ? l->list[i].name : "");
}

static void lines_are_read(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# a list\n\n"
		"smtp mail.example.net\n"
		"  nntp\t[2001:db8::1]:119   News.example.net # the feed\r\n"
		"https web*:!web2\n"
		"#smtp nobody\n"
		"https 192.0.2.7 192.0.2.7";
	AUTO(arena) struct arena *a = arena_new();
	AUTO(listing) struct listing l = { 0 };
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct errs all = { 0 };

	(void)state;
	if (!listing_parse(a, text, sizeof text - 1, "list", protocols, &l, &all))
		fail_msg("%s", all.list[0].msg);
	show(&l, &b);
	assert_string_equal(b.data,
		"smtp mail.example.net;nntp [2001:db8::1]:119 news.example.net;"
		"https web*:!web2;https 192.0.2.7 192.0.2.7;");
	assert_int_equal(l.list[1].pos.line, 4);
	assert_int_equal(l.list[1].pos.col, 8);
}

static void bad_lines_get_a_place(void **state)
{
	static const struct bad rows[] = {
		{ "", 1, 1, "nothing to check" },
		{ "# smtp mail\n", 1, 1, "nothing to check" },
		{ "smtp", 1, 1, "no host behind 'smtp'" },
		{ "smtp # mail", 1, 1, "no host behind 'smtp'" },
		{ "smtp a\n smpt mail", 2, 2,
			"unknown protocol 'smpt': did you mean 'smtp'?" },
		{ "gopher mail", 1, 1, "unknown protocol 'gopher'" },
		{ "smtp mail:0", 1, 6, "not a port: ':0'" },
		{ "smtp  mail *.example.net", 1, 12, "'*.example.net' has a '*'" },
		{ "smtp mail b\xc3\xbc.example", 1, 11, "is not ASCII" },
		{ "smtp mail a.example x", 1, 21, "'x' behind the name" },
		{ "smtp # \xc3\xbc\nsmtp \xc3\xbc a b c", 1, 1, "no host" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(listing) struct listing l = { 0 };
		struct errs all = { 0 };

		assert_bad(&rows[i],
			listing_parse(a, rows[i].text, strlen(rows[i].text), "list",
				protocols, &l, &all),
			&all);
		assert_string_equal(all.list[0].pos.file, "list");
	}
}

static void all_errors_of_a_file_are_told(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(listing) struct listing l = { 0 };
	AUTO(str) char *file = xasprintf("%s/list", (char *)*state);
	static const char text[] = "smpt a\nsmtp a:x:\0\nsmtp b\nsmtp c:0\n";
	struct errs all = { 0 };
	struct err e = { 0 };

	assert_ok(fs_write(file, text, sizeof text - 1, 0600, &e), &e);
	assert_false(listing_load(a, file, protocols, &l, &all));
	assert_int_equal(all.n, 3);
	assert_int_equal(all.list[1].pos.line, 2);
	assert_non_null(strstr(all.list[1].msg, "NUL"));
	all = (struct errs){ 0 };
	assert_false(listing_load(a, "/nowhere/list", protocols, &l, &all));
	assert_non_null(strstr(all.list[0].msg, "/nowhere/list"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_ports),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(patterns),
		cmocka_unit_test(names),
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(bad_lines_get_a_place),
		cmocka_unit_test_setup_teardown(
			all_errors_of_a_file_are_told, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
