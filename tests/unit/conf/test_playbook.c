#include "conf/bad.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/service.h"

static const char *const names[] = { "smtp", "submission", "nntp", "nntps", "https", "imap",
	"imaps", "ftp", "xmpp-client", "xmpp-server", "irc", "ircs", "ldap", "rdp",
	"postgres", "mysql", "mqtts", "tls", NULL };

static int port_of(const char *name)
{
	return text_eq(name, "tls") ? 0 : 25;
}

static const struct protocols protocols = { names, port_of };

static void put(const char *dir, const char *name, const char *text)
{
	AUTO(str) char *path = fs_join(dir, name);
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), 0644, &e), &e);
}

static const struct playbooks *load(const char *dir, struct arena *a, struct errs *all)
{
	struct playbook_dir d = { dir, false };

	return playbooks_load(a, &d, 1, &protocols, all);
}

static const struct playbooks *good(const char *dir, struct arena *a)
{
	struct errs all = { 0 };
	const struct playbooks *p = load(dir, a, &all);

	if (!p)
		fail_msg("%s:%d:%d: %s", all.list[0].pos.file, all.list[0].pos.line,
			all.list[0].pos.col, all.list[0].msg);
	return p;
}

static void a_service_is_read_with_its_defaults(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct playbook *book = NULL;
	const struct playbooks *p;
	const struct service *s;

	put(*state, "mail.yml",
		"- service: postfix\n"
		"  files:\n"
		"  - {part: privkey, path: /etc/p/key, owner: root, group: '0', mode: 0640}\n"
		"  - {part: fullchain, path: /etc/p/chain}\n"
		"  - {part: privkey, path: /etc/p/key2}\n"
		"  - {part: cert, path: /etc/p/cert, mode: '444'}\n"
		"  validate: postfix check\n"
		"  reload: ~\n"
		"  restart: |\n    service postfix restart\n"
		"  checks: [{protocol: smtp}, {protocol: tls, port: 8443, host: 192.0.2.1, name: A.example.}]\n"
		"  rollback: never\n"
		"  wait: 1m\n"
		"- {service: inn, checks: [{protocol: nntp, tunnel: true}]}\n");
	put(*state, "README", "not yaml: [");
	put(*state, ".#mail.yml", "not yaml: [");
	p = good(*state, a);
	s = playbooks_service(p, "postfix", &book);
	assert_string_equal(book->name, "mail");
	assert_int_equal(book->n_services, 2);
	assert_int_equal(s->n_files, 4);
	assert_int_equal(s->files[0].mode, 0640);
	assert_string_equal(s->files[0].group, "0");
	assert_int_equal(s->files[1].mode, 0644);
	assert_int_equal(s->files[1].part, PART_FULLCHAIN);
	assert_null(s->files[1].owner);
	assert_int_equal(s->files[2].mode, 0600);
	assert_int_equal(s->files[3].mode, 0444);
	assert_string_equal(s->validate, "postfix check");
	assert_null(s->reload);
	assert_int_equal(s->n_checks, 2);
	assert_int_equal(s->checks[0].port, 0);
	assert_int_equal(s->checks[1].port, 8443);
	assert_string_equal(s->checks[1].name, "a.example");
	assert_false(s->rollback);
	assert_int_equal(s->wait, 60);
	assert_int_equal(s->n_certificates, 0);
	s = playbooks_service(p, "inn", NULL);
	assert_true(s->rollback);
	assert_int_equal(s->wait, 15);
	assert_true(s->checks[0].tunnel);
	assert_int_equal(s->pos.line, 14);
	assert_null(playbooks_service(p, "mail", NULL));
}

#define FILE_OF(rest)  "- {service: x, files: [{part: cert, path: /a, " rest "}]}"
#define KEY_OF(rest)   "- {service: x, files: [{part: privkey, path: /a, " rest "}]}"
#define PATH_OF(path)  "- {service: x, files: [{part: cert, path: " path "}]}"
#define PART_OF(part)  "- {service: x, files: [{path: /a/b, part: " part "}]}"
#define CHECK_OF(rest) "- {service: x, checks: [{protocol: smtp, " rest "}]}"

