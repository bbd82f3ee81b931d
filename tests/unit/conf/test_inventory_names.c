#include "conf/inventory_check.h"

#include "conf/private/inventory_names.h"

static const struct pos here = { "hosts.yml", 3, 5 };

/* The names joined by blanks, then the port if there is one. */
static void expanded(const char *pattern, struct buf *out)
{
	AUTO(host_names) struct host_names names = { 0 };
	struct err e;

	assert_ok(host_names_expand(pattern, here, &names, &e), &e);
	for (size_t i = 0; i < names.n; i++)
		buf_printf(out, "%s%s", i ? " " : "", names.list[i]);
	if (names.port)
		buf_printf(out, " :%d", names.port);
}

static void names_and_ranges_expand_as_in_ansible(void **state)
{
	static const struct {
		const char *pattern, *want;
	} rows[] = {
		{ "linode", "linode" },
		{ "linode:2222", "linode :2222" },
		{ "web[1:3]", "web1 web2 web3" },
		{ "web[08:11].example.net",
			"web08.example.net web09.example.net "
			"web10.example.net web11.example.net" },
		{ "web[:2]", "web0 web1 web2" },
		{ "web[1:9:4]", "web1 web5 web9" },
		{ "web[1:8:4]", "web1 web5" },
		{ "db[a:c]", "dba dbb dbc" },
		{ "db[y:B]", "dby dbz dbA dbB" },
		{ "[a:b]x[1:2]", "ax1 ax2 bx1 bx2" },
		{ "web[01:02]:2222", "web01 web02 :2222" },
		{ "[2001:db8::1]:22", "2001:db8::1 :22" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "fe80::5", "fe80::5" },
		{ "[web1]:22", "web1 :22" },
		{ "192.0.2.[1:2]:22", "192.0.2.1 192.0.2.2 :22" },
		{ "bücher.example:22", "bücher.example :22" },
		/* no name as Ansible knows them: the colon is a part of it */
		{ "web-:22", "web-:22" },
		{ "a b:22", "a b:22" },
		{ "web[:2]:22", "web0:22 web1:22 web2:22" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf got = BUF_EMPTY;

		expanded(rows[i].pattern, &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void what_is_no_range_is_refused(void **state)
{
	static const struct {
		const char *pattern, *why;
	} rows[] = {
		{ "", "a host without a name" },
		{ "web[1:", "without its other bracket" },
		{ "web]1:2[", "without its other bracket" },
		{ "web[1]", "expected [begin:end] or [begin:end:step], found [1]" },
		{ "web[]", "expected [begin:end]" },
		{ "web[1:2:3:4]", "expected [begin:end]" },
		{ "web[1:]", "without an end" },
		{ "web[01:100]", "one length" },
		{ "web[3:1]", "begins after its end: [3:1]" },
		{ "web[c:a]", "begins after its end" },
		{ "web[1:x]", "expected numbers or letters, found [1:x]" },
		{ "web[ab:cd]", "expected numbers or letters" },
		{ "web[-1:3]", "expected numbers or letters" },
		{ "web[1:2:0]", "a step of 1 or more, found '0'" },
		{ "web[1:2:x]", "a step of 1 or more, found 'x'" },
		{ "web[1:99999999999]", "expected numbers or letters" },
		{ "web[1:99999]", "more than 10000 hosts" },
		{ "web[0:999][0:999]", "more than 10000 hosts" },
		{ "[1:1][1:1][1:1][1:1][1:1][1:1][1:1][1:1][1:1]",
			"more than 8 host ranges" },
		{ "web:0", "expected a port (1-65535) after 'web:'" },
		{ "web:70000", "expected a port" },
		{ "web:99999999999999999999", "expected a port" },
	};
	char *long_name = calloc(1, HOST_NAME_LENGTH + 2);
	struct host_names names;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_err(host_names_expand(rows[i].pattern, here, &names, &e), &e,
			ERR_CONFIG, rows[i].why);
		assert_int_equal(e.pos.line, 3);
		assert_int_equal(e.pos.col, 5);
		assert_null(names.list);
	}
	memset(long_name, 'a', HOST_NAME_LENGTH + 1);
	assert_err(host_names_expand(long_name, here, &names, &e), &e, ERR_CONFIG,
		"more than 1000 characters");
	free(long_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_ranges_expand_as_in_ansible),
		cmocka_unit_test(what_is_no_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
