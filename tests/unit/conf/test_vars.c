#include "conf/inventory_check.h"

#include "conf/private/vars.h"

/* The variables of host "web1.example.net": `weak`, and `strong` over it. */
static struct vars vars_of(struct arena *a, const char *weak, const char *strong)
{
	const struct node **layers = arena_calloc(a, 2, sizeof(*layers));
	struct err e;

	layers[0] = yaml_load(a, weak, strlen(weak), "weak.yml", &e);
	layers[1] = yaml_load(a, strong, strlen(strong), "strong.yml", &e);
	return (struct vars){ .arena = a,
		.host = "web1.example.net",
		.file = "/etc/inv/hosts.yml",
		.layers = layers,
		.n_layers = 2 };
}

static const char weak[] = "user: deploy\n"
			   "port: 2222\n"
			   "domain: example.net\n"
			   "fqdn: \"{{ short }}.{{ domain }}\"\n"
			   "yes_: yes\n"
			   "octal: 010\n"
			   "half: 0.50\n"
			   "map: {a: \"{{ user }}\", l: [1, \"{{ port }}\"]}\n"
			   "nothing:\n"
			   "raw: !unsafe \"{{ user }}\"\n"
			   "sealed: !vault \"00\"\n"
			   "self: \"x{{ self }}\"\n"
			   "ping: \"{{ pong }}\"\n"
			   "pong: \"{{ ping }}\"\n";
static const char strong[] = "short: web1\nuser: admin\n";

static const struct node *filled(const struct vars *v, const char *text, struct err *e)
{
	return vars_fill(
		v, node_scalar(v->arena, text, false, (struct pos){ "u.yml", 7, 9 }), e);
}

static void plain_variables_are_put_in(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "{{ user }}", "admin" },
		{ "{{user}}", "admin" },
		{ "a-{{ user }}-b", "a-admin-b" },
		{ "{{ user }}{{ user }}", "adminadmin" },
		{ "{{ fqdn }}", "web1.example.net" },
		{ "{ {{ fqdn }} } {", "{ web1.example.net } {" },
		{ "{{ port }}", "2222" },
		{ "p{{ port }}", "p2222" },
		{ "{{ yes_ }} {{ octal }} {{ half }}", "True 8 0.5" },
		{ "{{ raw }}", "{{ user }}" },
		{ "{{ inventory_hostname }}", "web1.example.net" },
		{ "/{{ inventory_hostname_short }}/", "/web1/" },
		{ "{{ inventory_dir }}/keys", "/etc/inv/keys" },
		{ "{{ inventory_file }}", "/etc/inv/hosts.yml" },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct vars v = vars_of(a, weak, strong);
	const struct node *n;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		n = filled(&v, rows[i].text, &e);
		assert_ok(n != NULL, &e);
		assert_string_equal(n->text, rows[i].want);
	}
}

static void a_whole_value_keeps_its_type(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct vars v = vars_of(a, weak, strong);
	const struct node *n;
	struct err e;

	(void)state;
	assert_int_equal(filled(&v, "{{ port }}", &e)->type, NODE_INT);
	assert_int_equal(filled(&v, "{{ yes_ }}", &e)->type, NODE_BOOL);
	assert_int_equal(filled(&v, "{{ nothing }}", &e)->type, NODE_NULL);
	n = filled(&v, "{{ map }}", &e);
	assert_int_equal(n->type, NODE_MAPPING);
	assert_string_equal(node_at(n, "a")->text, "admin");
	assert_int_equal(node_at(n, "l")->items[1]->number, 2222);
	/* what was read stays as it was */
	assert_string_equal(node_at(vars_find(&v, "map"), "a")->text, "{{ user }}");
}

static void more_than_a_variable_is_refused(void **state)
{
	static const char only[] = "only a plain {{ variable }}";
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "{{ user | default('x') }}", only },
		{ "{{ user|upper }} and more", "'{{ user|upper }}'" },
		{ "{{ map.a }}", only },
		{ "{{ map['a'] }}", only },
		{ "{{ 1 + 1 }}", only },
		{ "{{ 'x' }}", only },
		{ "{{ }}", only },
		{ "{{", only },
		{ "x {{ user", only },
		{ "{{ user }", only },
		{ "{{- user -}}", only },
		{ "{% if x %}a{% endif %}", only },
		{ "a{# comment #}", only },
		{ "{{ lookup('env', 'HOME') }}", "'{{ lookup('env', 'HOME') }}'" },
		{ "{{ nonesuch }}",
			"'nonesuch' is no variable of host 'web1.example.net'" },
		{ "x{{ map }}", "'map' is a mapping, and can't be part of a text" },
		{ "x{{ nothing }}", "'nothing' is nothing" },
		{ "x{{ sealed }}", "!vault" },
		{ "{{ self }}", "made of itself" },
		{ "{{ ping }}", "made of itself" },
	};
	AUTO(arena) struct arena *a = arena_new();
	const struct vars v = vars_of(a, weak, strong);
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_err(
			filled(&v, rows[i].text, &e) != NULL, &e, ERR_CONFIG, rows[i].why);
		assert_true(e.pos.line > 0);
	}
}

