/* Against https://doc.powerdns.com/authoritative/http-api/zone.html. */
#include "scripted_api.h"

#define ZONES "/api/v1/servers/localhost/zones/"
#define SET   "?rrset_name=_acme-challenge.www.example.net.&rrset_type=TXT"
#define NAME  "_acme-challenge.www.example.net."

static const struct turn find_zone[] = {
	{ .ask = "GET " ZONES "_acme-challenge.www.example.net.?rrsets=false",
		.header = "X-API-Key: secret-key",
		.status = 404,
		.answer = "{\"error\":\"Not Found\"}" },
	{ .ask = "GET " ZONES "www.example.net.?rrsets=false",
		.status = 422,
		.answer = "{\"error\":\"Could not find domain\"}" },
	{ .ask = "GET " ZONES "example.net.?rrsets=false", .answer = "{}" },
};

static void what_others_have_there_stays(void **state)
{
	const struct turn in[] = {
		find_zone[0],
		find_zone[1],
		find_zone[2],
		/* a server that doesn't know the filters */
		{ .ask = "GET " ZONES "example.net." SET,
			.answer =
				"{\"rrsets\":[{\"name\":\"example.net.\",\"type\":\"TXT\","
				"\"ttl\":1,\"records\":[{\"content\":\"\\\"x\\\"\"}]},"
				"{\"name\":\"_ACME-challenge.www.example.net.\","
				"\"type\":\"TXT\",\"ttl\":300,\"records\":"
				"[{\"content\":\"\\\"theirs\\\"\"}]}]}" },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[{\"name\":\"" NAME "\",\"type\":\"TXT\","
				"\"changetype\":\"REPLACE\",\"ttl\":300,\"records\":["
				"{\"content\":\"\\\"theirs\\\"\",\"disabled\":false},"
				"{\"content\":\"\\\"one\\\"\",\"disabled\":false},"
				"{\"content\":\"\\\"two\\\"\",\"disabled\":false}]}]}",
			.status = 204 },
		{ .ask = "PUT " ZONES "example.net./notify",
			.status = 422,
			.answer = "{\"error\":\"not a master\"}" },
	};
	const struct turn out[] = {
		find_zone[0],
		find_zone[1],
		find_zone[2],
		{ .ask = "GET " ZONES "example.net." SET,
			.answer =
				"{\"rrsets\":[{\"name\":\"" NAME
				"\",\"type\":\"TXT\",\"ttl\":300,\"records\":["
				"{\"content\":\"\\\"one\\\"\"},{\"content\":\"\\\"two\\\"\"}]}]}" },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[{\"name\":\"" NAME
				"\",\"type\":\"TXT\",\"changetype\":\"DELETE\"}]}",
			.status = 204 },
		{ .ask = "PUT " ZONES "example.net./notify", .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("powerdns", "secret-key");
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "www.example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	assert_string_equal(r[1].zone, "example.net");
	api_removes(out, ARRAY_LEN(out), r, 2);
	no_error(r, 2);
	dns_records_clear(r, 2);
}

static void what_is_as_it_should_be_is_not_written(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /api/v1/servers/s%2F1/zones/example.net.?rrsets=false",
			.answer = "{}" },
		{ .ask = "GET /api/v1/servers/s%2F1/zones/example.net." SET,
			.answer = "{\"rrsets\":[{\"name\":\"" NAME
				  "\",\"type\":\"TXT\",\"ttl\":60,\"records\":["
				  "{\"content\":\"\\\"one\\\"\"}]}]}" },
	};
	AUTO(api_config) struct dns_config c = api_config("powerdns", "secret-key");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	c.zone = "example.net";
	c.server_id = "s/1";
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	const struct turn denied[] = {
		{ .ask = "GET " ZONES "example.net.?rrsets=false",
			.status = 401,
			.headers = "Content-Type: text/plain\r\n",
			.answer = "Unauthorized" },
	};
	const struct turn refused[] = {
		{ .ask = "GET " ZONES "example.net.?rrsets=false", .answer = "{}" },
		{ .ask = "GET " ZONES "example.net." SET, .answer = "{\"rrsets\":[]}" },
		{ .ask = "PATCH " ZONES "example.net.",
			.status = 422,
			.answer = "{\"error\":\"RRset " NAME
				  " IN TXT: Conflicts with CNAME\"}" },
	};
	AUTO(api_config) struct dns_config c = api_config("powerdns", "secret-key");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	c.zone = "example.net";
	api_adds(denied, 1, &r, 1);
	assert_non_null(strstr(r.err.msg, ": status 401: Unauthorized"));
	assert_false(r.presented);
	dns_records_clear(&r, 1);
	r = api_record(&c, "www.example.net", "one");
	api_adds(refused, ARRAY_LEN(refused), &r, 1);
	assert_non_null(strstr(r.err.msg, "zone example.net: 127.0.0.1:"));
	assert_non_null(strstr(r.err.msg, "Conflicts with CNAME"));
	assert_null(strstr(r.err.msg, "secret-key"));
	dns_records_clear(&r, 1);
}

#define SET_OF(name) "?rrset_name=_acme-challenge." name ".example.net.&rrset_type=TXT"
#define NONE         "{\"rrsets\":[]}"
#define NEW(name, value)                                                                   \
	"{\"name\":\"_acme-challenge." name ".example.net.\",\"type\":\"TXT\","            \
	"\"changetype\":\"REPLACE\",\"ttl\":60,\"records\":[{\"content\":\"\\\"" value     \
	"\\\"\",\"disabled\":false}]}"

/* As 5.x sends them; and 4.7 sends a set of comments alone with a TTL of 0. */
static void what_is_disabled_stays_so(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET " ZONES "example.net.?rrsets=false", .answer = "{}" },
		{ .ask = "GET " ZONES "example.net." SET,
			.answer = "{\"rrsets\":[{\"name\":\"" NAME
				  "\",\"type\":\"TXT\",\"ttl\":300,\"records\":["
				  "{\"content\":\"\\\"off\\\"\",\"disabled\":true},"
				  "{\"content\":\"\\\"one\\\"\",\"disabled\":true},"
				  "{\"content\":\"\\\"a\\\" \\\"b\\\"\",\"disabled\":false}"
				  "]}]}" },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[{\"name\":\"" NAME "\",\"type\":\"TXT\","
				"\"changetype\":\"REPLACE\",\"ttl\":300,\"records\":["
				"{\"content\":\"\\\"off\\\"\",\"disabled\":true},"
				"{\"content\":\"\\\"a\\\" \\\"b\\\"\",\"disabled\":false},"
				"{\"content\":\"\\\"one\\\"\",\"disabled\":false}]}]}",
			.status = 204 },
		{ .ask = "PUT " ZONES "example.net./notify", .answer = "{}" },
	};
	const struct turn comments[] = {
		{ .ask = "GET " ZONES "example.net.?rrsets=false", .answer = "{}" },
		{ .ask = "GET " ZONES "example.net." SET_OF("b"),
			.answer =
				"{\"rrsets\":[{\"name\":\"_acme-challenge.b.example.net.\","
				"\"type\":\"TXT\",\"ttl\":0,\"records\":[],"
				"\"comments\":[{\"content\":\"c\"}]}]}" },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[" NEW("b", "one") "]}",
			.status = 204 },
		{ .ask = "PUT " ZONES "example.net./notify", .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("powerdns", "secret-key");
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "b.example.net", "one") };

	(void)state;
	c.zone = "example.net";
	api_adds(in, ARRAY_LEN(in), &r[0], 1);
	api_adds(comments, ARRAY_LEN(comments), &r[1], 1);
	no_error(r, 2);
	dns_records_clear(r, 2);
}

