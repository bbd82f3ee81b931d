/* Against https://desec.readthedocs.io/en/latest/dns/rrsets.html. */
#include "scripted_api.h"

#define TOKEN     "Authorization: Token secret-token"
#define DOMAIN(s) "{\"name\":\"" s "\",\"minimum_ttl\":3600}"
#define OWNER     "GET /domains/?owns_qname=_acme-challenge.www.example.net"
#define SETS      "/domains/example.net/rrsets/"
#define SET(name, ttl, records)                                                            \
	"{\"subname\":\"" name "\",\"type\":\"TXT\",\"ttl\":" ttl ",\"records\":[" records \
	"]}"
#define Q(value) "\"\\\"" value "\\\"\""

static void what_others_have_there_stays(void **state)
{
	const struct turn in[] = {
		{ .ask = OWNER, .header = TOKEN, .answer = "[" DOMAIN("example.net") "]" },
		{ .ask = "GET " SETS "_acme-challenge.www/TXT/",
			.answer = SET("_acme-challenge.www", "86400", Q("theirs")) },
		{ .ask = "PATCH " SETS,
			.header = TOKEN,
			.body = "[" SET("_acme-challenge.www", "86400",
				Q("theirs") "," Q("one") "," Q("two")) "]",
			.answer = "[]" },
	};
	const struct turn out[] = {
		{ .ask = OWNER, .answer = "[" DOMAIN("example.net") "]" },
		{ .ask = "GET " SETS "_acme-challenge.www/TXT/",
			.answer = SET("_acme-challenge.www", "86400",
				Q("one") "," Q("theirs") "," Q("two")) },
		{ .ask = "PATCH " SETS,
			.body = "[" SET("_acme-challenge.www", "86400", Q("theirs")) "]",
			.answer = "[]" },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");
	/* the CA's two challenges for a name and its wildcard; DNS has no upper case */
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "WWW.example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	assert_string_equal(r[1].zone, "example.net");
	api_removes(out, ARRAY_LEN(out), r, 2);
	no_error(r, 2);
	assert_false(r[0].presented);
	dns_records_clear(r, 2);
}

static void what_is_gone_is_not_removed(void **state)
{
	const struct turn last[] = {
		{ .ask = OWNER,
			.answer = "[{\"name\":\"example.net\",\"minimum_ttl\":60}]" },
		{ .ask = "GET " SETS "_acme-challenge.www/TXT/",
			.answer = SET("_acme-challenge.www", "60", Q("one")) },
		{ .ask = "PATCH " SETS,
			.body = "[" SET("_acme-challenge.www", "60", "") "]",
			.answer = "[]" },
	};
	const struct turn gone[] = {
		{ .ask = OWNER, .answer = "[" DOMAIN("example.net") "]" },
		{ .ask = "GET " SETS "_acme-challenge.www/TXT/", .status = 404 },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	r.name = xstrdup("_acme-challenge.www.example.net");
	r.presented = true;
	api_removes(last, ARRAY_LEN(last), &r, 1);
	no_error(&r, 1);
	r.presented = true;
	api_removes(gone, ARRAY_LEN(gone), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

/* Each in the domain nearest to it, whatever their order. */
static void many_names_are_read_and_written_at_once(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains/",
			.answer = "[" DOMAIN("example.net") "," DOMAIN(
				"dev.example.net") "," DOMAIN("ple.net") "]" },
		{ .ask = "GET /domains/dev.example.net/rrsets/_acme-challenge/TXT/",
			.status = 404 },
		{ .ask = "PATCH /domains/dev.example.net/rrsets/",
			.body = "[" SET("_acme-challenge", "3600", Q("three")) "]",
			.answer = "[]" },
		{ .ask = "GET " SETS "?type=TXT",
			.answer = "[" SET("", "3600", Q("v=spf1 -all")) "," SET(
				"_acme-challenge", "3600",
				Q("theirs")) "," SET("_acme-challenge.b", "3600",
				Q("two")) "]" },
		{ .ask = "PATCH " SETS,
			.body = "[" SET("_acme-challenge.a", "3600", Q("one")) "," SET(
				"_acme-challenge", "3600", Q("theirs") "," Q("four")) "]",
			.answer = "[]" },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");
	struct dns_record r[] = { api_record(&c, "a.example.net", "one"),
		api_record(&c, "b.example.net", "two"),
		api_record(&c, "dev.example.net", "three"),
		api_record(&c, "example.net", "four"),
		api_record(&c, "example.org", "five") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 5);
	no_error(r, 4);
	assert_string_equal(r[2].zone, "dev.example.net");
	assert_non_null(strstr(r[4].err.msg,
		"this account has no zone that _acme-challenge.example.org is in"));
	assert_false(r[4].presented);
	dns_records_clear(r, 5);
}

static void more_than_a_page_is_asked_for_one_by_one(void **state)
{
	static const char pages[] = "{\"detail\":\"Pagination required.\"}";
	const struct turn in[] = {
		{ .ask = "GET /domains/", .status = 400, .answer = pages },
		{ .ask = "GET /domains/?owns_qname=_acme-challenge.a.example.net",
			.answer = "[" DOMAIN("example.net") "]" },
		{ .ask = "GET /domains/?owns_qname=_acme-challenge.b.example.net",
			.answer = "[" DOMAIN("example.net") "]" },
		{ .ask = "GET " SETS "?type=TXT", .status = 400, .answer = pages },
		{ .ask = "GET " SETS "_acme-challenge.a/TXT/", .status = 404 },
		{ .ask = "GET " SETS "_acme-challenge.b/TXT/", .status = 404 },
		/* a record that is refused is found, and spoils no other */
		{ .ask = "PATCH " SETS,
			.body = "[" SET("_acme-challenge.a", "3600", Q("one")) "," SET(
				"_acme-challenge.b", "3600", Q("two")) "]",
			.status = 400,
			.answer = "[{},{\"non_field_errors\":[\"conflicts\"]}]" },
		{ .ask = "GET " SETS "_acme-challenge.a/TXT/", .status = 404 },
		{ .ask = "PATCH " SETS,
			.body = "[" SET("_acme-challenge.a", "3600", Q("one")) "]",
			.answer = "[]" },
		{ .ask = "GET " SETS "_acme-challenge.b/TXT/", .status = 404 },
		{ .ask = "PATCH " SETS,
			.body = "[" SET("_acme-challenge.b", "3600", Q("two")) "]",
			.status = 400,
			.answer = "[{\"non_field_errors\":[\"conflicts\"]}]" },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");
	struct dns_record r[] = { api_record(&c, "a.example.net", "one"),
		api_record(&c, "b.example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(&r[0], 1);
	assert_non_null(strstr(r[1].err.msg, "status 400: conflicts"));
	dns_records_clear(r, 2);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	static const struct {
		struct turn turns[3];
		size_t n;
		const char *zone, *words;
	} rows[] = {
		{ { { .ask = OWNER,
			  .status = 401,
			  .answer = "{\"detail\":\"Invalid token.\"}" } },
			1, NULL, "status 401: Invalid token." },
		{ { { .ask = OWNER, .answer = "[]" } }, 1, NULL, "has no zone that" },
		{ { { .ask = OWNER, .answer = "<html>" } }, 1, NULL, "is no list" },
		/* the account has its parent only */
		{ { { .ask = "GET /domains/?owns_qname=www.example.net",
			  .answer = "[" DOMAIN("example.net") "]" } },
			1, "www.example.net", "has no zone that" },
		{ { { 0 } }, 0, "example.org", "isn't in zone example.org" },
		{ { { .ask = OWNER, .answer = "[" DOMAIN("example.net") "]" },
			  { .ask = "GET " SETS "_acme-challenge.www/TXT/",
				  .answer = "[]" } },
			2, NULL, "zone example.net: the answer has no records" },
		{ { { .ask = OWNER, .answer = "[" DOMAIN("example.net") "]" },
			  { .ask = "GET " SETS "_acme-challenge.www/TXT/",
				  .status = 429,
				  .headers = "Retry-After: 75\r\n"
					     "Content-Type: application/json\r\n",
				  .answer = "{\"detail\":\"Request was throttled.\"}" } },
			2, NULL, "status 429: Request was throttled." },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_record r = api_record(&c, "www.example.net", "one");

		c.zone = rows[i].zone;
		api_adds(rows[i].turns, rows[i].n, &r, 1);
		if (r.err.kind == ERR_NONE || !strstr(r.err.msg, rows[i].words) ||
			strstr(r.err.msg, "secret-token") || r.presented)
			fail_msg("row %zu: %s", i, r.err.msg);
		dns_records_clear(&r, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_have_there_stays),
		cmocka_unit_test(what_is_gone_is_not_removed),
		cmocka_unit_test(many_names_are_read_and_written_at_once),
		cmocka_unit_test(more_than_a_page_is_asked_for_one_by_one),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
