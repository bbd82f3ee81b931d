/* Against https://desec.readthedocs.io/en/latest/dns/rrsets.html. */
#include "scripted_api.h"

#define TOKEN "Authorization: Token secret-token"

static void sets_are_written_in_bulk(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains/_acme-challenge.www.example.net/",
			.header = TOKEN,
			.status = 404,
			.answer = "{\"detail\":\"Not found.\"}" },
		{ .ask = "GET /domains/www.example.net/", .status = 404 },
		{ .ask = "GET /domains/example.net/",
			.answer = "{\"name\":\"example.net\",\"minimum_ttl\":3600}" },
		{ .ask = "GET /domains/example.net/rrsets/_acme-challenge.www/TXT/",
			.answer = "{\"records\":[\"\\\"theirs\\\"\"]}" },
		{ .ask = "PATCH /domains/example.net/rrsets/",
			.header = TOKEN,
			.body = "[{\"subname\":\"_acme-challenge.www\",\"type\":\"TXT\","
				"\"ttl\":3600,\"records\":[\"\\\"theirs\\\"\",\"\\\"one\\\"\"]}]",
			.answer = "[]" },
	};
	const struct turn out[] = {
		{ .ask = "GET /domains/example.net/",
			.answer = "{\"name\":\"example.net\",\"minimum_ttl\":60}" },
		{ .ask = "GET /domains/example.net/rrsets/_acme-challenge.www/TXT/",
			.answer = "{\"records\":[\"\\\"one\\\"\"]}" },
		{ .ask = "PATCH /domains/example.net/rrsets/",
			.body = "[{\"subname\":\"_acme-challenge.www\",\"type\":\"TXT\","
				"\"ttl\":60,\"records\":[]}]",
			.answer = "[]" },
	};
	const struct turn gone[] = {
		{ .ask = "GET /domains/example.net/", .answer = "{}" },
		{ .ask = "GET /domains/example.net/rrsets/_acme-challenge.www/TXT/",
			.status = 404 },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	c.zone = "example.net";
	api_removes(out, ARRAY_LEN(out), &r, 1);
	no_error(&r, 1);
	r.presented = true;
	api_removes(gone, ARRAY_LEN(gone), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains/example.net/",
			.status = 401,
			.answer = "{\"detail\":\"Invalid token.\"}" },
	};
	const struct turn bad[] = {
		{ .ask = "GET /domains/example.net/", .answer = "{\"minimum_ttl\":60}" },
		{ .ask = "GET /domains/example.net/rrsets/_acme-challenge.www/TXT/",
			.status = 404 },
		{ .ask = "PATCH /domains/example.net/rrsets/",
			.status = 400,
			.answer = "[{\"non_field_errors\":[\"conflicts with CNAME\"]}]" },
	};
	AUTO(api_config) struct dns_config c = api_config("desec", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	c.zone = "example.net";
	api_adds(in, 1, &r, 1);
	assert_non_null(strstr(r.err.msg, "status 401: Invalid token."));
	dns_records_clear(&r, 1);
	r = api_record(&c, "www.example.net", "one");
	api_adds(bad, ARRAY_LEN(bad), &r, 1);
	assert_non_null(strstr(r.err.msg, "status 400: conflicts with CNAME"));
	assert_null(strstr(r.err.msg, "secret-token"));
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_written_in_bulk),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