/* The rest of one write isn't spoilt by what the server refuses of it. */
static void one_that_is_refused_stands_alone(void **state)
{
	static const char conflict[] =
		"{\"error\":\"RRset _acme-challenge.b.example.net. IN TXT: Conflicts\"}";
	const struct turn in[] = {
		{ .ask = "GET " ZONES "example.net.?rrsets=false", .answer = "{}" },
		{ .ask = "GET " ZONES "example.net." SET_OF("a"), .answer = NONE },
		{ .ask = "GET " ZONES "example.net." SET_OF("b"), .answer = NONE },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[" NEW("a", "one") "," NEW("b", "two") "]}",
			.status = 422,
			.answer = conflict },
		{ .ask = "GET " ZONES "example.net." SET_OF("a"), .answer = NONE },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[" NEW("a", "one") "]}",
			.status = 204 },
		{ .ask = "PUT " ZONES "example.net./notify", .answer = "{}" },
		{ .ask = "GET " ZONES "example.net." SET_OF("b"), .answer = NONE },
		{ .ask = "PATCH " ZONES "example.net.",
			.body = "{\"rrsets\":[" NEW("b", "two") "]}",
			.status = 422,
			.answer = conflict },
	};
	AUTO(api_config) struct dns_config c = api_config("powerdns", "secret-key");
	struct dns_record r[] = { api_record(&c, "B.example.net", "two"),
		api_record(&c, "a.example.net", "one") };

	(void)state;
	c.zone = "example.net";
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(&r[1], 1);
	assert_int_equal(r[0].err.kind, ERR_DNS);
	assert_non_null(strstr(r[0].err.msg, "Conflicts"));
	dns_records_clear(r, 2);
}

static void without_an_answer_nothing_is_written(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET " ZONES "example.net.?rrsets=false", .answer = "{}" },
		{ .ask = "GET " ZONES "example.net." SET, .answer = "<html>" },
	};
	AUTO(api_config) struct dns_config c = api_config("powerdns", "secret-key");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	c.zone = "example.net";
	api_adds(in, ARRAY_LEN(in), &r, 1);
	assert_non_null(strstr(r.err.msg, "no list of rrsets"));
	assert_false(r.presented);
	dns_records_clear(&r, 1);

	c.api = NULL;
	r = api_record(&c, "www.example.net", "one");
	api_adds(NULL, 0, &r, 1);
	assert_int_equal(r.err.kind, ERR_CONFIG);
	assert_false(r.presented);
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_have_there_stays),
		cmocka_unit_test(what_is_as_it_should_be_is_not_written),
		cmocka_unit_test(what_is_disabled_stays_so),
		cmocka_unit_test(one_that_is_refused_stands_alone),
		cmocka_unit_test(without_an_answer_nothing_is_written),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
