#include "conf/inventory_check.h"

static const char groups_text[] = "all:\n"
				  "  hosts: {lonely: }\n"
				  "  children:\n"
				  "    mail:\n"
				  "      hosts: {linode: , panix: }\n"
				  "      children: {smtp: {hosts: mx1}}\n"
				  "    web: {hosts: \"w[1:2]\"}\n"
				  "web:\n"
				  "  hosts: {panix: }\n"
				  "  children: mail\n"
				  "extra:\n";

static void joined(const char *const *names, size_t n, const char *want)
{
	AUTO(buf) struct buf got = BUF_EMPTY;

	for (size_t i = 0; i < n; i++)
		buf_printf(&got, "%s%s", i ? " " : "", names[i]);
	assert_string_equal(got.data, want);
}

static void groups_that_are_defined_twice_are_one(void **state)
{
	static const struct {
		const char *name, *hosts, *children;
	} rows[] = {
		{ "all", "lonely linode panix w1 w2 mx1", "ungrouped mail web extra" },
		{ "ungrouped", "lonely", "" },
		{ "mail", "linode panix mx1", "smtp" },
		{ "smtp", "mx1", "" },
		{ "web", "w1 w2 panix linode mx1", "mail" },
		{ "extra", "", "" },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, groups_text);

	(void)state;
	assert_int_equal(inv->n_groups, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct group *g = &inv->groups[i];

		assert_string_equal(g->name, rows[i].name);
		joined(g->hosts, g->n_hosts, rows[i].hosts);
		joined(g->children, g->n_children, rows[i].children);
	}
}

static void hosts_know_their_groups_and_place(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a, groups_text);
	const struct host *h;

	(void)state;
	assert_int_equal(inv->n_hosts, 6);
	assert_string_equal(inv->hosts[0].name, "lonely");
	assert_string_equal(inv->hosts[3].name, "mx1");
	h = inventory_host(inv, "mx1");
	joined(h->groups, h->n_groups, "mail smtp web");
	assert_string_equal(h->pos.file, "hosts.yml");
	assert_int_equal(h->pos.line, 6);
	assert_int_equal(h->pos.col, 32);
	h = inventory_host(inv, "lonely");
	joined(h->groups, h->n_groups, "ungrouped");
	assert_null(inventory_host(inv, "mail"));
}

