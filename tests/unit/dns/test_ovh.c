/* Against https://eu.api.ovh.com/console/ and OVH's description of signatures. */
#include "scripted_api.h"

#include "base/clock.h"
#include "digest/digest.h"

#define ZONE "/domain/zone/example.net"

/* The server's clock is an hour ahead; what is signed must be. */
static char now_there[32];

static void set_clock(void)
{
	snprintf(now_there, sizeof now_there, "%lld", (long long)clock_now() + 3600);
}

static void records_come_and_go_by_value(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET " ZONE, .header = "X-Ovh-Application: app", .answer = "{}" },
		{ .ask = "POST " ZONE "/record",
			.header = "X-Ovh-Consumer: consumer",
			.body = "{\"fieldType\":\"TXT\",\"subDomain\":\"_acme-challenge.www\","
				"\"target\":\"\\\"one\\\"\",\"ttl\":60}",
			.answer = "{\"id\":5}" },
		{ .ask = "POST " ZONE "/refresh", .body = "", .answer = "null" },
	};
	const struct turn out[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET " ZONE, .answer = "{}" },
		{ .ask = "GET " ZONE "/record?fieldType=TXT&subDomain=_acme-challenge.www",
			.answer = "[4,5,6]" },
		{ .ask = "GET " ZONE "/record/4",
			.answer = "{\"target\":\"\\\"two\\\"\"}" },
		{ .ask = "GET " ZONE "/record/5",
			.answer = "{\"target\":\"\\\"one\\\"\"}" },
		{ .ask = "DELETE " ZONE "/record/5", .answer = "null" },
		{ .ask = "GET " ZONE "/record/6", .status = 404 },
		{ .ask = "POST " ZONE "/refresh", .answer = "null" },
	};
	AUTO(api_config) struct dns_config c = api_config("ovh", "secret");
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	set_clock();
	c.user = "app";
	buf_puts(&c.consumer_key, "consumer");
	c.zone = "example.net";
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	api_removes(out, ARRAY_LEN(out), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

/* The value of a header of the last request; "" if it has none. */
static char *last_header(const struct asked *q, const char *name)
{
	AUTO(str) char *start = xasprintf("\r\n%s: ", name);
	const char *at = strstr(q->head.data, start);

	at = at ? at + strlen(start) : "";
	return xstrndup(at, strcspn(at, "\r"));
}

static char seen_signature[64], seen_time[32];

static void keep_signature(void *ctx, const struct asked *q, struct told *t)
{
	AUTO(str) char *signature = last_header(q, "X-Ovh-Signature");
	AUTO(str) char *time = last_header(q, "X-Ovh-Timestamp");

	snprintf(seen_signature, sizeof seen_signature, "%s", signature);
	snprintf(seen_time, sizeof seen_time, "%s", time);
	api_hear(ctx, q, t);
}

/* "$1$" + SHA1(secret+consumer+METHOD+URL+body+time), for the time that went with it. */
static void requests_are_signed_with_the_servers_time(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET " ZONE,
			.status = 403,
			.answer = "{\"message\":\"This application key is invalid\"}" },
	};
	AUTO(api_config) struct dns_config c = api_config("ovh", "secret");
	struct dns_record r = api_record(&c, "www.example.net", "one");
	AUTO(str) char *text = NULL;
	AUTO(str) char *want = NULL;

	(void)state;
	set_clock();
	c.user = "app";
	buf_puts(&c.consumer_key, "consumer");
	c.zone = "example.net";
	api_server.answer = keep_signature;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	api_server.answer = api_hear;
	assert_non_null(strstr(r.err.msg, "status 403: This application key is invalid"));
	assert_null(strstr(r.err.msg, "secret"));
	assert_true(strtoll(seen_time, NULL, 10) >= strtoll(now_there, NULL, 10));
	text = xasprintf("secret+consumer+GET+%s" ZONE "++%s", api_base, seen_time);
	want = xasprintf("$1$%s", sha1_hex_of(text, strlen(text)).s);
	assert_string_equal(seen_signature, want);
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_and_go_by_value),
		cmocka_unit_test(requests_are_signed_with_the_servers_time),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}
