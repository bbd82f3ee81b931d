/* Against https://github.com/joohoi/acme-dns#api, and files as goacmedns writes them. */
#include "base/fs.h"
#include "scripted_api.h"

#define USER  "11111111-1111-4111-8111-111111111111"
#define KEY   "secret-key-0123456789012345678901234567890"
#define PLACE "aaaaaaaa-1111-4111-8111-111111111111"
#define ACCOUNT(sub)                                                                       \
	"{\"fulldomain\":\"" sub ".auth.example\",\"subdomain\":\"" sub                    \
	"\",\"username\":\"" USER "\",\"password\":\"" KEY "\",\"server_url\":\"\"}"
#define ACCOUNTS         "{\"example.net\":" ACCOUNT(PLACE) ",\"b.example\":" ACCOUNT("bbbb") "}"
#define BODY(sub, value) "{\"subdomain\":\"" sub "\",\"txt\":\"" value "\"}"
#define SAVED(value)     "{\"txt\": \"" value "\"}"

/* A file of that text; the path lives until the next call. */
static const char *save(void **state, const char *text, mode_t mode)
{
	static char path[128];
	struct err e;

	snprintf(path, sizeof path, "%s/accounts.json", (const char *)*state);
	assert_ok(fs_write(path, text, strlen(text), mode, &e), &e);
	return path;
}

static struct dns_config with(void **state, const char *text)
{
	struct dns_config c = api_config("acme-dns", "");

	c.accounts = save(state, text, 0600);
	return c;
}

/* Whether r was refused with these words, and nothing secret was told. */
static void refused(const struct dns_record *r, enum err_kind kind, const char *words)
{
	if (r->err.kind != kind || !strstr(r->err.msg, words) ||
		strstr(r->err.msg, "secret-key"))
		fail_msg("'%s' is not in: %d %s", words, (int)r->err.kind, r->err.msg);
}

static void two_values_are_posted_and_cleanup_asks_nothing(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update",
			.header = "X-Api-User: " USER,
			.body = BODY(PLACE, "one"),
			.answer = SAVED("one") },
		{ .ask = "POST /update",
			.header = "X-Api-Key: " KEY,
			.body = BODY(PLACE, "two"),
			.answer = SAVED("two") },
		{ .ask = "POST /update",
			.header = "Content-Type: application/json",
			.body = BODY("bbbb", "three"),
			.answer = SAVED("three") },
	};
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);
	struct dns_record r[] = { api_record(&c, "example.net", "one"),
		api_record(&c, "example.net", "two"),
		api_record(&c, "B.example", "three") };

	api_adds(in, ARRAY_LEN(in), r, 3);
	no_error(r, 3);
	assert_true(r[0].presented);
	/* that must succeed even if the file is gone */
	assert_int_equal(unlink(c.accounts), 0);
	api_removes(NULL, 0, r, 3);
	no_error(r, 3);
	assert_false(r[0].presented);
	assert_false(r[2].presented);
	dns_records_clear(r, 3);
}

static void the_place_a_name_leads_to_finds_its_account(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update", .body = BODY("bbbb", "one"), .answer = "{}" },
		{ .ask = "POST /update", .body = BODY("bbbb", "two"), .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);
	/* one isn't in the file, the other is, with another account than it leads to */
	struct dns_record r[] = { api_record(&c, "www.example.org", "one"),
		api_record(&c, "example.net", "two") };

	r[0].name = xstrdup("bbbb.auth.example");
	r[1].name = xstrdup("BBBB.auth.example.");
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	dns_records_clear(r, 2);
}

static void without_api_the_account_names_its_server(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update", .body = BODY("s", "one"), .answer = "{}" },
		{ .ask = "POST /base/update", .body = BODY("t", "two"), .answer = "{}" },
	};
	AUTO(str)
	char *text = xasprintf(
		"{\"a.example\":{\"subdomain\":\"s\",\"username\":\"u\",\"password\":\"p\","
		"\"server_url\":\"%s/\",\"allowfrom\":[]},"
		/* written by an older goacmedns */
		"\"b.example\":{\"FullDomain\":\"t.auth.example\",\"SubDomain\":\"t\","
		"\"Username\":\"u\",\"Password\":\"p\",\"ServerURL\":\"\","
		"\"server_url\":\"%s/base\"}}\n",
		api_base, api_base);
	AUTO(api_config) struct dns_config c = with(state, text);
	struct dns_record r[] = { api_record(&c, "a.example", "one"),
		api_record(&c, "b.example", "two") };

	c.api = NULL;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	dns_records_clear(r, 2);
}

