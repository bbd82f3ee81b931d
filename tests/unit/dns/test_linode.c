/* Against https://techdocs.akamai.com/linode-api/reference/post-domain-record. */
#include "scripted_api.h"

#define BEARER         "Authorization: Bearer secret-token"
#define FILTER(zone)   "X-Filter: {\"domain\":\"" zone "\"}"
#define LIST(data)     "{\"data\":[" data "],\"page\":1,\"pages\":1,\"results\":1}"
#define ZONE(id, name) LIST("{\"id\":" #id ",\"domain\":\"" name "\",\"type\":\"master\"}")
#define NO_ZONE        LIST("")
#define TXT(id, name, value)                                                               \
	"{\"id\":" #id ",\"type\":\"TXT\",\"name\":\"" name "\",\"target\":\"" value       \
	"\",\"ttl_sec\":300}"
#define BODY(name, value, ttl)                                                             \
	"{\"type\":\"TXT\",\"name\":\"" name "\",\"target\":\"" value                      \
	"\",\"ttl_sec\":" #ttl "}"

#define OTHER_VALUE TXT(10, "_acme-challenge.www", "other")
#define OTHER_NAME  TXT(11, "www", "one")
#define OTHER_TYPE                                                                         \
	"{\"id\":12,\"type\":\"CNAME\",\"name\":\"_acme-challenge.www\",\"target\":\"one\"}"
#define OURS(id) TXT(id, "_acme-challenge.www", "one")

static const struct turn find_zone[] = {
	{ .ask = "GET /domains?page_size=500",
		.header = FILTER("_acme-challenge.www.example.net"),
		.answer = NO_ZONE },
	{ .ask = "GET /domains?page_size=500",
		.header = FILTER("www.example.net"),
		.answer = NO_ZONE },
	{ .ask = "GET /domains?page_size=500",
		.header = FILTER("example.net"),
		.answer = ZONE(1234, "example.net") },
};

static const struct turn find_apex = { .ask = "GET /domains?page_size=500",
	.header = "X-Filter: {\"domain\":\"_acme-challenge.example.net\"}",
	.answer = "{\"data\":[],\"page\":1,\"pages\":1,\"results\":0}" };

