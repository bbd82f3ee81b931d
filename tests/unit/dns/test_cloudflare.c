/* Against https://developers.cloudflare.com/api/resources/dns/subresources/records/. */
#include "scripted_api.h"

#define ZONE                                                                               \
	"{\"success\":true,\"errors\":[],\"result\":[{\"id\":\"z1\",\"name\":\"example.net\"}]}"
#define NO_ZONE "{\"success\":true,\"errors\":[],\"result\":[]}"
#define BEARER  "Authorization: Bearer secret-token"
#define BODY(name, value)                                                                  \
	"{\"type\":\"TXT\",\"name\":\"" name "\",\"content\":\"\\\"" value                 \
	"\\\"\",\"ttl\":60}"

static const struct turn find_zone[] = {
	{ .ask = "GET /zones?name=_acme-challenge.www.example.net",
		.header = BEARER,
		.answer = NO_ZONE },
	{ .ask = "GET /zones?name=www.example.net", .answer = NO_ZONE },
	{ .ask = "GET /zones?name=example.net", .answer = ZONE },
};

static void records_come_and_go_by_value(void **state)
{
	const struct turn in[] = {
		find_zone[0],
		find_zone[1],
		find_zone[2],
		{ .ask = "POST /zones/z1/dns_records",
			.header = BEARER,
			.body = BODY("_acme-challenge.www.example.net", "one"),
			.answer = "{\"success\":true,\"result\":{\"id\":\"r1\"}}" },
		/* it could be a zone of its own; of the other one it is known by now */
		{ .ask = "GET /zones?name=_acme-challenge.example.net", .answer = NO_ZONE },
		{ .ask = "POST /zones/z1/dns_records",
			.body = BODY("_acme-challenge.example.net", "two"),
			.status = 400,
			.answer =
				"{\"success\":false,\"errors\":[{\"code\":81058,"
				"\"message\":\"An identical record already exists.\"}]}" },
	};
	const struct turn out[] = {
		find_zone[0],
		find_zone[1],
		find_zone[2],
		{ .ask = "GET /zones/z1/dns_records?type=TXT&per_page=100&name="
			 "_acme-challenge.www.example.net",
			.answer =
				"{\"result\":[{\"id\":\"r0\",\"content\":\"\\\"other\\\"\"},"
				"{\"id\":\"r1\",\"content\":\"\\\"one\\\"\"},"
				"{\"id\":\"r2\",\"content\":\"one\"}]}" },
		{ .ask = "DELETE /zones/z1/dns_records/r1", .answer = "{}" },
		{ .ask = "DELETE /zones/z1/dns_records/r2", .status = 404, .answer = "{}" },
		{ .ask = "GET /zones?name=_acme-challenge.example.net", .answer = NO_ZONE },
		{ .ask = "GET /zones/z1/dns_records?type=TXT&per_page=100&name="
			 "_acme-challenge.example.net",
			.answer = "{\"result\":[]}" },
	};
	AUTO(api_config) struct dns_config c = api_config("cloudflare", "secret-token");
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	assert_string_equal(r[0].zone, "example.net");
	api_removes(out, ARRAY_LEN(out), r, 2);
	no_error(r, 2);
	assert_false(r[0].presented);
	dns_records_clear(r, 2);
}

static void the_deepest_zone_is_it(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /zones?name=_acme-challenge.example.net", .answer = NO_ZONE },
		{ .ask = "GET /zones?name=example.net", .answer = ZONE },
		{ .ask = "POST /zones/z1/dns_records", .answer = "{}" },
		{ .ask = "GET /zones?name=_acme-challenge.dev.example.net",
			.answer = NO_ZONE },
		{ .ask = "GET /zones?name=dev.example.net",
			.answer = "{\"result\":[{\"id\":\"z2\"}]}" },
		{ .ask = "POST /zones/z2/dns_records", .answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("cloudflare", "secret-token");
	struct dns_record r[] = { api_record(&c, "example.net", "one"),
		api_record(&c, "dev.example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	no_error(r, 2);
	assert_string_equal(r[1].zone, "dev.example.net");
	dns_records_clear(r, 2);
}

static void a_global_key_goes_with_an_e_mail(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /zones?name=example.net",
			.header = "X-Auth-Key: secret-token",
			.answer = ZONE },
		{ .ask = "POST /zones/z1/dns_records",
			.header = "X-Auth-Email: me@example.net",
			.answer = "{}" },
	};
	AUTO(api_config) struct dns_config c = api_config("cloudflare", "secret-token");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	c.user = "me@example.net";
	c.zone = "example.net";
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	static const struct {
		struct turn turns[4];
		size_t n;
		const char *words;
	} rows[] = {
		{ { { .ask = "GET /zones?name=_acme-challenge.a.net",
			  .status = 403,
			  .answer = "{\"success\":false,\"errors\":[{\"code\":9109,"
				    "\"message\":\"Invalid access token\"}]}" } },
			1, ": status 403: Invalid access token" },
		{ { { .ask = "GET /zones?name=_acme-challenge.a.net", .answer = NO_ZONE },
			  { .ask = "GET /zones?name=a.net", .answer = NO_ZONE } },
			2, "this account has no zone that _acme-challenge.a.net is in" },
		{ { { .ask = "GET /zones?name=_acme-challenge.a.net",
			  .answer = "<html>" } },
			1, "no list of zones" },
		{ { { .ask = "GET /zones?name=_acme-challenge.a.net", .answer = NO_ZONE },
			  { .ask = "GET /zones?name=a.net", .answer = ZONE },
			  { .ask = "POST /zones/z1/dns_records",
				  .status = 400,
				  .answer = "{\"errors\":[{\"code\":81053,\"message\":"
					    "\"A CNAME record with that host already "
					    "exists.\"}]}" } },
			3, "zone a.net: 127.0.0.1:" },
	};
	AUTO(api_config) struct dns_config c = api_config("cloudflare", "secret-token");

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

static void what_passes_is_tried_again(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /zones?name=a.net",
			.status = 429,
			.headers = "Retry-After: 0\r\n" },
		{ .ask = "GET /zones?name=a.net",
			.status = 503,
			.headers = "Retry-After: 0\r\n" },
		{ .ask = "GET /zones?name=a.net", .answer = ZONE },
		{ .ask = "POST /zones/z1/dns_records",
			.status = 503,
			.headers = "Retry-After: 61\r\n" },
	};
	AUTO(api_config) struct dns_config c = api_config("cloudflare", "secret-token");
	struct dns_record r = api_record(&c, "a.net", "one");

	(void)state;
	c.zone = "a.net";
	api_adds(in, ARRAY_LEN(in), &r, 1);
	assert_int_equal(r.err.kind, ERR_DNS);
	assert_non_null(strstr(r.err.msg, "status 503"));
	assert_true(r.presented); /* it may have been done */
	dns_records_clear(&r, 1);
}

static void names_are_taken_apart(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	(void)state;
	api_below("_acme-challenge.www.example.net", "example.net", &b);
	assert_string_equal(b.data, "_acme-challenge.www");
	buf_reset(&b);
	api_below("example.net", "example.net", &b);
	assert_string_equal(b.data, "");
	api_escape(&b, "a-_.~b c/\xc3");
	assert_string_equal(b.data, "a-_.~b%20c%2F%C3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_and_go_by_value),
		cmocka_unit_test(the_deepest_zone_is_it),
		cmocka_unit_test(a_global_key_goes_with_an_e_mail),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
		cmocka_unit_test(what_passes_is_tried_again),
		cmocka_unit_test(names_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