static void bad_playbooks_get_a_line_with_the_place(void **state)
{
	static const struct bad rows[] = {
		{ "", 1, 1,
			"expected a list of services (- service: NAME), found nothing" },
		{ "service: x", 1, 1,
			"expected a list of services (- service: NAME), found a mapping" },
		{ "- postfix", 1, 3, "service: expected a mapping" },
		{ "- files: []", 1, 3, "'service' is missing" },
		{ "- service: x", 1, 3,
			"service 'x' has no files, no reload and no checks" },
		{ "- {service: 'a b', reload: x}", 1, 13, "can't name a service" },
		{ "- {service: x, reload: x, cheks: []}", 1, 27, "did you mean 'checks'?" },
		{ "- {service: x, reload: x, certificate: y}", 1, 40,
			"for the inventory to say" },
		{ "- {service: x, reload: yes}", 1, 24, "found the boolean 'yes'" },
		{ "- {service: x, reload: ''}", 1, 24, "found an empty one" },
		{ "- {service: x, reload: [a]}", 1, 24, "expected a text, found a list" },
		{ "- {service: x, reload: a, tlsa: yes}", 1, 33,
			"tlsa: expected none, require or manage, found the boolean" },
		{ CHECK_OF("tlsa: mange"), 1, 48, "found 'mange'" },
		{ CHECK_OF("tunnel: maybe"), 1, 50, "found 'maybe'" },
		{ CHECK_OF("tunnel: true, tlsa: manage"), 1, 25,
			"tlsa: no sender goes by the TLSA records of a port" },
		{ "- {service: x, reload: a, rollback: yes}", 1, 37,
			"expected auto or never, found the boolean 'yes'" },
		{ "- {service: x, reload: a, wait: 0}", 1, 33,
			"expected seconds (1-3600), found '0'" },
		{ "- {service: x, reload: a, wait: 2h}", 1, 33, "found '2h'" },
		{ "- {service: x, files: {}}", 1, 23,
			"files: expected a list, found a mapping" },
		{ "- {service: x, files: [/a]}", 1, 24,
			"file: expected a mapping (part, path" },
		{ "- {service: x, files: [{path: /a}]}", 1, 24, "file: 'part' is missing" },
		{ "- {service: x, files: [{part: cert}]}", 1, 24,
			"file: 'path' is missing" },
		{ "- {service: x, files: [{part: key, path: /a}]}", 1, 31,
			"expected privkey, cert, chain, fullchain, combined, pkcs12, der or privkey-der, found 'key'" },
		{ PATH_OF("etc/a"), 1, 43, "'etc/a' isn't the absolute path of a file" },
		{ PATH_OF("/etc/"), 1, 43, "the absolute path of a file" },
		{ PATH_OF("'/etc/{cert}'"), 1, 43,
			"the only placeholder is {certificate}" },
		{ PATH_OF("/etc/../a"), 1, 43, "no plain path" },
		{ PATH_OF("/etc/.."), 1, 43, "no plain path" },
		{ PATH_OF("//a"), 1, 43, "no plain path" },
		{ PATH_OF("\"/a\\nb\""), 1, 43, "a control character" },
		{ PATH_OF("'/etc/{{ x }}'"), 1, 43, "works in the inventory only" },
		{ FILE_OF("mode: 600"), 1, 53,
			"mode: 600 without quotes is no octal number: write \"0600\"" },
		{ FILE_OF("mode: 0x1ff"), 1, 53,
			"expected an octal mode such as \"0640\", found '0x1ff'" },
		{ FILE_OF("mode: '0888'"), 1, 53, "an octal mode" },
		{ FILE_OF("mode: u=rw"), 1, 53, "an octal mode" },
		{ FILE_OF("mode: '04755'"), 1, 53, "an octal mode" },
		{ FILE_OF("mode: '4755'"), 1, 53, "an octal mode" },
		{ FILE_OF("mode: ~"), 1, 53, "found nothing" },
		{ KEY_OF("mode: '0644'"), 1, 56, "0644 is too wide for a private key" },
		{ KEY_OF("mode: '0660'"), 1, 56, "too wide" },
		{ KEY_OF("mode: 0700"), 1, 56, "too wide" },
		{ PART_OF("combined, mode: '0644'"), 1, 59, "too wide" },
		{ PART_OF("pkcs12, mode: '0644'"), 1, 57, "too wide" },
		{ PART_OF("combined, order: cert"), 1, 60, "expected a list of parts" },
		{ PART_OF("combined, order: []"), 1, 60, "expected at least one part" },
		{ PART_OF("combined, order: [der]"), 1, 61,
			"expected privkey, cert, chain or fullchain, found 'der'" },
		{ PART_OF("combined, order: [cert, cert]"), 1, 67, "a second time" },
		{ FILE_OF("order: [cert]"), 1, 54, "with part: combined only" },
		{ FILE_OF("secret_file: x"), 1, 24, "for part: pkcs12 only" },
		{ PART_OF("pkcs12, secret_file: x, secret_env: Y"), 1, 24,
			"found several" },
		{ FILE_OF("secret: x"), 1, 47, "unknown key 'secret'" },
		{ "- {service: x, reload: a, swap: dir}", 1, 33,
			"expected files or directory, found 'dir'" },
		{ "- {service: x, reload: a, swap: directory}", 1, 3,
			"no files in a directory" },
		{ "- {service: x, swap: directory, files: [{part: cert, path: /a}]}", 1, 3,
			"no files in a directory" },
		{ "- {service: x, swap: directory, files: [{part: cert, path: /a/b}, {part: chain, path: /a/b/c}]}",
			1, 67, "/a/b/c isn't in /a" },
		{ "- {service: x, reload: a, build: [{inputs: []}]}", 1, 35,
			"build: 'command' is missing" },
		{ "- {service: x, reload: a, build: {command: b, inputs: [/x]}}", 1, 34,
			"'/x' is the path of no file of service 'x'" },
		{ FILE_OF("owner: 'a b'"), 1, 54,
			"expected a name or a number, found 'a b'" },
		{ FILE_OF("owner: -x"), 1, 54, "expected a name or a number" },
		{ FILE_OF("group: '{{ g }}'"), 1, 54, "works in the inventory only" },
		{ "- service: x\n  files:\n  - {part: cert, path: /a}\n  - {part: chain, path: /a}",
			4, 5, "/a is here a second time: the first is in line 3" },
		{ "- {service: x, checks: smtp}", 1, 24,
			"checks: expected a list, found 'smtp'" },
		{ "- {service: x, checks: [smtp]}", 1, 25,
			"check: expected a mapping (protocol, port, host, name, …), found 'smtp'" },
		{ "- {service: x, checks: [{port: 1}]}", 1, 25,
			"check: 'protocol' is missing" },
		{ "- {service: x, checks: [{protocol: smpt}]}", 1, 36,
			"unknown protocol 'smpt': did you mean 'smtp'?" },
		{ "- {service: x, checks: [{protocol: gopher}]}", 1, 36,
			"unknown protocol 'gopher'" },
		{ "- {service: x, checks: [{protocol: smtp}, {protocol: tls}]}", 1, 43,
			"check: tls has no port of its own: 'port' is missing" },
		{ CHECK_OF("port: seventy"), 1, 48,
			"port: expected a port (1-65535), found 'seventy'" },
		{ CHECK_OF("host: 'a b'"), 1, 48, "expected a host" },
		{ CHECK_OF("name: 192.0.2.1"), 1, 48, "is an address" },
		{ CHECK_OF("name: '*.a.example'"), 1, 48, "is a wildcard" },
		{ "- {service: x, reload: a}\n- {service: x, reload: b}", 2, 3,
			"a second service 'x': the first is in" },
		{ "- service: x\n \treload: a", 2, 2, "a tab" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena) struct arena *a = arena_new();
		struct errs all = { 0 };

		put(*state, "x.yml", rows[i].text);
		assert_bad(&rows[i], load(*state, a, &all), &all);
		assert_int_equal(all.n, 1);
		assert_true(text_ends(all.list[0].pos.file, "/x.yml"));
	}
}