/* `level` of host h, by where it is said. */
static void variables_have_ansibles_precedence(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "all: {hosts: {h: {u: host}}, vars: {u: all}}", "host" },
		{ "all: {hosts: {h: }, vars: {u: all}}", "all" },
		{ "all: {vars: {u: all}, children: {g: {hosts: h, vars: {u: g}}}}", "g" },
		/* a child is stronger than its parent, wherever it is written */
		{ "p: {vars: {u: p}, children: c}\nc: {hosts: h, vars: {u: c}}", "c" },
		{ "c: {hosts: h, vars: {u: c}}\np: {vars: {u: p}, children: c}", "c" },
		/* same depth: the last by name */
		{ "b: {hosts: h, vars: {u: b}}\na: {hosts: h, vars: {u: a}}", "b" },
		{ "a: {hosts: h, vars: {u: a, ansible_group_priority: 2}}\n"
		  "b: {hosts: h, vars: {u: b}}",
			"a" },
		{ "a: {hosts: h, vars: {u: a, ansible_group_priority: \"5\"}}\n"
		  "b: {hosts: h, vars: {u: b, ansible_group_priority: 10}}",
			"b" },
		/* depth beats priority; it is that of the longest way down */
		{ "z: {hosts: h, vars: {u: z, ansible_group_priority: 9}}\n"
		  "p: {children: {c: {hosts: h, vars: {u: c}}}}",
			"c" },
		{ "a: {hosts: h, vars: {u: a}, }\nz: {hosts: h, vars: {u: z}}\n"
		  "p: {children: {q: {children: a}}}",
			"a" },
		{ "p: {vars: {u: p}, children: {c: {hosts: h}}}", "p" },
		/* what is said later of one group or host */
		{ "g: {hosts: h, vars: {u: one}}\nall: {children: {g: {vars: {u: two}}}}",
			"two" },
		{ "g: {hosts: {h: {u: one}}}\ne: {hosts: {h: {u: two}}}", "two" },
		{ "all: {hosts: {h: }, children: {g: {hosts: h, vars: {u: g}}}, vars: {u: all}}",
			"g" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		const struct inventory *inv = inventory_ok(a, rows[i].text);
		const struct vars v = tree_vars(inv->tree, tree_find_host(inv->tree, "h"));

		assert_string_equal(vars_find(&v, "u")->text, rows[i].want);
	}
}

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "1:1: an empty inventory" },
		{ "# nothing\n", "1:1: an empty inventory" },
		{ "{}\n", "1:1: an empty inventory" },
		{ "- linode\n",
			"1:1: an inventory: expected a mapping of groups (all: …), found a list" },
		{ "linode\n",
			"1:1: an inventory: expected a mapping of groups (all: …), found 'linode'" },
		{ "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
			"1:1: encrypted by ansible-vault: certpush can't open it" },
		{ "plugin: aws_ec2\nregions: [x]\n",
			"1:9: plugin configuration, not an inventory: make a YAML file of it: "
			"ansible-inventory -i hosts.yml --list --yaml --export > hosts.yml" },
		{ "{\"_meta\": {\"hostvars\": {}}, \"all\": {\"children\": [\"x\"]}}",
			"1:11: what `ansible-inventory --list` prints for programs: with "
			"`--yaml --export` it prints an inventory" },
		{ "all:\n  host:\n    a:\n",
			"2:3: unknown key 'host' in group 'all': expected hosts, vars or children "
			"(did you mean 'hosts'?)" },
		{ "all:\n  linode:\n",
			"2:3: unknown key 'linode' in group 'all': expected hosts, vars or children" },
		{ "all: linode\n",
			"1:6: all: expected a group: a mapping of hosts, vars and children, found 'linode'" },
		{ "all:\n  hosts: [a, b]\n",
			"2:10: hosts of group 'all': expected a mapping, found a list" },
		{ "all:\n  children:\n    web:\n      hosts:\n      - a\n",
			"5:7: hosts of group 'web': expected a mapping, found a list" },
		{ "all:\n  vars: x\n",
			"2:9: vars of group 'all': expected a mapping, found 'x'" },
		{ "all:\n  hosts:\n    a: b\n",
			"3:8: a: expected a mapping of variables, found 'b'" },
		{ "all:\n  hosts:\n    a: [b]\n",
			"3:8: a: expected a mapping of variables, found a list" },
		{ "all: {hosts: {12: }}\n",
			"1:15: a host's name must be a text, found '12': put it in quotes" },
		{ "all: {hosts: {no: }}\n",
			"1:15: a host's name must be a text, found the boolean 'no': put it in quotes" },
		{ "all: {hosts: {\"\": }}\n", "1:15: a host without a name" },
		{ "1: {hosts: {a: }}\n",
			"1:1: a group's name must be a text, found '1': put it in quotes" },
		{ "\"\": {hosts: {a: }}\n", "1:1: a group without a name" },
		{ "all:\n  hosts:\n    web[3:1]:\n",
			"3:5: host range: begins after its end: [3:1]" },
		{ "all:\n  hosts:\n    web:70000:\n",
			"3:5: expected a port (1-65535) after 'web:'" },
		{ "all: {vars: {ansible_group_priority: high}}\n",
			"1:38: ansible_group_priority: expected a whole number, found 'high'" },
		{ "a:\n  children:\n    a:\n", "3:5: group 'a' is in itself: a > a" },
		{ "a: {children: {b: }}\nb: {children: {c: }}\nc:\n  children:\n    a:\n",
			"5:5: group 'a' is in itself: a > b > c > a" },
		{ "a: {children: {all: }}\n",
			"1:16: group 'all' is in itself: all > a > all" },
		{ "x: {hosts: h}\na: {children: {b: {children: {a: }}}}\n",
			"2:31: group 'a' is in itself: a > b > a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		inventory_refused(rows[i].text, rows[i].want);
}

/* What YAML itself refuses comes with its place too. */
static void broken_yaml_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		int line;
	} rows[] = {
		{ "all:\n  hosts:\n\tlinode:\n", 3 },
		{ "all:\n  hosts: {a: , a: }\n", 2 },
		{ "all:\n  hosts: {a:\n", 3 },
		{ "all:\n  children:\n    web:\n    web:\n", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		struct errs all;

		assert_null(inventory_of(a, rows[i].text, &all));
		assert_int_equal(all.list[0].pos.line, rows[i].line);
		assert_true(all.list[0].pos.col > 0);
		assert_string_equal(all.list[0].pos.file, "hosts.yml");
	}
}

static void all_mistakes_of_a_file_are_told(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct errs all;

	(void)state;
	assert_null(inventory_of(
		a, "all:\n  host: {a: }\n  vars: x\nweb: {hosts: [b]}\n", &all));
	assert_int_equal(all.n, 3);
	assert_int_equal(all.list[2].pos.line, 4);

	for (int i = 0; i < 30; i++)
		buf_printf(&text, "g%d: x\n", i);
	assert_null(inventory_of(a, text.data, &all));
	assert_int_equal(all.n, 20);
	assert_int_equal(all.dropped, 10);
}

static void too_much_of_anything_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct errs all;

	(void)state;
	assert_null(inventory_of(
		a, "all: {hosts: {\"a[1:9999]\": , \"b[1:9999]\": , \"c[1:9]\": }}", &all));
	assert_non_null(strstr(all.list[0].msg, "more than 20000 hosts"));
	for (int i = 0; i < 600; i++)
		buf_printf(&text, "g%d: {children: g%d}\n", i, i + 1);
	assert_null(inventory_of(a, text.data, &all));
	assert_non_null(strstr(all.list[0].msg, "groups in more than 500 groups"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_that_are_defined_twice_are_one),
		cmocka_unit_test(hosts_know_their_groups_and_place),
		cmocka_unit_test(variables_have_ansibles_precedence),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(broken_yaml_is_told_with_its_place),
		cmocka_unit_test(all_mistakes_of_a_file_are_told),
		cmocka_unit_test(too_much_of_anything_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
