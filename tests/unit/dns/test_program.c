/* Providers that are programs: nsupdate, and acme.sh's scripts. */
#include "base/alloc.h"
#include "base/fs.h"
#include "check.h"
#include "dns/dns.h"

#include <dirent.h>

static void put_script(const char *dir, const char *name, const char *text)
{
	AUTO(str) char *path = fs_join(dir, name);
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), 0700, &e), &e);
}

static char *text_of(const char *dir, const char *name)
{
	AUTO(str) char *path = fs_join(dir, name);
	struct buf text = BUF_EMPTY;
	struct err e;

	return fs_read(path, 65536, &text, &e) ? buf_take(&text) : xstrdup("");
}

static struct dns_record record(const struct dns_config *c, const char *domain)
{
	return (struct dns_record){
		.config = c, .domain = domain, .token = "token", .value = "value"
	};
}

/* An "nsupdate" that writes down what it was told, and fails as told. */
static void fake_nsupdate(const char *dir, const char *end)
{
	AUTO(str) char *path = xasprintf("%s:%s", dir, getenv("PATH"));
	AUTO(str)
	char *text =
		xasprintf("#!/bin/sh\n{ echo \"$*\"; cat; } >>'%s/log'\n%s\n", dir, end);

	put_script(dir, "nsupdate", text);
	setenv("PATH", path, 1);
}

static void nsupdate_is_told_by_its_script(void **state)
{
	static const struct {
		const char *server, *line, *key_file;
		bool gss;
		const char *zone, *arguments;
	} rows[] = {
		{ "192.0.2.1", "server 192.0.2.1\n", NULL, true, NULL, "-v -t 30 -g\n" },
		{ "ns.example.net:5353", "server ns.example.net 5353\n", "/etc/k", false,
			"example.net", "-v -t 30 -k /etc/k\n" },
		{ "[2001:db8::1]:5353", "server 2001:db8::1 5353\n", NULL, false, NULL,
			"-v -t 30\n" },
		{ "2001:db8::1", "server 2001:db8::1\n", NULL, false, NULL, "-v -t 30\n" },
	};

	fake_nsupdate(*state, "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct dns_config c = { .provider = "nsupdate",
			.server = rows[i].server,
			.key_file = rows[i].key_file,
			.gss = rows[i].gss,
			.zone = rows[i].zone,
			.ttl = 60 };
		struct dns_record r = record(&c, "a.example.net");
		AUTO(str) char *path = fs_join(*state, "log");
		AUTO(str) char *log = NULL;
		AUTO(buf) struct buf want = BUF_EMPTY;

		unlink(path);
		dns_present(&r, 1, NULL);
		assert_string_equal(r.err.msg, "");
		dns_cleanup(&r, 1, NULL);
		assert_string_equal(r.err.msg, "");
		for (int out = 0; out < 2; out++) {
			buf_printf(&want, "%s%s", rows[i].arguments, rows[i].line);
			if (rows[i].zone)
				buf_printf(&want, "zone %s.\n", rows[i].zone);
			buf_printf(&want,
				out ? "update delete _acme-challenge.a.example.net. IN TXT \"value\"\n"
				    : "update add _acme-challenge.a.example.net. 60 IN TXT \"value\"\n");
			buf_puts(&want, "send\n");
		}
		log = text_of(*state, "log");
		assert_string_equal(log, want.data);
		dns_records_clear(&r, 1);
	}
}

