/* The user's own script, called as dehydrated calls it. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "dns/dns.h"

#include "check.h"

/* A script that notes how it was called in DIR/log. */
static char *script(const char *dir, const char *body)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	char *path = fs_join(dir, "hook.sh");
	struct err e;

	buf_printf(&text, "#!/bin/sh\necho \"$*\" >> '%s/log'\n%s\n", dir, body);
	assert_ok(fs_write(path, text.data, text.len, 0700, &e), &e);
	return path;
}

static char *log_of(const char *dir)
{
	AUTO(str) char *path = fs_join(dir, "log");
	struct buf text = BUF_EMPTY;
	struct err e;

	if (!fs_read(path, 65536, &text, &e))
		return buf_take(&text);
	return buf_take(&text);
}

static struct dns_config config(const char *hook, bool chain)
{
	return (struct dns_config){
		.provider = "hook", .hook = hook, .hook_chain = chain, .hook_timeout = 20
	};
}

static void each_record_is_a_call_and_cleanup_mirrors_it(void **state)
{
	AUTO(str) char *hook = script(*state, "");
	struct dns_config c = config(hook, false);
	struct dns_record r[] = {
		{ .config = &c, .domain = "example.net", .token = "t1", .value = "v1" },
		{ .config = &c,
			.domain = "www.example.net",
			.token = "t2",
			.value = "-v2" },
	};
	AUTO(str) char *log = NULL;

	dns_present(r, 2, NULL);
	assert_true(r[0].presented && r[1].presented);
	dns_cleanup(r, 2, NULL);
	assert_false(r[0].presented || r[1].presented);
	assert_string_equal(r[1].err.msg, "");
	log = log_of(*state);
	assert_string_equal(log,
		"deploy_challenge example.net t1 v1\n"
		"deploy_challenge www.example.net t2 -v2\n"
		"clean_challenge example.net t1 v1\n"
		"clean_challenge www.example.net t2 -v2\n");
	dns_records_clear(r, 2);
}

static void a_chain_is_one_call(void **state)
{
	AUTO(str) char *hook = script(*state, "");
	struct dns_config c = config(hook, true);
	struct dns_record r[] = {
		{ .config = &c, .domain = "example.net", .token = "t1", .value = "v1" },
		{ .config = &c, .domain = "example.net", .token = "t2", .value = "v2" },
	};
	AUTO(str) char *log = NULL;

	dns_present(r, 2, NULL);
	dns_cleanup(r, 2, NULL);
	log = log_of(*state);
	assert_string_equal(log,
		"deploy_challenge example.net t1 v1 example.net t2 v2\n"
		"clean_challenge example.net t1 v1 example.net t2 v2\n");
	dns_records_clear(r, 2);
}

static void it_sees_what_dehydrated_exports(void **state)
{
	AUTO(str)
	char *hook = script(*state,
		"echo \"$CHALLENGETYPE|$BASEDIR|$alias|$altnames|$HOOK_CHAIN\" >> \"$BASEDIR/log\"");
	struct dns_config c = config(hook, true);
	struct dns_record r[] = {
		{ .config = &c, .domain = "a.example.net", .token = "t", .value = "v" },
		{ .config = &c, .domain = "a.example.net", .token = "t", .value = "w" },
		{ .config = &c, .domain = "b.example.net", .token = "t", .value = "v" },
	};
	AUTO(str) char *log = NULL;
	AUTO(str) char *want = NULL;

	dns_present(r, 3, NULL);
	log = log_of(*state);
	want = xasprintf("dns-01|%s|a.example.net|a.example.net b.example.net|yes\n",
		(char *)*state);
	assert_non_null(strstr(log, want));
	dns_records_clear(r, 3);
}

