#include "conf/inventory_check.h"

static const char text[] = "all:\n"
			   "  children:\n"
			   "    mail:\n"
			   "      hosts: {linode: , panix: }\n"
			   "    web:\n"
			   "      hosts: {\"web[1:4].example.net\": , panix: , ovh: }\n"
			   "      children:\n"
			   "        texas: {hosts: {web2.example.net: , dallas: }}\n"
			   "    idle:\n"
			   "  hosts: {\"2001:db8::1\": , mail1: }\n";

static void selected(const struct inventory *inv, const char *limit, struct buf *out)
{
	const struct host **hosts;
	struct err e;
	size_t n;

	assert_ok(inventory_select(inv, limit, &hosts, &n, &e), &e);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%.*s", i ? " " : "",
			strchr(hosts[i]->name, ':') ? 4 : (int)strcspn(hosts[i]->name, "."),
			hosts[i]->name);
	free(hosts);
}

/* As `ansible all -l LIMIT --list-hosts` has it, in the order of the inventory. */
static void limits_select_as_in_ansible(void **state)
{
	static const struct {
		const char *limit, *want;
	} rows[] = {
		{ NULL, "linode panix web1 web2 web3 web4 ovh dallas 2001 mail1" },
		{ "all", "linode panix web1 web2 web3 web4 ovh dallas 2001 mail1" },
		{ "*", "linode panix web1 web2 web3 web4 ovh dallas 2001 mail1" },
		{ "linode", "linode" },
		{ "mail", "linode panix" },
		{ "ovh,linode", "linode ovh" },
		{ " ovh , linode,", "linode ovh" },
		{ "ovh:linode", "linode ovh" },
		{ "ovh linode", "linode ovh" },
		{ "mail:!panix", "linode" },
		{ "!panix:mail", "linode" },
		{ "mail:&web", "panix" },
		{ "&web,mail", "panix" },
		{ "web:&texas", "web2 dallas" },
		{ "web:!texas:!ovh", "panix web1 web3 web4" },
		{ "!web", "linode 2001 mail1" },
		{ "&texas", "web2 dallas" },
		{ "web*.net", "web1 web2 web3 web4" },
		{ "web?.example.net", "web1 web2 web3 web4" },
		{ "web[13].*", "web1 web3" },
		{ "web[!1].*", "web2 web3 web4" },
		/* a glob finds groups and hosts */
		{ "mail*", "linode panix mail1" },
		{ "texas", "web2 dallas" },
		{ "~web[12]", "web1 web2" },
		{ "~(lin|da)", "linode dallas" },
		{ "~d|p", "panix dallas" },
		{ "~mai", "linode panix mail1" },
		/* own hosts come before those of children */
		{ "web[0]", "web1" },
		{ "web[-1]", "dallas" },
		{ "web[0:2]", "web1 web2 web3" },
		{ "web[5:]", "ovh dallas" },
		{ "web[5:99]", "ovh dallas" },
		{ "web[0-1]", "web1 web2" },
		{ "web[0:0]", "web1" },
		{ "web[0:1]:mail[0]", "linode web1 web2" },
		{ "2001:db8::1", "2001" },
		{ "ungrouped", "2001 mail1" },
		{ "mail:idle", "linode panix" },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, text);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf got = BUF_EMPTY;

		selected(inv, rows[i].limit, &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void a_limit_that_says_nothing_is_a_mistake(void **state)
{
	static const struct {
		const char *limit, *why;
	} rows[] = {
		{ "linod", "no host or group matches 'linod' (did you mean 'linode'?)" },
		{ "webb", "no host or group matches 'webb' (did you mean 'web'?)" },
		{ "nonesuch", "no host or group matches 'nonesuch'" },
		{ "mail:nonesuch", "'nonesuch'" },
		{ "mail:!nonesuch", "'nonesuch'" },
		{ "mail:&nonesuch", "'nonesuch'" },
		{ "x*", "no host or group matches 'x*'" },
		{ "~eb1", "no host or group matches '~eb1'" },
		{ "~(", "'~(' is no regular expression" },
		{ "~[", "'~[': a bracket without its other" },
		{ "web[1:mail", "a bracket without its other" },
		{ "mail:web]", "a bracket without its other" },
		{ "~", "'~' is no regular expression" },
		{ "mail,~[", "'~[' is no regular expression" },
		{ "~web)(", "is no regular expression" },
		{ "idle", "'idle' leaves no host" },
		{ "linode:!mail", "'linode:!mail' leaves no host" },
		{ "web[9]", "'web[9]' is outside of the 7 hosts it counts" },
		{ "web[-8]", "outside of the 7" },
		{ "web[9:]", "outside of the 7" },
		{ "web[3:1]", "outside of the 7" },
		{ "", "'' names no host" },
		{ " ,", "' ,' names no host" },
		{ "!", "no host or group matches ''" },
		{ "linode:22", "no host or group matches 'linode:22'" },
		{ "@/nonexistent/limit", "/nonexistent/limit: No such file" },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, text);
	const struct host **hosts;
	struct err e;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_err(inventory_select(inv, rows[i].limit, &hosts, &n, &e), &e,
			*rows[i].limit == '@' ? ERR_IO : ERR_USAGE, rows[i].why);
		assert_null(hosts);
	}
}

static void a_file_holds_one_pattern_a_line(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, text);
	AUTO(buf) struct buf got = BUF_EMPTY;
	AUTO(str) char *limit = xasprintf("@%s/limit:!panix", (char *)*state);
	const struct host **hosts;
	struct err e;
	size_t n;

	put_file(*state, "limit", "# what failed\n\n  linode \r\nmail\n\t# ovh\nweb1*");
	selected(inv, limit, &got);
	assert_string_equal(got.data, "linode web1");

	put_file(*state, "limit", "# nothing\n");
	limit[strlen(limit) - strlen(":!panix")] = '\0';
	assert_err(inventory_select(inv, limit, &hosts, &n, &e), &e, ERR_USAGE,
		"names no host");
	put_file(*state, "limit", "linode\nlinodr\n@limit\n");
	assert_err(inventory_select(inv, limit, &hosts, &n, &e), &e, ERR_USAGE, "'linodr'");
}

static void no_hosts_are_selected_from_none(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, "all:\n");
	const struct host **hosts;
	struct err e;
	size_t n;

	(void)state;
	assert_ok(inventory_select(inv, NULL, &hosts, &n, &e), &e);
	assert_int_equal(n, 0);
	free(hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_select_as_in_ansible),
		cmocka_unit_test(a_limit_that_says_nothing_is_a_mistake),
		scratch_test(a_file_holds_one_pattern_a_line),
		cmocka_unit_test(no_hosts_are_selected_from_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