static void what_the_server_refused_was_not_added(void **state)
{
	const struct dns_config c = { .provider = "nsupdate", .server = "192.0.2.1" };
	static const struct {
		const char *end, *words;
		bool presented;
	} rows[] = {
		{ "echo 'update failed: REFUSED' >&2; exit 2",
			"nsupdate: exit status 2: update failed: REFUSED", false },
		{ "echo '; Communication with 192.0.2.1#53 failed: timed out' >&2; exit 2",
			"timed out", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_record r = record(&c, "a.example.net");

		fake_nsupdate(*state, rows[i].end);
		dns_present(&r, 1, NULL);
		if (r.err.kind != ERR_HOOK || !strstr(r.err.msg, rows[i].words))
			fail_msg("row %zu: %s", i, r.err.msg);
		assert_int_equal(r.presented, rows[i].presented);
		dns_records_clear(&r, 1);
	}
}

/* ---- acme.sh ---- */

/* What a script of acme.sh's is used to: functions of acme.sh, its own variables, a place
 * to write down what it was told. */
static void fake_acmesh(const char *dir, const char *more)
{
	AUTO(str) char *dnsapi = fs_join(dir, "dnsapi");
	AUTO(str)
	char *script = xasprintf(
		"dns_test_info='Test'\n"
		"dns_test_add() { TEST_Key=\"${TEST_Key:-$(_readaccountconf_mutable TEST_Key)}\"\n"
		"_saveaccountconf_mutable TEST_Key \"$TEST_Key\"; echo \"add $1 $2 $TEST_Key $TEST_Two\" >>'%s/log'\n%s\n}\n"
		"dns_test_rm() { echo \"rm $1 $2 $TEST_Key\" >>'%s/log'; }\n",
		dir, more, dir);
	struct err e;

	put_script(dir, "acme.sh",
		"_readaccountconf_mutable() { cat \"$ACCOUNT_CONF_PATH\" 2>/dev/null; }\n"
		"_saveaccountconf_mutable() { echo \"$2\" >\"$ACCOUNT_CONF_PATH\"; }\n"
		"main() { [ -z \"$1\" ] && echo 'Usage: acme.sh <command>' && return\n"
		"\"$@\"; }\nmain \"$@\"\n");
	assert_ok(fs_mkdirs(dnsapi, 0755, &e), &e);
	put_script(dnsapi, "dns_test.sh", script);
}

static void count_left(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	while ((entry = readdir(d)))
		if (strstr(entry->d_name, "certpush-acmesh"))
			fail_msg("%s is left", entry->d_name);
	closedir(d);
}

static void acmesh_scripts_are_driven(void **state)
{
	AUTO(str) char *acmesh = fs_join(*state, "acme.sh");
	struct dns_config c = { .provider = "acmesh",
		.acmesh = acmesh,
		.dnsapi = "dns_test",
		.hook_timeout = 20,
		.secret = BUF_EMPTY };
	struct dns_record r = record(&c, "a.example.net");
	AUTO(str) char *log = NULL;

	setenv("TMPDIR", *state, 1);
	fake_acmesh(*state, "");
	buf_puts(&c.secret, "# mine\nexport TEST_Key='k e\"y$HOME'\n\n  TEST_Two=2=2\n");
	dns_present(&r, 1, NULL);
	assert_string_equal(r.err.msg, "");
	dns_cleanup(&r, 1, NULL);
	assert_string_equal(r.err.msg, "");
	log = text_of(*state, "log");
	assert_string_equal(log,
		"add _acme-challenge.a.example.net value k e\"y$HOME 2=2\n"
		"rm _acme-challenge.a.example.net value k e\"y$HOME\n");
	count_left(*state);
	dns_records_clear(&r, 1);
	buf_clear(&c.secret);
}

static void what_acmesh_cannot_do_is_told(void **state)
{
	AUTO(str) char *acmesh = fs_join(*state, "acme.sh");
	static const struct {
		const char *dnsapi, *secret, *more;
		enum err_kind kind;
		const char *words;
		bool presented;
	} rows[] = {
		{ "dns_test", "A=1", "echo 'invalid key' >&2; return 1", ERR_HOOK,
			"acme.sh's dns_test_add: exit status 1: invalid key", true },
		{ "dns_test", "A=1",
			"printf 'so\\n\\nbad zone\\nit failed\\n\\n' >&2; return 1",
			ERR_HOOK, "exit status 1: bad zone; it failed", true },
		{ "dns_none", "A=1", "", ERR_HOOK, "there is no dnsapi/dns_none.sh beside",
			true },
		{ "dns_test", "A=1\nhunter2", "", ERR_CONFIG,
			"line 2 of the secret is no NAME=value", false },
	};

	setenv("TMPDIR", *state, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_config c = { .provider = "acmesh",
			.acmesh = acmesh,
			.dnsapi = rows[i].dnsapi,
			.hook_timeout = 20,
			.secret = BUF_EMPTY };
		struct dns_record r = record(&c, "a.example.net");

		fake_acmesh(*state, rows[i].more);
		buf_puts(&c.secret, rows[i].secret);
		dns_present(&r, 1, NULL);
		if (r.err.kind != rows[i].kind || !strstr(r.err.msg, rows[i].words) ||
			strstr(r.err.msg, "hunter2"))
			fail_msg("row %zu: %s", i, r.err.msg);
		assert_int_equal(r.presented, rows[i].presented);
		count_left(*state);
		dns_records_clear(&r, 1);
		buf_clear(&c.secret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(nsupdate_is_told_by_its_script),
		scratch_test(what_the_server_refused_was_not_added),
		scratch_test(acmesh_scripts_are_driven),
		scratch_test(what_acmesh_cannot_do_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