static void a_third_value_is_not_posted(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update", .body = BODY(PLACE, "one"), .answer = "{}" },
		{ .ask = "POST /update", .body = BODY(PLACE, "two"), .answer = "{}" },
		{ .ask = "POST /update", .body = BODY("bbbb", "five"), .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);
	struct dns_record r[] = { api_record(&c, "example.net", "one"),
		api_record(&c, "example.net", "two"),
		/* the same once more would take the place of the other */
		api_record(&c, "example.net", "one"),
		api_record(&c, "example.net", "three"),
		api_record(&c, "other.example", "four"),
		api_record(&c, "b.example", "five") };

	r[4].name = xstrdup(PLACE ".auth.example");
	api_adds(in, ARRAY_LEN(in), r, ARRAY_LEN(r));
	no_error(r, 3);
	no_error(r + 5, 1);
	refused(&r[3], ERR_CONFIG, "example.net: acme-dns keeps only 2 values");
	refused(&r[4], ERR_CONFIG, "\"example.net\" has them by now");
	assert_true(r[2].presented);
	assert_false(r[3].presented);
	assert_false(r[4].presented);
	dns_records_clear(r, ARRAY_LEN(r));
}

static void without_an_account_it_says_what_to_do(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update", .body = BODY(PLACE, "one"), .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);
	AUTO(str)
	char *curl = xasprintf("register one (curl -X POST %s/register), put the answer "
			       "there as \"new.example\": {...}, and make "
			       "_acme-challenge.new.example a CNAME of its fulldomain",
		api_base);
	struct dns_record r[] = { api_record(&c, "new.example", "x"),
		api_record(&c, "new.example", "y"), api_record(&c, "b.example", "z"),
		api_record(&c, "example.net", "one") };

	r[1].name = xstrdup("gone.auth.example");
	r[2].name = xstrdup("gone.auth.example");
	api_adds(in, ARRAY_LEN(in), r, 4);
	refused(&r[0], ERR_CONFIG, "accounts.json: no account for new.example: register");
	refused(&r[0], ERR_CONFIG, curl);
	refused(&r[1], ERR_CONFIG, "nor with the fulldomain gone.auth.example: register");
	refused(&r[2], ERR_CONFIG,
		"_acme-challenge.b.example leads to gone.auth.example, but the account of "
		"b.example in ");
	refused(&r[2], ERR_CONFIG, " is bbbb.auth.example: make it a CNAME of that");
	no_error(r + 3, 1);
	for (size_t i = 0; i < 3; i++)
		assert_false(r[i].presented);
	dns_records_clear(r, 4);
}