static void the_first_directory_wins(void **state)
{
	AUTO(str) char *one = fs_join(*state, "one");
	AUTO(str) char *two = fs_join(*state, "two");
	const struct playbook_dir dirs[] = { { "/nonexistent", true }, { one, false },
		{ two, true } };
	const struct playbook_dir missing = { "/nonexistent", false };
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };
	const struct playbooks *p;
	struct err e;

	assert_ok(fs_mkdirs(one, 0700, &e) && fs_mkdirs(two, 0700, &e), &e);
	put(one, "a.yml", "- {service: x, reload: mine}");
	put(two, "a.yml", "- {service: x, reload: theirs}\n- {service: y, reload: z}");
	p = playbooks_load(a, dirs, ARRAY_LEN(dirs), &protocols, &all);
	assert_non_null(p);
	assert_string_equal(playbooks_service(p, "x", NULL)->reload, "mine");
	assert_non_null(playbooks_service(p, "y", NULL));
	assert_null(playbooks_load(a, &missing, 1, &protocols, &all));
	assert_non_null(strstr(all.list[0].msg, "/nonexistent"));
}

static void one_name_is_one_file(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };

	put(*state, "a.yml", "- {service: x, reload: a}");
	put(*state, "a.yaml", "- {service: y, reload: a}");
	assert_null(load(*state, a, &all));
	assert_non_null(strstr(all.list[0].msg, "a second playbook 'a'"));
}

