/* Against https://techdocs.akamai.com/linode-api/reference/. */
#include "scripted_api.h"

#define DOMAINS "{\"data\":[{\"id\":12,\"domain\":\"example.net\"}],\"page\":1,\"pages\":1}"
#define NONE    "{\"data\":[],\"page\":1,\"pages\":1}"
#define RECORDS "GET /domains/12/records?page_size=500&page="

static void records_come_and_go_by_value(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains?page_size=500",
			.header =
				"X-Filter: {\"domain\":\"_acme-challenge.www.example.net\"}",
			.answer = NONE },
		{ .ask = "GET /domains?page_size=500",
			.header = "Authorization: Bearer secret-token",
			.answer = NONE },
		{ .ask = "GET /domains?page_size=500",
			.header = "X-Filter: {\"domain\":\"example.net\"}",
			.answer = DOMAINS },
		{ .ask = "POST /domains/12/records",
			.body = "{\"type\":\"TXT\",\"name\":\"_acme-challenge.www\","
				"\"target\":\"one\",\"ttl_sec\":300}",
			.answer = "{\"id\":7}" },
	};
	/* twice there, on the first of two pages; another value, and another's type */
	const struct turn out[] = {
		{ .ask = "GET /domains?page_size=500", .answer = DOMAINS },
		{ .ask = RECORDS "1",
			.answer =
				"{\"data\":[{\"id\":5,\"type\":\"TXT\",\"name\":\"_acme-challenge.www\",\"target\":\"two\"},"
				"{\"id\":6,\"type\":\"CNAME\",\"name\":\"_acme-challenge.www\",\"target\":\"one\"},"
				"{\"id\":7,\"type\":\"TXT\",\"name\":\"_acme-challenge.www\",\"target\":\"one\"},"
				"{\"id\":8,\"type\":\"TXT\",\"name\":\"_acme-challenge.www\",\"target\":\"one\"}],"
				"\"page\":1,\"pages\":2}" },
		{ .ask = "DELETE /domains/12/records/7", .answer = "{}" },
		{ .ask = "DELETE /domains/12/records/8", .status = 404 },
		{ .ask = RECORDS "1", .answer = "{\"data\":[],\"page\":1,\"pages\":2}" },
		{ .ask = RECORDS "2", .answer = "{\"data\":[],\"page\":2,\"pages\":2}" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	c.zone = "example.net";
	api_removes(out, ARRAY_LEN(out), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains?page_size=500",
			.status = 401,
			.answer = "{\"errors\":[{\"reason\":\"Invalid Token\"}]}" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	api_adds(in, 1, &r, 1);
	assert_non_null(strstr(r.err.msg, "status 401: Invalid Token"));
	assert_null(strstr(r.err.msg, "secret-token"));
	assert_false(r.presented);
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_and_go_by_value),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
