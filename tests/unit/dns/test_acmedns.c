/* Against https://github.com/joohoi/acme-dns, and the file that lego writes. */
#include "scripted_api.h"

#include "base/fs.h"

#define ACCOUNT(sub)                                                                       \
	"{\"fulldomain\":\"" sub ".auth.example.org\",\"subdomain\":\"" sub "\","          \
	"\"username\":\"u-" sub "\",\"password\":\"p-" sub "\"}"

static char *accounts(const char *dir, const char *text, int mode)
{
	char *path = fs_join(dir, "accounts.json");
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), (mode_t)mode, &e), &e);
	return path;
}

static void each_value_goes_to_its_account(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update",
			.header = "X-Api-User: u-one",
			.body = "{\"subdomain\":\"one\",\"txt\":\"v1\"}",
			.answer = "{\"txt\":\"v1\"}" },
		{ .ask = "POST /update",
			.header = "X-Api-Key: p-two",
			.body = "{\"subdomain\":\"two\",\"txt\":\"v2\"}",
			.answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("acme-dns", "");
	AUTO(str)
	char *path = accounts(*state,
		"{\"a.example.net\":" ACCOUNT("one") ",\"other\":" ACCOUNT("two") "}",
		0600);
	struct dns_record r[] = { api_record(&c, "a.example.net", "v1"),
		api_record(&c, "b.example.net", "v2"),
		api_record(&c, "c.example.net", "v3") };

	c.accounts = path;
	r[1].name = xstrdup("two.auth.example.org"); /* its CNAME says */
	api_adds(in, ARRAY_LEN(in), r, 3);
	no_error(r, 2);
	assert_int_equal(r[2].err.kind, ERR_CONFIG);
	assert_non_null(strstr(r[2].err.msg,
		"make _acme-challenge.c.example.net a CNAME of its fulldomain"));
	assert_false(r[2].presented);
	dns_cleanup(r, 3, NULL);
	assert_false(r[0].presented || r[1].presented);
	dns_records_clear(r, 3);
}

static void an_account_keeps_two_values(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update", .answer = "{}" },
		{ .ask = "POST /update", .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("acme-dns", "");
	AUTO(str)
	char *path = accounts(*state, "{\"a.example.net\":" ACCOUNT("one") "}", 0600);
	struct dns_record r[] = { api_record(&c, "a.example.net", "v1"),
		api_record(&c, "a.example.net", "v2"),
		api_record(&c, "a.example.net", "v3") };

	c.accounts = path;
	api_adds(in, ARRAY_LEN(in), r, 3);
	no_error(r, 2);
	assert_non_null(strstr(r[2].err.msg, "keeps two values"));
	dns_records_clear(r, 3);
}

static void accounts_that_cannot_be_used_are_told(void **state)
{
	static const struct {
		const char *text, *words;
		int mode;
	} rows[] = {
		{ "[]", "no JSON object with accounts", 0600 },
		{ "{", "no JSON object with accounts", 0600 },
		{ "{\"a.example.net\":{\"username\":\"u\"}}", "lacks one of subdomain",
			0600 },
		{ "{}", "accounts.json", 0644 },
	};
	AUTO(api_config) struct dns_config c = api_config("acme-dns", "");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str) char *path = accounts(*state, rows[i].text, rows[i].mode);
		struct dns_record r = api_record(&c, "a.example.net", "v1");

		c.accounts = path;
		api_adds(NULL, 0, &r, 1);
		if (r.err.kind == ERR_NONE || !strstr(r.err.msg, rows[i].words))
			fail_msg("row %zu: %s", i, r.err.msg);
		assert_false(r.presented);
		dns_records_clear(&r, 1);
	}
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update",
			.status = 401,
			.answer = "{\"error\":\"forbidden\"}" },
	};
	AUTO(api_config) struct dns_config c = api_config("acme-dns", "");
	AUTO(str)
	char *path = accounts(*state, "{\"a.example.net\":" ACCOUNT("one") "}", 0600);
	struct dns_record r = api_record(&c, "a.example.net", "v1");

	c.accounts = path;
	api_adds(in, 1, &r, 1);
	assert_non_null(strstr(r.err.msg, "acme-dns: 127.0.0.1:"));
	assert_non_null(strstr(r.err.msg, "status 401: forbidden"));
	assert_null(strstr(r.err.msg, "p-one"));
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_goes_to_its_account),
		cmocka_unit_test(an_account_keeps_two_values),
		cmocka_unit_test(accounts_that_cannot_be_used_are_told),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