static void a_host_overrides_key_by_key(void **state)
{
	static const char says[] = "certificate: mail.example\nreload: ~\n"
				   "checks: [{protocol: smtp, port: 2525}]";
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };
	struct service s;
	struct err e;

	put(*state, "a.yml",
		"- {service: x, files: [{part: cert, path: /a}], reload: r, restart: s, "
		"checks: [{protocol: smtp}, {protocol: https}]}");
	s = *playbooks_service(good(*state, a), "x", NULL);
	assert_true(service_override(
		a, yaml_load(a, says, strlen(says), "h.yml", &e), &protocols, &s, &all));
	assert_int_equal(s.n_certificates, 1);
	assert_string_equal(s.certificates[0], "mail.example");
	assert_int_equal(s.certificates_pos.line, 1);
	assert_null(s.reload);
	assert_string_equal(s.restart, "s");
	assert_int_equal(s.n_checks, 1);
	assert_int_equal(s.checks[0].port, 2525);
	assert_int_equal(s.n_files, 1);
	assert_string_equal(s.pos.file, "h.yml");

	assert_false(service_override(
		a, yaml_load(a, "reload: x", 9, "h.yml", &e), &protocols, &s, &all));
	assert_non_null(strstr(all.list[0].msg, "x: 'certificate' is missing"));
	assert_false(service_override(a,
		yaml_load(a, "{certificate: a, service: b}", 28, "h.yml", &e), &protocols,
		&s, &all));
	assert_non_null(strstr(all.list[1].msg, "unknown key 'service'"));
}

static const struct service *overridden(const char *dir, struct arena *a, const char *book,
	const char *says, struct service *s)
{
	struct errs all = { 0 };
	struct err e;

	put(dir, "a.yml", book);
	*s = *playbooks_service(good(dir, a), "x", NULL);
	if (!service_override(a, yaml_load(a, says, strlen(says), "inv/h.yml", &e),
		    &protocols, s, &all))
		fail_msg("%s", all.list[0].msg);
	return s;
}

static void a_path_with_a_placeholder_is_a_file_for_each_certificate(void **state)
{
	static const struct {
		const char *path, *certificate;
	} want[] = {
		{ "/a/key.pem", "one" },
		{ "/a/one.pem", "one" },
		{ "/a/two.pem", "two" },
		{ "/a/two/x", "two" },
	};
	AUTO(arena) struct arena *a = arena_new();
	struct service s;

	overridden(*state, a,
		"- {service: x, files: [{part: privkey, path: /a/key.pem}, "
		"{part: combined, path: '/a/{certificate}.pem'}]}",
		"{certificate: [one, two], files: [{part: privkey, path: /a/key.pem}, "
		"{part: combined, path: '/a/{certificate}.pem'}, "
		"{part: der, path: '/a/{certificate}/x', certificate: two}]}",
		&s);
	assert_int_equal(s.n_certificates, 2);
	assert_int_equal(s.n_files, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_string_equal(s.files[i].path, want[i].path);
		assert_string_equal(s.files[i].certificate, want[i].certificate);
	}
	assert_string_equal(s.files[2].as_written, "/a/{certificate}.pem");
}

static void a_directory_with_a_placeholder_is_none_to_be_replaced(void **state)
{
	static const char says[] = "certificate: [one, two]";
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };
	struct service s;
	struct err e;

	put(*state, "a.yml",
		"- {service: x, swap: directory, files: [{part: combined, path: '/a/{certificate}/x'}]}");
	s = *playbooks_service(good(*state, a), "x", NULL);
	assert_false(service_override(
		a, yaml_load(a, says, strlen(says), "h.yml", &e), &protocols, &s, &all));
	assert_non_null(strstr(all.list[0].msg, "/a/two/x isn't in /a/one"));
}

