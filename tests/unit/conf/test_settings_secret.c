#include "check.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "conf/settings.h"

#include <sys/stat.h>

static bool parse(const char *text, const char *name, const char *algorithm,
	struct tsig_key *k, struct err *e)
{
	return tsig_key_parse(text, strlen(text), name, algorithm, k, e);
}

static void tsig_keys_are_read_in_every_dress(void **state)
{
	static const struct {
		const char *text, *name, *algorithm; /* what the settings say */
		const char *is_name, *is_algorithm;
	} rows[] = {
		{ "c2VjcmV0", "acme", NULL, "acme", "hmac-sha256" },
		{ "\n c2VjcmV0 \r\n", "acme", "hmac-sha512", "acme", "hmac-sha512" },
		{ "acme:c2VjcmV0", NULL, NULL, "acme", "hmac-sha256" },
		{ "hmac-sha384:Acme.Example.:c2VjcmV0\n", NULL, NULL, "acme.example",
			"hmac-sha384" },
		{ "key \"acme\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0\";\n};\n",
			NULL, NULL, "acme", "hmac-sha256" },
		{ "key acme.{secret c2VjcmV0;algorithm HMAC-MD5.SIG-ALG.REG.INT;};", NULL,
			NULL, "acme", "hmac-md5" },
		{ "# of tsig-keygen\n// x\n/* key \"no\" */ key \"acme\" { algorithm "
		  "\"hmac-sha1\"; # }\n secret \"c2VjcmV0\"; };",
			NULL, NULL, "acme", "hmac-sha1" },
		{ "key \"other\" { algorithm hmac-sha1; secret \"b3RoZXIh\"; };\n"
		  "key \"acme\" { algorithm hmac-sha512; secret \"c2VjcmV0\"; };",
			"acme", NULL, "acme", "hmac-sha512" },
		{ "# hmac-sha256:acme:c2VjcmV0\nkey:\n  - id: acme\n    algorithm: hmac-sha256\n"
		  "    secret: c2VjcmV0\n",
			NULL, NULL, "acme", "hmac-sha256" },
		{ "key:\n- {id: x, secret: b3RoZXIh}\n- {id: acme., secret: c2VjcmV0}",
			"acme", NULL, "acme", "hmac-sha256" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tsig_key) struct tsig_key k = TSIG_KEY_EMPTY;
		struct err e;

		if (!parse(rows[i].text, rows[i].name, rows[i].algorithm, &k, &e))
			fail_msg("%s\n%s", rows[i].text, e.msg);
		assert_string_equal(k.name.data, rows[i].is_name);
		assert_string_equal(k.algorithm.data, rows[i].is_algorithm);
		assert_string_equal(k.secret.data, "c2VjcmV0");
	}
}

static void bad_tsig_keys_are_refused_without_showing_them(void **state)
{
	static const struct {
		const char *text, *name, *algorithm, *told;
	} rows[] = {
		{ "c2VjcmV0", NULL, NULL, "say its name" },
		{ "", "acme", NULL, "no base64" },
		{ "c2VjcmV", "acme", NULL, "no base64" },
		{ "c2Vj cmV0", "acme", NULL, "no base64" },
		{ "c2Vj=cmV", "acme", NULL, "no base64" },
		{ "c2V=====", "acme", NULL, "no base64" },
		{ "====", "acme", NULL, "no base64" },
		{ ":c2VjcmV0", NULL, NULL, "the name before ':' is empty" },
		{ "a:b:c:c2VjcmV0", NULL, NULL, "more than algorithm:name:secret" },
		{ "md5:acme:c2VjcmV0", NULL, NULL, "unknown algorithm" },
		{ "acme:c2VjcmV0", "other", NULL, "there is no key 'other'" },
		{ "hmac-sha1:acme:c2VjcmV0", NULL, "hmac-sha256",
			"its algorithm is hmac-sha1, the settings say hmac-sha256" },
		{ "key", NULL, NULL, "expected key \"name\"" },
		{ "key \"acme\"", NULL, NULL, "expected key \"name\"" },
		{ "key \"acme\" {", NULL, NULL, "'algorithm' or 'secret'" },
		{ "key \"acme\" { secret c2VjcmV0 }", NULL, NULL, "a ';' is missing" },
		{ "key \"acme\" { secret \"c2VjcmV0\"; }", NULL, NULL,
			"missing after '}'" },
		{ "key \"acme\" { secret \"c2VjcmV0", NULL, NULL, "a ';' is missing" },
		{ "key \"acme\" { c2VjcmV0 x; };", NULL, NULL, "'algorithm' or 'secret'" },
		{ "key \"acme\" { secret c2VjcmV0; }; zone x", NULL, NULL,
			"something else" },
		{ "key a { secret c2VjcmV0; }; key b { secret c2VjcmV0; };", NULL, NULL,
			"2 keys in the text" },
		{ "key: c2VjcmV0", NULL, NULL, "expected Knot's 'key:'" },
		{ "key: [c2VjcmV0", NULL, NULL, "expected Knot's 'key:'" },
		{ "key:\n- {id: a, secret: [c2VjcmV0]}", NULL, NULL,
			"'secret' is no text" },
		{ "key:\n- c2VjcmV0", NULL, NULL, "say its name" },
		{ "key: []", NULL, NULL, "0 keys in the text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tsig_key) struct tsig_key k = TSIG_KEY_EMPTY;
		struct err e;

		if (parse(rows[i].text, rows[i].name, rows[i].algorithm, &k, &e))
			fail_msg("taken: %s", rows[i].text);
		if (e.kind != ERR_CONFIG || !strstr(e.msg, rows[i].told) ||
			strstr(e.msg, "c2V"))
			fail_msg("%s\n%s", rows[i].text, e.msg);
	}
}

static void secrets_come_from_where_they_are(void **state)
{
	const char *dir = *state;
	AUTO(str) char *path = fs_join(dir, "secret");
	const struct secret_source sources[] = {
		{ .file = path },
		{ .env = "CERTPUSH_TEST_SECRET" },
		{ .command = "cat 'secret'", .dir = dir },
		{ .command = "printf 'hush \\n\\n'" },
		{ .clear = "hush" },
	};
	struct err e;

	assert_ok(fs_write(path, "hush\n", 5, 0600, &e), &e);
	setenv("CERTPUSH_TEST_SECRET", "hush", 1);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		AUTO(buf) struct buf b = BUF_EMPTY;

		assert_ok(secret_read(&sources[i], &b, &e), &e);
		assert_string_equal(b.data, "hush");
	}
}