/* Two records in and out, as each program would have called its hook. */
static void every_dialect_is_spoken(void **state)
{
	static const struct {
		const char *dialect, *body, *log;
	} rows[] = {
		{ "lego", "",
			"present _acme-challenge.a.example.net. v1\n"
			"present alias.example.org. v2\n"
			"cleanup _acme-challenge.a.example.net. v1\n"
			"cleanup alias.example.org. v2\n" },
		{ "lego-raw", "",
			"present -- a.example.net t1 t1.print\n"
			"present -- b.example.net -t2 -t2.print\n"
			"cleanup -- a.example.net t1 t1.print\n"
			"cleanup -- b.example.net -t2 -t2.print\n" },
		{ "uacme",
			"echo \"$UACME_METHOD $UACME_TYPE $UACME_IDENT $UACME_TOKEN $UACME_AUTH\" >>\"$LOG\"",
			"begin dns-01 a.example.net t1 v1\nbegin dns-01 a.example.net t1 v1\n"
			"begin dns-01 b.example.net -t2 v2\nbegin dns-01 b.example.net -t2 v2\n"
			"done dns-01 a.example.net t1 v1\ndone dns-01 a.example.net t1 v1\n"
			"done dns-01 b.example.net -t2 v2\ndone dns-01 b.example.net -t2 v2\n" },
		{ "getssl", "",
			"a.example.net v1\nb.example.net v2\n"
			"a.example.net v1\nb.example.net v2\n" },
		{ "certbot",
			"echo \"$CERTBOT_DOMAIN $CERTBOT_IDENTIFIER $CERTBOT_VALIDATION $CERTBOT_REMAINING_CHALLENGES $CERTBOT_ALL_DOMAINS $CERTBOT_TOKEN <$CERTBOT_AUTH_OUTPUT>\" >>\"$LOG\"\n"
			"echo \"id of $CERTBOT_DOMAIN\"; echo",
			"\na.example.net a.example.net v1 1 a.example.net,b.example.net  <>\n"
			"\nb.example.net b.example.net v2 0 a.example.net,b.example.net  <>\n"
			"\na.example.net a.example.net v1 1 a.example.net,b.example.net  <id of a.example.net>\n"
			"\nb.example.net b.example.net v2 0 a.example.net,b.example.net  <id of b.example.net>\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str)
		char *body = xasprintf("LOG='%s/log'\n%s", (char *)*state, rows[i].body);
		AUTO(str) char *hook = script(*state, body);
		AUTO(str) char *path = fs_join(*state, "log");
		AUTO(str) char *log = NULL;
		struct dns_config c = config(hook, false);
		struct dns_record r[] = {
			{ .config = &c,
				.domain = "a.example.net",
				.token = "t1",
				.value = "v1",
				.authorization = "t1.print" },
			{ .config = &c,
				.domain = "b.example.net",
				.token = "-t2",
				.value = "v2",
				.authorization = "-t2.print",
				.name = xstrdup("alias.example.org") },
		};

		c.dialect = rows[i].dialect;
		unlink(path);
		dns_present(r, 2, NULL);
		dns_cleanup(r, 2, NULL);
		assert_string_equal(r[0].err.msg, "");
		log = log_of(*state);
		if (strcmp(log, rows[i].log) != 0)
			fail_msg("%s: %s", rows[i].dialect, log);
		dns_records_clear(r, 2);
	}
}

static void another_script_can_clean_up(void **state)
{
	AUTO(str) char *hook = script(*state, "exit 0");
	AUTO(str) char *other = fs_join(*state, "other.sh");
	AUTO(str) char *log = NULL;
	struct dns_config c = config(hook, false);
	struct dns_record r = {
		.config = &c, .domain = "a.example.net", .token = "t", .value = "v"
	};
	AUTO(str)
	char *text = xasprintf("#!/bin/sh\necho \"other $*\" >>'%s/log'\n", (char *)*state);
	struct err e;

	assert_ok(fs_write(other, text, strlen(text), 0700, &e), &e);
	c.dialect = "getssl";
	c.cleanup_hook = other;
	dns_present(&r, 1, NULL);
	dns_cleanup(&r, 1, NULL);
	assert_string_equal(r.err.msg, "");
	log = log_of(*state);
	assert_string_equal(log, "a.example.net v\nother a.example.net v\n");
	dns_records_clear(&r, 1);
}

/* uacme: a hook that fails to begin has declined, and is not asked to clean up. */
static void what_was_declined_is_not_there(void **state)
{
	AUTO(str) char *hook = script(*state, "exit 1");
	struct dns_config c = config(hook, false);
	struct dns_record r = {
		.config = &c, .domain = "a.example.net", .token = "t", .value = "v"
	};

	c.dialect = "uacme";
	dns_present(&r, 1, NULL);
	assert_int_equal(r.err.kind, ERR_HOOK);
	assert_false(r.presented);
	dns_records_clear(&r, 1);
}

static void a_failure_is_told_with_its_last_words(void **state)
{
	static const struct {
		const char *body, *says;
		int timeout;
	} rows[] = {
		{ "exit 3", "hook.sh deploy_challenge: exit status 3", 20 },
		{ "echo first >&2; echo 'no such zone' >&2; echo >&2; exit 1",
			"exit status 1: no such zone", 20 },
		{ "echo on stdout; exit 4", "exit status 4: on stdout", 20 },
		{ "kill -9 $$", "ended by signal 9", 20 },
		{ "sleep 30", "not finished after 0 s, ended", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str) char *hook = script(*state, rows[i].body);
		struct dns_config c = config(hook, false);
		struct dns_record r = {
			.config = &c, .domain = "example.net", .token = "t", .value = "v"
		};

		c.hook_timeout = rows[i].timeout;
		dns_present(&r, 1, NULL);
		if (r.err.kind != ERR_HOOK || !strstr(r.err.msg, rows[i].says))
			fail_msg("row %zu: kind %d: %s", i, r.err.kind, r.err.msg);
		assert_true(r.presented); /* what it did before it failed isn't known */
		dns_records_clear(&r, 1);
	}
}

static void a_script_that_cannot_run_is_an_error(void **state)
{
	AUTO(str) char *hook = fs_join(*state, "missing.sh");
	struct dns_config c = config(hook, false);
	struct dns_record r = {
		.config = &c, .domain = "example.net", .token = "t", .value = "v"
	};

	dns_present(&r, 1, NULL);
	assert_int_equal(r.err.kind, ERR_HOOK);
	assert_non_null(strstr(r.err.msg, "missing.sh"));
	dns_records_clear(&r, 1);
}

static void one_failure_leaves_the_others_alone(void **state)
{
	AUTO(str) char *hook = script(*state, "test \"$2\" != bad.example.net");
	struct dns_config c = config(hook, false);
	struct dns_record r[] = {
		{ .config = &c, .domain = "bad.example.net", .token = "t", .value = "v" },
		{ .config = &c, .domain = "example.net", .token = "t", .value = "v" },
	};

	dns_present(r, 2, NULL);
	assert_int_equal(r[0].err.kind, ERR_HOOK);
	assert_int_equal(r[1].err.kind, ERR_NONE);
	dns_records_clear(r, 2);
}

static void an_unknown_provider_is_an_error(void **state)
{
	struct dns_config c = { .provider = "route66" };
	struct dns_record r = {
		.config = &c, .domain = "example.net", .token = "t", .value = "v"
	};

	(void)state;
	dns_present(&r, 1, NULL);
	assert_int_equal(r.err.kind, ERR_CONFIG);
	assert_non_null(strstr(r.err.msg, "'route66' is no DNS provider"));
	assert_false(r.presented);
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(each_record_is_a_call_and_cleanup_mirrors_it),
		scratch_test(a_chain_is_one_call),
		scratch_test(it_sees_what_dehydrated_exports),
		scratch_test(every_dialect_is_spoken),
		scratch_test(another_script_can_clean_up),
		scratch_test(what_was_declined_is_not_there),
		scratch_test(a_failure_is_told_with_its_last_words),
		scratch_test(a_script_that_cannot_run_is_an_error),
		scratch_test(one_failure_leaves_the_others_alone),
		cmocka_unit_test(an_unknown_provider_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
