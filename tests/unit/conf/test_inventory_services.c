#include "conf/inventory_check.h"

/* "postfix=CERTIFICATE reload=…" for each service, in order. */
static void told(const struct host *h, struct buf *out)
{
	for (size_t i = 0; i < h->n_services; i++) {
		const struct service *s = &h->services[i];

		buf_printf(out, "%s%s=%s", i ? " " : "", s->name, s->certificates[0]);
		if (s->reload && !text_eq(s->reload, "postfix reload"))
			buf_printf(out, " reload=%s", s->reload);
		if (s->wait != 15)
			buf_printf(out, " wait=%d", s->wait);
	}
}

/* The weakest first: all, p, its child c, and host h. */
static void services_merge_along_the_precedence(void **state)
{
	static const struct {
		const char *all, *p, *c, *h, *want;
	} rows[] = {
		{ "", "", "", "", "" },
		{ "inn: a", "", "", "", "inn=a" },
		{ "inn: {certificate: a}", "", "", "", "inn=a" },
		{ "inn: a", "postfix: b", "apache: c", "", "postfix=b inn=a apache=c" },
		{ "inn: a", "inn: b", "inn: c", "inn: d", "inn=d" },
		{ "postfix: a", "postfix: {reload: r}", "", "postfix: {wait: 3}",
			"postfix=a reload=r wait=3" },
		{ "postfix: {certificate: a, reload: r}", "", "postfix: b", "",
			"postfix=b reload=r" },
		{ "inn: a, postfix: b", "", "inn: false", "", "postfix=b" },
		{ "inn: a, postfix: b", "", "", "inn: ", "postfix=b" },
		{ "inn: {certificate: a, wait: 3}", "inn: no", "", "inn: b", "inn=b" },
		{ "inn: false", "", "", "", "" },
		{ "nonesuch: false", "", "", "", "" },
		/* what is taken away needn't be right */
		{ "nonesuch: a", "", "", "nonesuch: false", "" },
		{ "inn: '{{ x|y }}', nginx: b", "", "", "inn: false, nginx: c", NULL },
		{ "inn: {certificate: '{{ x|y }}'}", "", "", "inn: c", "inn=c" },
		{ "inn: '{{ inventory_hostname }}.net'", "", "", "", "inn=h.net" },
		{ "inn: {certificate: '{{ domain }}', reload: 'r {{ domain }}'}", "", "",
			"", "inn=example.net reload=r example.net" },
		{ "inn: '{{ entry }}'", "", "", "", "inn=e wait=9" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(buf) struct buf got = BUF_EMPTY;
		AUTO(str)
		char *text = xasprintf(
			"all:\n"
			"  vars: {domain: example.net, entry: {certificate: e, wait: 9}, certpush: {%s}}\n"
			"p:\n"
			"  vars: {certpush: {%s}}\n"
			"  children:\n"
			"    c:\n"
			"      vars: {certpush: {%s}}\n"
			"      hosts: {h: {certpush: {%s}}}\n",
			rows[i].all, rows[i].p, rows[i].c, rows[i].h);
		struct errs all;

		if (!rows[i].want) {
			assert_null(inventory_of(a, text, &all));
			continue;
		}
		told(host_ok(a, text, "h"), &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void a_layer_may_say_nothing_or_none_at_all(void **state)
{
	static const struct {
		const char *says, *want;
	} rows[] = {
		{ "certpush: ", "inn=a" },
		{ "certpush: {}", "inn=a" },
		{ "certpush: false", "" },
		{ "certpush: '{{ mine }}'", "postfix=m inn=a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(buf) struct buf got = BUF_EMPTY;
		AUTO(str)
		char *text = xasprintf(
			"g: {hosts: h, vars: {mine: {postfix: m}, certpush: {inn: a}}}\n"
			"i: {hosts: {h: {%s}}}\n",
			rows[i].says);

		told(host_ok(a, text, "h"), &got);
		assert_string_equal(got.data, rows[i].want);
	}
}

static void the_playbooks_definition_stays(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct inventory *inv = inventory_ok(a,
		"all:\n"
		"  hosts:\n"
		"    a: {certpush: {postfix: {certificate: x, wait: 3}}}\n"
		"    b: {certpush: {postfix: y}}\n");
	const struct service *x = inventory_host(inv, "a")->services;
	const struct service *y = inventory_host(inv, "b")->services;

	(void)state;
	assert_int_equal(x->n_files, 2);
	assert_string_equal(x->reload, "postfix reload");
	assert_string_equal(x->certificates[0], "x");
	assert_int_equal(x->certificates_pos.line, 3);
	assert_int_equal(x->certificates_pos.col, 43);
	assert_int_equal(x->wait, 3);
	assert_string_equal(y->certificates[0], "y");
	assert_int_equal(y->certificates_pos.line, 4);
	assert_int_equal(y->certificates_pos.col, 29);
	assert_int_equal(y->wait, 15);
	assert_int_equal(mail_services[0].n_certificates, 0);
}

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *says, *want;
	} rows[] = {
		{ "postfixx: x",
			"2:15: no playbook has a service 'postfixx' (did you mean 'postfix'?)" },
		{ "haproxy: x", "2:15: no playbook has a service 'haproxy'" },
		{ "postfix-inn: x",
			"2:15: no playbook has a service 'postfix-inn': it is a playbook, with the services postfix, inn" },
		{ "postfix: {}", "2:15: postfix: 'certificate' is missing" },
		{ "postfix: {wait: 3}", "2:15: postfix: 'certificate' is missing" },
		{ "postfix: [x]",
			"2:24: postfix: expected a certificate's name, a mapping, or false, found a list" },
		{ "postfix: true",
			"2:24: postfix: expected a certificate's name, a mapping, or false, found the boolean 'true'" },
		{ "postfix: !vault x",
			"2:24: postfix: expected a certificate's name, a mapping, or false, found a value with the tag !vault: certpush can't open Ansible's vault" },
		{ "postfix: '{{ x }}'", "2:24: 'x' is no variable of host 'h'" },
		{ "postfix: {certificate: '{{ x | y }}'}",
			"2:38: only a plain {{ variable }} is understood here, no filter or expression: '{{ x | y }}'" },
		{ "apache: x, nginx: y",
			"2:26: services 'apache' and 'nginx' of host 'h' both have the target /etc/ssl/web.pem" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str)
		char *text = xasprintf(
			"g: {hosts: {h: {certpush:\n             {%s}}}}\n", rows[i].says);

		inventory_refused(text, rows[i].want);
	}
	inventory_refused("g: {hosts: {h: {certpush: [postfix]}}}\n",
		"1:27: certpush: expected a mapping of services, found a list");
	inventory_refused("g: {hosts: {h: {certpush: postfix}}}\n",
		"1:27: certpush: expected a mapping of services, found 'postfix'");
	inventory_refused("g: {hosts: {h: {certpush: !vault x}}}\n",
		"1:27: certpush: expected a mapping of services, found a value with the tag !vault: certpush can't open Ansible's vault");
}

/* The playbooks' own reader judges what is overridden. */
static void overrides_are_checked(void **state)
{
	static const struct {
		const char *says, *want;
	} rows[] = {
		{ "inn: {certificat: x}", "did you mean 'certificate'?" },
		{ "inn: {certificate: x, wait: soon}", "wait" },
		{ "inn: {certificate: {x: y}}", "certificate: expected a text" },
		{ "inn: {certificate: []}", "expected a name, or a list of them" },
		{ "inn: {certificate: [x, y, x]}", "'x' is there a second time" },
		{ "inn: {certificate: x, files: [{part: cert, path: /a, certificate: y}]}",
			"'y' is none of the certificates of service 'inn'" },
		{ "postfix: {certificate: x, build: {command: make, inputs: [/a]}}",
			"'/a' is the path of no file of service 'postfix'" },
		{ "inn: {certificate: x, checks: [{protocol: smpt}]}", "smpt" },
		{ "inn: {certificate: x, swap: directory, files: [{part: cert, path: /a/b}]}, "
		  "postfix: {certificate: x, files: [{part: cert, path: /a/c/d}]}",
			"services 'postfix' and 'inn' of host 'h' share a directory that is replaced as a whole (swap: directory): /a/c/d, /a/b" },
		{ "inn: {certificate: x, files: [{part: cert, path: /a/b}]}, "
		  "postfix: {certificate: x, swap: directory, files: [{part: cert, path: /a/c}]}",
			"share a directory that is replaced as a whole" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		AUTO(str)
		char *text = xasprintf("g: {hosts: {h: {certpush: {%s}}}}\n", rows[i].says);
		struct errs all;

		if (inventory_of(a, text, &all))
			fail_msg("accepted: %s", rows[i].says);
		if (!strstr(all.list[0].msg, rows[i].want))
			fail_msg("'%s' is not in: %s", rows[i].want, all.list[0].msg);
		assert_int_equal(all.list[0].pos.line, 1);
	}
}

static void what_lies_beside_a_swapped_directory_is_no_part_of_it(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct host *h = host_ok(a,
		"g: {hosts: {h: {certpush: {"
		"inn: {certificate: x, swap: directory, files: [{part: cert, path: /a/b/c}]}, "
		"postfix: {certificate: x, files: [{part: cert, path: /a/bc}]}}}}}\n",
		"h");

	(void)state;
	assert_int_equal(h->n_services, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_merge_along_the_precedence),
		cmocka_unit_test(a_layer_may_say_nothing_or_none_at_all),
		cmocka_unit_test(the_playbooks_definition_stays),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(overrides_are_checked),
		cmocka_unit_test(what_lies_beside_a_swapped_directory_is_no_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