static void secrets_that_are_not_there_are_told_with_their_place(void **state)
{
	const char *dir = *state;
	AUTO(str) char *open_path = fs_join(dir, "open");
	AUTO(str) char *empty_path = fs_join(dir, "empty");
	const struct {
		struct secret_source source;
		const char *told;
	} rows[] = {
		{ { .file = "/nonexistent/key" }, "/nonexistent/key" },
		{ { .file = open_path }, "others can read" },
		{ { .file = empty_path }, "the secret is empty" },
		{ { .env = "CERTPUSH_TEST_UNSET" }, "CERTPUSH_TEST_UNSET is not set" },
		{ { .command = "printf '\\n'" }, "the secret is empty" },
		{ { .command = "'open" }, "a quote that is never closed" },
		{ { .command = "sh -c 'echo x; echo oh no >&2; exit 3'" },
			"sh: exit status 3: oh no" },
		{ { .command = "/nonexistent/program" }, "/nonexistent/program" },
	};
	struct err e;

	assert_ok(fs_write(open_path, "hush\n", 5, 0644, &e), &e);
	assert_ok(fs_write(empty_path, "\n", 1, 0600, &e), &e);
	unsetenv("CERTPUSH_TEST_UNSET");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct secret_source source = rows[i].source;
		AUTO(buf) struct buf b = BUF_EMPTY;

		source.pos = (struct pos){ "f.yml", 7, 3 };
		if (secret_read(&source, &b, &e))
			fail_msg("read: %s", b.data);
		if (!strstr(e.msg, rows[i].told) || e.pos.line != 7)
			fail_msg("%s is not in: %s", rows[i].told, e.msg);
		assert_int_equal(b.len, 0);
	}
}

static void a_dns_entry_has_its_key(void **state)
{
	const char *dir = *state;
	AUTO(str) char *path = fs_join(dir, "acme.key");
	struct dns_settings d = { .tsig = true, .tsig_secret = { .file = path } };
	AUTO(tsig_key) struct tsig_key k = TSIG_KEY_EMPTY;
	static const char text[] =
		"key acme { algorithm hmac-sha512; secret \"c2VjcmV0\"; };";
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
	assert_ok(dns_tsig_key(&d, &k, &e), &e);
	assert_string_equal(k.name.data, "acme");
	assert_string_equal(k.algorithm.data, "hmac-sha512");
	d.tsig_name = "other";
	assert_err(dns_tsig_key(&d, &k, &e), &e, ERR_CONFIG,
		"acme.key: TSIG key: there is no key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tsig_keys_are_read_in_every_dress),
		cmocka_unit_test(bad_tsig_keys_are_refused_without_showing_them),
		scratch_test(secrets_come_from_where_they_are),
		scratch_test(secrets_that_are_not_there_are_told_with_their_place),
		scratch_test(a_dns_entry_has_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
