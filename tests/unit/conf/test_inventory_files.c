#include "conf/inventory_check.h"

#include <sys/stat.h>

static const struct inventory *load(
	struct arena *a, const char *dir, const char *name, struct errs *all)
{
	AUTO(str) char *path = fs_join(dir, name);

	*all = (struct errs){ .n = 0 };
	return inventory_load(a, path, &test_playbooks, all);
}

static const char *value(const struct inventory *inv, const char *host, const char *name)
{
	const struct vars v = tree_vars(inv->tree, tree_find_host(inv->tree, host));
	const struct node *n = vars_find(&v, name);

	return n ? n->text : "(none)";
}

static void refused(const char *dir, const char *name, int line, const char *text)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all;

	if (load(a, dir, name, &all))
		fail_msg("%s: accepted", name);
	if (!strstr(all.list[0].msg, text))
		fail_msg("'%s' is not in: %s", text, all.list[0].msg);
	assert_int_equal(all.list[0].pos.line, line);
}

static void vars_beside_a_file_are_read(void **state)
{
	static const struct {
		const char *host, *name, *want;
	} rows[] = {
		/* group_vars/all is stronger than what the inventory says of any group */
		{ "h1", "u", "gv_all" },
		{ "h1", "v", "gv_web" },
		{ "h1", "w", "host" },
		{ "h2", "w", "hv" },
		{ "h2", "x", "second" },
		{ "h2", "y", "one" },
		{ "h2", "z", "nested" },
		{ "h2", "bak", "(none)" },
		{ "h2", "shadowed", "(none)" },
		{ "h1", "json", "1" },
		{ "h1", "other", "(none)" },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv;
	const char *dir = *state;
	struct errs all;

	put_file(dir, "hosts",
		"web: {hosts: {h1: {w: host}, h2: {w: host}}, vars: {u: web, v: web, w: web}}\n"
		"none: \n");
	put_file(dir, "group_vars/all", "{u: gv_all, v: gv_all, w: gv_all}\n");
	put_file(dir, "group_vars/web.yaml", "v: gv_web\nw: gv_web\njson: 1\n");
	put_file(dir, "group_vars/none.yml", "");
	put_file(dir, "group_vars/nobody.yml", "other: 1\n");
	put_file(dir, "host_vars/h2/1.yml", "w: hv\nx: first\ny: one\n");
	put_file(dir, "host_vars/h2/2.json", "{\"x\": \"second\"}\n");
	put_file(dir, "host_vars/h2/3/a", "z: nested\n");
	put_file(dir, "host_vars/h2/4.yml~", "bak: 1\n");
	put_file(dir, "host_vars/h2/.5.yml", "bak: 1\n");
	put_file(dir, "host_vars/h2/6.txt", "bak: 1\n");
	put_file(dir, "host_vars/h2.yml", "shadowed: 1\n");
	inv = load(a, dir, "hosts", &all);
	if (!inv)
		fail_msg("%s", all.list[0].msg);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(value(inv, rows[i].host, rows[i].name), rows[i].want);
}

static void a_directory_is_all_its_files(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv;
	const char *dir = *state;
	AUTO(str) char *file = fs_join(dir, "inv/10-a.yml");
	struct errs all;

	put_file(dir, "inv/20-b.yml", "g: {hosts: {h2: , h1: {u: b}}}\n");
	put_file(dir, "inv/10-a.yml", "g: {hosts: {h1: {u: a, v: a}}}\n");
	put_file(dir, "inv/sub/c", "g: {hosts: {h3: }}\n");
	put_file(dir, "inv/group_vars/g.yml", "gv: yes\n");
	for (size_t i = 0; i < 8; i++) {
		static const char *const ignored[] = { "inv/a.bak", "inv/b.orig",
			"inv/c.ini", "inv/d.cfg", "inv/e.retry", "inv/f~", "inv/.g.yml",
			"inv/README.md" };

		put_file(dir, ignored[i], "[no: yaml\n");
	}
	inv = load(a, dir, "inv", &all);
	if (!inv)
		fail_msg("%s", all.list[0].msg);
	assert_int_equal(inv->n_hosts, 3);
	assert_string_equal(inv->hosts[0].name, "h1");
	assert_string_equal(inv->hosts[1].name, "h2");
	assert_string_equal(value(inv, "h1", "u"), "b");
	assert_string_equal(value(inv, "h1", "v"), "a");
	assert_string_equal(value(inv, "h3", "gv"), "yes");
	assert_string_equal(tree_find_host(inv->tree, "h1")->file, file);
}

static void what_isnt_yaml_says_what_to_do(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *want;
	} rows[] = {
		{ "[web]\nlinode\n", 1,
			"an INI inventory: make a YAML file of it: "
			"ansible-inventory -i /" },
		{ "# old\n[web:children]\nmail\n", 2, "an INI inventory" },
		{ "linode\n[web]\nlinode\n", 2, "an INI inventory" },
		{ "linode ansible_host=192.0.2.1\n", 1, "an INI inventory" },
		{ "linode:22 ansible_user=x # y\n", 1, "an INI inventory" },
		{ "linode\n", 1, "expected a mapping of groups" },
		{ "- a: b=c\n", 1, "expected a mapping of groups" },
		{ "", 1, "an empty inventory" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_file(*state, "hosts", rows[i].text);
		refused(*state, "hosts", rows[i].line, rows[i].want);
	}
}

static void programs_are_not_run(void **state)
{
	AUTO(str) char *path = fs_join(*state, "hosts");
	AUTO(arena) struct arena *a = arena_new();
	struct errs all;

	put_file(*state, "hosts", "#!/bin/sh\ntouch /tmp/oops\n");
	assert_int_equal(chmod(path, 0755), 0);
	refused(*state, "hosts", 0, "a program, and certpush runs none");
	refused(*state, ".", 0, "--list --yaml --export > hosts.yml");

	put_file(*state, "hosts", "\177ELF\002");
	assert_int_equal(chmod(path, 0755), 0);
	refused(*state, "hosts", 0, "a program");

	/* the x bit alone doesn't make one */
	put_file(*state, "hosts", "all: {hosts: {h: }}\n");
	assert_int_equal(chmod(path, 0755), 0);
	assert_non_null(load(a, *state, "hosts", &all));
}

static void files_that_cant_be_used_are_told(void **state)
{
	refused(*state, "missing.yml", 0, "missing.yml: No such file");
	refused(*state, ".", 0, "no inventory in this directory");

	put_file(*state, "hosts.yml", "web: {hosts: {h: }}\n");
	put_file(*state, "group_vars/web.yml", "- a\n");
	refused(*state, "hosts.yml", 1, "variables: expected a mapping, found a list");
	put_file(*state, "group_vars/web.yml", "a: 1\na: 2\n");
	refused(*state, "hosts.yml", 2, "'a'");
	put_file(*state, "group_vars/web.yml", "a: 1\n");
	put_file(*state, "host_vars", "a file\n");
	refused(*state, "hosts.yml", 0, "host_vars: not a directory");
}

static void a_vault_is_missed_only_where_it_is_needed(void **state)
{
	static const char sealed[] = "$ANSIBLE_VAULT;1.1;AES256\n61626364\n";
	AUTO(arena) struct arena *a = arena_new();
	struct errs all;

	put_file(*state, "hosts.yml", "web: {hosts: {h: {certpush: {inn: x}}}}\n");
	put_file(*state, "group_vars/web/vault.yml", sealed);
	put_file(*state, "group_vars/web/vars.yml", "unused: '{{ vault_x }}'\n");
	assert_non_null(load(a, *state, "hosts.yml", &all));
	put_file(*state, "group_vars/web/vars.yml", "ansible_user: '{{ vault_x }}'\n");
	refused(*state, "hosts.yml", 1, "'vault_x' is no variable of host 'h' (");
}

/* The example that is shipped. Its services are those of the playbooks that are shipped. */
static void the_example_is_read(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct inventory_tree *t = tree_new(a);
	struct errs all = { .n = 0 };

	(void)state;
	if (!inventory_read(t, SOURCE_DIR "/inventory", &all))
		fail_msg("%s", all.list[0].msg);
	assert_int_equal(t->n_hosts, 3);
	for (size_t i = 0; i < t->n_hosts; i++) {
		const struct vars v = tree_vars(t, t->hosts[i]);

		assert_string_equal(vars_find(&v, "ansible_user")->text, "deploy");
		assert_non_null(vars_find(&v, "certpush"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(vars_beside_a_file_are_read),
		scratch_test(a_directory_is_all_its_files),
		scratch_test(what_isnt_yaml_says_what_to_do),
		scratch_test(programs_are_not_run),
		scratch_test(files_that_cant_be_used_are_told),
		scratch_test(a_vault_is_missed_only_where_it_is_needed),
		cmocka_unit_test(the_example_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