static void what_grows_without_bound_is_refused(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct vars v;
	struct err e;

	(void)state;
	for (int i = 0; i < 18; i++)
		buf_printf(&text, "v%d: \"{{ v%d }}{{ v%d }}\"\n", i, i + 1, i + 1);
	buf_puts(&text, "v18: 0123456789\n");
	v = vars_of(a, text.data, "x: 1");
	assert_err(filled(&v, "{{ v0 }}", &e) != NULL, &e, ERR_CONFIG,
		"more than 4000 values");
	assert_err(filled(&v, "{{ v3 }}", &e) != NULL, &e, ERR_CONFIG,
		"more than 4000 values");
	assert_ok(filled(&v, "{{ v10 }}", &e) != NULL, &e);

	buf_reset(&text);
	buf_puts(&text, "long: ");
	for (int i = 0; i < 40000; i++)
		buf_putc(&text, 'x');
	v = vars_of(a, text.data, "x: 1");
	assert_err(filled(&v, "{{ long }}{{ long }}", &e) != NULL, &e, ERR_CONFIG,
		"longer than 65536 bytes");
}

static void an_unread_vault_is_named_where_a_variable_is_missing(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct vars v = vars_of(a, weak, strong);
	struct err e;

	(void)state;
	v.sealed = "group_vars/all/vault.yml";
	assert_err(filled(&v, "{{ vault_x }}", &e) != NULL, &e, ERR_CONFIG,
		"(group_vars/all/vault.yml is encrypted by ansible-vault and wasn't read)");
}

static void the_last_synonym_counts(void **state)
{
	static const char *const names[] = { "ansible_user", "ansible_ssh_user", NULL };
	AUTO(arena) struct arena *a = arena_new();
	const char *name = NULL;
	const struct node *n;
	struct vars v;
	struct err e;

	(void)state;
	v = vars_of(a, "ansible_ssh_user: a", "ansible_user: b");
	assert_ok(vars_first(&v, names, &name, &n, &e), &e);
	assert_string_equal(n->text, "a");
	assert_string_equal(name, "ansible_ssh_user");
	v = vars_of(a, "ansible_ssh_user: a", "ansible_ssh_user:\nansible_user: b");
	assert_ok(vars_first(&v, names, &name, &n, &e), &e);
	assert_string_equal(n->text, "b");
	v = vars_of(a, "x: a", "y: b");
	assert_ok(vars_first(&v, names, &name, &n, &e), &e);
	assert_null(n);
	v = vars_of(a, "x: a", "ansible_user: '{{ z }}'");
	assert_err(
		vars_first(&v, names, &name, &n, &e), &e, ERR_CONFIG, "'z' is no variable");
}

static void floats_print_as_python_prints_them(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "1.50", "1.5" },
		{ "100.0", "100.0" },
		{ "0.1", "0.1" },
		{ "-0.0", "-0.0" },
		{ "1.0e+15", "1000000000000000.0" },
		{ "1.0e+16", "1e+16" },
		{ "1.5e+300", "1.5e+300" },
		{ "0.0001", "0.0001" },
		{ "0.00001", "1e-05" },
		{ "3.141592653589793", "3.141592653589793" },
		{ "1_000.5", "1000.5" },
		{ "190:20:30.15", "685230.15" },
		{ ".inf", "inf" },
		{ "-.Inf", "-inf" },
		{ ".NaN", "nan" },
		{ "+.5", "0.5" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf got = BUF_EMPTY;

		vars_print_float(vars_float(rows[i].text), &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_variables_are_put_in),
		cmocka_unit_test(a_whole_value_keeps_its_type),
		cmocka_unit_test(more_than_a_variable_is_refused),
		cmocka_unit_test(what_grows_without_bound_is_refused),
		cmocka_unit_test(an_unread_vault_is_named_where_a_variable_is_missing),
		cmocka_unit_test(the_last_synonym_counts),
		cmocka_unit_test(floats_print_as_python_prints_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