static void what_is_rendered_says_how(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct service s;

	overridden(*state, a,
		"- {service: x, swap: directory, build: [b, {command: c, inputs: [/a/2]}], files: ["
		"{part: combined, path: /a/1}, "
		"{part: combined, order: [chain, cert, privkey], path: /a/2}, "
		"{part: combined, order: [cert], path: /a/3}, "
		"{part: pkcs12, path: /a/4}, "
		"{part: der, path: /a/5}, {part: privkey-der, path: /a/6}]}",
		"{certificate: www, build: [{command: c, inputs: [/a/2]}]}", &s);
	assert_true(s.swap_directory);
	assert_int_equal(s.n_builds, 1);
	assert_string_equal(s.builds[0].command, "c");
	assert_string_equal(s.builds[0].inputs[0], "/a/2");
	/* Postfix takes it in this order alone */
	assert_int_equal(s.files[0].n_order, 2);
	assert_int_equal(s.files[0].order[0], PART_PRIVKEY);
	assert_int_equal(s.files[0].order[1], PART_FULLCHAIN);
	for (size_t i = 0; i < s.n_files; i++) {
		static const bool key[] = { true, true, false, true, false, true };
		static const bool leaf[] = { true, false, true, false, false, false };

		assert_int_equal(file_holds_key(&s.files[i]), key[i]);
		assert_int_equal(file_holds_leaf(&s.files[i]), leaf[i]);
		assert_int_equal(s.files[i].mode, key[i] ? 0600 : 0644);
	}
	assert_string_equal(part_name(PART_PRIVKEY_DER), "privkey-der");
}

static void a_passphrase_is_found_beside_the_file_that_names_it(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	struct service s;
	const char *file;

	overridden(*state, a,
		"- {service: x, files: [{part: pkcs12, path: /a, secret_file: p12.pass}]}",
		"certificate: www", &s);
	file = s.files[0].passphrase.file;
	assert_int_equal(strncmp(file, *state, strlen(*state)), 0);
	assert_string_equal(strrchr(file, '/'), "/p12.pass");
	overridden(*state, a, "- {service: x, reload: r}",
		"{certificate: www, files: [{part: pkcs12, path: /a, secret_file: p12.pass}]}",
		&s);
	assert_string_equal(s.files[0].passphrase.file, "inv/p12.pass");
}

static void check_ready_made(const struct playbook *book)
{
	const struct service *s = &book->services[0];

	assert_int_equal(book->n_services, 1);
	assert_string_equal(s->name, book->name);
	assert_true(s->n_files > 0);
	assert_true(file_holds_key(&s->files[0]));
	/* whoever else reads a key is the service's own group */
	assert_true(s->files[0].mode == 0600 ||
		(s->files[0].mode == 0640 && !text_eq(s->files[0].group, "root")));
	assert_true(s->n_checks > 0);
	assert_true(s->rollback);
}

static void the_ready_made_ones_are_good(void **state)
{
	AUTO(arena) struct arena *a = arena_new();
	const struct playbooks *p = good(SOURCE_DIR "/playbooks", a);

	(void)state;
	assert_true(p->n >= 16);
	for (size_t i = 0; i < p->n; i++)
		check_ready_made(&p->list[i]);
	assert_null(playbooks_service(p, "inn", NULL)->reload);
}

static void parts_have_names(void **state)
{
	(void)state;
	assert_string_equal(part_name(PART_PRIVKEY), "privkey");
	assert_string_equal(part_name(PART_FULLCHAIN), "fullchain");
}

static void a_check_counts_before_its_service(void **state)
{
	static const struct {
		enum tlsa service, check, want;
		bool tunnel;
	} rows[] = {
		{ TLSA_UNSAID, TLSA_UNSAID, TLSA_NONE, false },
		{ TLSA_NONE, TLSA_UNSAID, TLSA_NONE, false },
		{ TLSA_REQUIRE, TLSA_UNSAID, TLSA_REQUIRE, false },
		{ TLSA_MANAGE, TLSA_NONE, TLSA_NONE, false },
		{ TLSA_UNSAID, TLSA_MANAGE, TLSA_MANAGE, false },
		{ TLSA_REQUIRE, TLSA_MANAGE, TLSA_MANAGE, false },
		{ TLSA_REQUIRE, TLSA_UNSAID, TLSA_NONE, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct service s = { .tlsa = rows[i].service };
		const struct check c = { .tlsa = rows[i].check, .tunnel = rows[i].tunnel };

		assert_int_equal(check_tlsa(&s, &c), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_counts_before_its_service),
		scratch_test(a_service_is_read_with_its_defaults),
		scratch_test(bad_playbooks_get_a_line_with_the_place),
		scratch_test(the_first_directory_wins),
		scratch_test(one_name_is_one_file),
		scratch_test(a_host_overrides_key_by_key),
		scratch_test(a_path_with_a_placeholder_is_a_file_for_each_certificate),
		scratch_test(a_directory_with_a_placeholder_is_none_to_be_replaced),
		scratch_test(what_is_rendered_says_how),
		scratch_test(a_passphrase_is_found_beside_the_file_that_names_it),
		cmocka_unit_test(the_ready_made_ones_are_good),
		cmocka_unit_test(parts_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