static void records_come_and_go_by_value(void **state)
{
	const struct turn in[] = {
		find_zone[0],
		find_zone[1],
		find_zone[2],
		{ .ask = "POST /domains/1234/records",
			.header = BEARER,
			.body = BODY("_acme-challenge.www", "one", 300),
			.answer = TXT(1, "_acme-challenge.www", "one") },
		/* it could be a zone of its own; of the other one it is known by now */
		find_apex,
		{ .ask = "POST /domains/1234/records",
			.body = BODY("_acme-challenge", "two", 300),
			.answer = TXT(2, "_acme-challenge", "two") },
	};
	const struct turn out[] = {
		find_zone[0],
		find_zone[1],
		find_zone[2],
		{ .ask = "GET /domains/1234/records?page_size=500",
			.header = BEARER,
			.answer = LIST(OTHER_VALUE "," OTHER_NAME "," OTHER_TYPE
						   "," OURS(13) "," OURS(14)) },
		{ .ask = "DELETE /domains/1234/records/13", .answer = "{}" },
		{ .ask = "DELETE /domains/1234/records/14",
			.header = BEARER,
			.status = 404,
			.answer = "{\"errors\":[{\"reason\":\"Not found\"}]}" },
		find_apex,
		{ .ask = "GET /domains/1234/records?page_size=500",
			.answer = "{\"data\":[],\"page\":1,\"pages\":0,\"results\":0}" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	assert_string_equal(r[0].zone, "example.net");
	api_removes(out, ARRAY_LEN(out), r, 2);
	no_error(r, 2);
	assert_false(r[0].presented);
	assert_false(r[1].presented);
	dns_records_clear(r, 2);
}

static void all_pages_are_read_before_a_removal(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains?page_size=500",
			.header = BEARER,
			.answer = ZONE(7, "example.net") },
		{ .ask = "POST /domains/7/records",
			.body = BODY("_acme-challenge.www", "one", 3600),
			.answer = "{}" },
	};
	const struct turn out[] = {
		{ .ask = "GET /domains?page_size=500",
			.header = FILTER("example.net"),
			.answer = ZONE(7, "Example.NET") },
		{ .ask = "GET /domains/7/records?page_size=500",
			.answer = "{\"data\":[" TXT(1, "_acme-challenge.www",
				"one") "],\"page\":1,\"pages\":3,\"results\":1400}" },
		{ .ask = "GET /domains/7/records?page_size=500&page=2",
			.answer = "{\"data\":[" TXT(2, "_acme-challenge.www",
				"two") "],\"page\":2,\"pages\":3,\"results\":1400}" },
		{ .ask = "GET /domains/7/records?page_size=500&page=3",
			.answer = "{\"data\":[" TXT(3, "_acme-challenge.WWW",
				"one") "],\"page\":3,\"pages\":3,\"results\":1400}" },
		{ .ask = "DELETE /domains/7/records/1", .answer = "{}" },
		{ .ask = "DELETE /domains/7/records/3", .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	c.zone = "example.net";
	c.ttl = 3600;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	api_removes(out, ARRAY_LEN(out), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

static const struct turn no_a_net[] = {
	{ .ask = "GET /domains?page_size=500",
		.header = FILTER("_acme-challenge.a.net"),
		.answer = NO_ZONE },
	{ .ask = "GET /domains?page_size=500",
		.header = FILTER("a.net"),
		.answer = NO_ZONE },
};
static const struct turn a_net = { .ask = "GET /domains?page_size=500",
	.header = FILTER("a.net"),
	.answer = ZONE(5, "a.net") };

static void what_it_refuses_is_told_in_its_words(void **state)
{
	const struct {
		struct turn turns[4];
		size_t n;
		const char *words;
	} rows[] = {
		{ { { .ask = "GET /domains?page_size=500",
			  .status = 401,
			  .answer = "{\"errors\":[{\"reason\":\"Invalid Token\"}]}" } },
			1, ": status 401: Invalid Token" },
		{ { no_a_net[0], no_a_net[1] }, 2,
			"this account has no zone that _acme-challenge.a.net is in" },
		/* somebody has lost the filter on its way */
		{ { { .ask = "GET /domains?page_size=500",
			    .answer = ZONE(9, "example.net") },
			  { .ask = "GET /domains?page_size=500",
				  .answer = ZONE(9, "example.net") } },
			2, "this account has no zone that _acme-challenge.a.net is in" },
		{ { { .ask = "GET /domains?page_size=500", .answer = "<html>" } }, 1,
			"no list of domains" },
		{ { no_a_net[0], a_net,
			  { .ask = "POST /domains/5/records",
				  .status = 400,
				  .answer = "{\"errors\":[{\"field\":\"name\",\"reason\":"
					    "\"Hostname already has a CNAME\"}]}" } },
			3, ": status 400: Hostname already has a CNAME" },
		{ { no_a_net[0], a_net,
			  { .ask = "POST /domains/5/records",
				  .status = 403,
				  .answer = "{}" } },
			3, "zone a.net: 127.0.0.1:" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_record r = api_record(&c, "a.net", "one");

		api_adds(rows[i].turns, rows[i].n, &r, 1);
		if (r.err.kind != ERR_DNS || !strstr(r.err.msg, rows[i].words) ||
			strstr(r.err.msg, "secret-token"))
			fail_msg("row %zu: %s", i, r.err.msg);
		dns_records_clear(&r, 1);
	}
}

static void a_removal_that_fails_is_told(void **state)
{
	const struct {
		struct turn turns[4];
		size_t n;
		const char *words;
	} rows[] = {
		{ { a_net,
			  { .ask = "GET /domains/5/records?page_size=500",
				  .answer = "[]" } },
			2, "no list of records" },
		{ { a_net,
			  { .ask = "GET /domains/5/records?page_size=500",
				  .answer = LIST(
					  "{\"type\":\"TXT\",\"name\":\"_acme-challenge\","
					  "\"target\":\"one\"}") } },
			2, "a record without an id" },
		{ { a_net,
			  { .ask = "GET /domains/5/records?page_size=500",
				  .answer = "{\"data\":[" TXT(1, "_acme-challenge",
					  "one") "],\"page\":1,\"pages\":2}" },
			  { .ask = "GET /domains/5/records?page_size=500&page=2",
				  .status = 403,
				  .answer =
					  "{\"errors\":[{\"reason\":\"Unauthorized\"}]}" } },
			3, "status 403: Unauthorized" },
		{ { a_net,
			  { .ask = "GET /domains/5/records?page_size=500",
				  .answer = LIST(TXT(1, "_acme-challenge", "one")) },
			  { .ask = "DELETE /domains/5/records/1",
				  .status = 401,
				  .answer =
					  "{\"errors\":[{\"reason\":\"Your OAuth token is "
					  "not authorized to use this endpoint.\"}]}" } },
			3, "status 401: Your OAuth token is not authorized" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");

	(void)state;
	c.zone = "a.net";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_record r = api_record(&c, "a.net", "one");

		r.name = xstrdup("_acme-challenge.a.net");
		r.presented = true;
		api_removes(rows[i].turns, rows[i].n, &r, 1);
		if (r.err.kind != ERR_DNS || !strstr(r.err.msg, rows[i].words) ||
			strstr(r.err.msg, "secret-token") || !r.presented)
			fail_msg("row %zu: %s", i, r.err.msg);
		dns_records_clear(&r, 1);
	}
}

/* The record's own place counts, not that of its domain. */
static void an_alias_is_added_where_it_stands(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /domains?page_size=500",
			.header = FILTER("x.a.net"),
			.answer = NO_ZONE },
		a_net,
		{ .ask = "POST /domains/5/records",
			.body = BODY("x", "one", 300),
			.answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("linode", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	r.name = xstrdup("x.a.net");
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	assert_string_equal(r.zone, "a.net");
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_and_go_by_value),
		cmocka_unit_test(all_pages_are_read_before_a_removal),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
		cmocka_unit_test(a_removal_that_fails_is_told),
		cmocka_unit_test(an_alias_is_added_where_it_stands),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