static void a_bad_file_is_told(void **state)
{
	static const struct {
		const char *text, *words;
		enum err_kind kind;
		mode_t mode;
	} rows[] = {
		{ ACCOUNTS, "others can read", ERR_REFUSED, 0644 },
		{ ACCOUNTS, "chmod 600", ERR_REFUSED, 0640 },
		{ "", "accounts.json:1: no JSON", ERR_CONFIG, 0600 },
		{ "{\"example.net\":\n{\"password\":\"" KEY "\",\n  nonsense",
			"accounts.json:3: no JSON", ERR_CONFIG, 0600 },
		{ ACCOUNTS " more", "no JSON", ERR_CONFIG, 0600 },
		{ "[" ACCOUNT("x") "]", "accounts.json: is no JSON object", ERR_CONFIG,
			0600 },
		{ "{}", "no account for example.net", ERR_CONFIG, 0600 },
		{ "{\"example.net\":\"" KEY "\"}", "\"example.net\" has no \"subdomain\"",
			ERR_CONFIG, 0600 },
		{ "{\"example.net\":{\"subdomain\":\"x\",\"password\":\"" KEY "\"}}",
			"has no \"username\"", ERR_CONFIG, 0600 },
		{ "{\"example.net\":{\"subdomain\":\"x\",\"username\":\"u\","
		  "\"password\":\"\"}}",
			"has no \"password\"", ERR_CONFIG, 0600 },
		{ "{\"example.net\":{\"subdomain\":\"x\",\"username\":\"u\","
		  "\"password\":[\"" KEY "\"]}}",
			"has no \"password\"", ERR_CONFIG, 0600 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(api_config) struct dns_config c = api_config("acme-dns", "");
		struct dns_record r[] = { api_record(&c, "example.net", "one"),
			api_record(&c, "example.net", "two") };

		c.accounts = save(state, rows[i].text, rows[i].mode);
		api_adds(NULL, 0, r, 2);
		refused(&r[0], rows[i].kind, rows[i].words);
		refused(&r[1], rows[i].kind, rows[i].words);
		assert_false(r[0].presented);
		assert_false(r[1].presented);
		dns_records_clear(r, 2);
	}
}

static void a_missing_file_is_told(void **state)
{
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);
	struct dns_record r[] = { api_record(&c, "example.net", "one"),
		api_record(&c, "example.net", "one") };

	assert_int_equal(unlink(c.accounts), 0);
	api_adds(NULL, 0, r, 1);
	refused(&r[0], ERR_IO, "accounts.json: No such file");
	c.accounts = NULL;
	api_adds(NULL, 0, r + 1, 1);
	refused(&r[1], ERR_CONFIG, "needs accounts");
	dns_records_clear(r, 2);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	static const struct {
		struct turn turn;
		const char *words;
	} rows[] = {
		{ { .ask = "POST /update",
			  .status = 401,
			  .answer = "{\"error\": \"forbidden\"}" },
			": status 401: forbidden" },
		{ { .ask = "POST /update",
			  .status = 400,
			  .answer = "{\"error\": \"bad_txt\"}" },
			": status 400: bad_txt" },
		{ { .ask = "POST /update", .status = 404, .answer = "404 page not found" },
			"account \"example.net\": 127.0.0.1:" },
	};
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* told for the same value of another certificate too, and asked once */
		struct dns_record r[] = { api_record(&c, "example.net", "one"),
			api_record(&c, "example.net", "one") };

		api_adds(&rows[i].turn, 1, r, 2);
		refused(&r[0], ERR_DNS, rows[i].words);
		refused(&r[1], ERR_DNS, rows[i].words);
		dns_records_clear(r, 2);
	}
}

static void what_passes_is_tried_again(void **state)
{
	const struct turn in[] = {
		{ .ask = "POST /update",
			.body = BODY(PLACE, "one"),
			.status = 503,
			.headers = "Retry-After: 0\r\n" },
		{ .ask = "POST /update",
			.header = "X-Api-Key: " KEY,
			.body = BODY(PLACE, "one"),
			.answer = "{}" },
		{ .ask = "POST /update",
			.status = 500,
			.headers = "Retry-After: 61\r\n",
			.answer = "{\"error\": \"db_error\"}" },
	};
	AUTO(api_config) struct dns_config c = with(state, ACCOUNTS);
	struct dns_record r[] = { api_record(&c, "example.net", "one"),
		api_record(&c, "b.example", "two") };

	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 1);
	refused(&r[1], ERR_DNS, "status 500: db_error");
	assert_true(r[1].presented); /* it may have been done */
	dns_records_clear(r, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_values_are_posted_and_cleanup_asks_nothing),
		cmocka_unit_test(the_place_a_name_leads_to_finds_its_account),
		cmocka_unit_test(without_api_the_account_names_its_server),
		cmocka_unit_test(a_third_value_is_not_posted),
		cmocka_unit_test(without_an_account_it_says_what_to_do),
		cmocka_unit_test(a_bad_file_is_told),
		cmocka_unit_test(a_missing_file_is_told),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
		cmocka_unit_test(what_passes_is_tried_again),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
