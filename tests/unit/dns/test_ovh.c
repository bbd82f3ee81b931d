/* Against https://eu.api.ovh.com/console/ and OVH's description of signatures. */
#include "scripted_api.h"

#include "base/clock.h"
#include "digest/digest.h"

#define ZONE    "/domain/zone/example.net"
#define RECORDS ZONE "/record?fieldType=TXT&subDomain="
#define BODY(below, value)                                                                 \
	"{\"fieldType\":\"TXT\",\"subDomain\":\"" below "\",\"target\":\"\\\"" value       \
	"\\\"\",\"ttl\":60}"

/* The server's clock is an hour ahead; what is signed must be. */
static char now_there[32];

/* ---- what every request but the one for the time must carry ---- */

/* The value of a header; "" if there is none. */
static char *header_of(const struct asked *q, const char *name)
{
	AUTO(str) char *start = xasprintf("\r\n%s: ", name);
	const char *at = strstr(q->head.data, start);

	at = at ? at + strlen(start) : "";
	return xstrndup(at, strcspn(at, "\r"));
}

/* "$1$" + SHA1(secret+consumer+METHOD+URL+body+time), for the time that goes with it. */
static void check_signature(void *ctx, const struct asked *q, struct told *t)
{
	AUTO(str) char *time = header_of(q, "X-Ovh-Timestamp");
	AUTO(str) char *got = header_of(q, "X-Ovh-Signature");
	AUTO(str)
	char *text = xasprintf("app-secret+consumer-key+%s+%s%s+%s+%s", q->method, api_base,
		q->path, q->body.data, time);
	AUTO(str) char *want = xasprintf("$1$%s", sha1_hex_of(text, strlen(text)).s);
	const long long ahead = strtoll(time, NULL, 10) - (long long)clock_now();

	if (strcmp(q->path, "/auth/time") != 0) {
		if (strcmp(got, want) != 0)
			api_trouble("signature", want, got);
		if (ahead < 3595 || ahead > 3605)
			api_trouble("time", now_there, time);
		if (!strstr(q->head.data, "\r\nX-Ovh-Application: app\r\n") ||
			!strstr(q->head.data, "\r\nX-Ovh-Consumer: consumer-key\r\n"))
			api_trouble("head", "with both keys", q->head.data);
	}
	if (strstr(q->head.data, "app-secret"))
		api_trouble("head", "without the secret", q->head.data);
	api_hear(ctx, q, t);
}

static int setup(void **state)
{
	const int rc = api_setup(state);

	api_server.answer = check_signature;
	return rc;
}

static struct dns_config config(const char *zone)
{
	struct dns_config c = api_config("ovh", "app-secret");

	snprintf(now_there, sizeof now_there, "%lld", (long long)clock_now() + 3600);
	c.user = "app";
	c.zone = zone;
	buf_puts(&c.consumer_key, "consumer-key");
	return c;
}

/* ---- records ---- */

static void records_come_and_go_by_value(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET /domain/zone/_acme-challenge.www.example.net",
			.status = 404,
			.answer = "{\"message\":\"This service does not exist\"}" },
		{ .ask = "GET /domain/zone/www.example.net", .status = 404 },
		{ .ask = "GET " ZONE, .answer = "{\"name\":\"example.net\"}" },
		{ .ask = "POST " ZONE "/record",
			.body = BODY("_acme-challenge.www", "one"),
			.answer = "{\"id\":5}" },
		/* the zone is known by now, and published once at the end */
		{ .ask = "POST " ZONE "/record",
			.body = BODY("_acme-challenge.www", "two"),
			.answer = "{\"id\":6}" },
		{ .ask = "GET /domain/zone/_acme-challenge.example.net", .status = 404 },
		{ .ask = "POST " ZONE "/record",
			.body = BODY("_acme-challenge", "three"),
			.answer = "{\"id\":7}" },
		{ .ask = "POST " ZONE "/refresh", .body = "", .answer = "null" },
	};
	const struct turn out[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET " ZONE, .answer = "{}" },
		{ .ask = "GET " RECORDS "_acme-challenge.www", .answer = "[4,5,6,8]" },
		{ .ask = "GET " ZONE "/record/4",
			.answer = "{\"target\":\"\\\"theirs\\\"\"}" },
		{ .ask = "GET " ZONE "/record/5",
			.answer = "{\"target\":\"\\\"one\\\"\"}" },
		{ .ask = "DELETE " ZONE "/record/5", .answer = "null" },
		{ .ask = "GET " ZONE "/record/6",
			.answer = "{\"target\":\"\\\"two\\\"\"}" },
		{ .ask = "GET " ZONE "/record/8", .status = 404 },
		{ .ask = "GET " RECORDS "_acme-challenge.www", .answer = "[4,6]" },
		{ .ask = "GET " ZONE "/record/4",
			.answer = "{\"target\":\"\\\"theirs\\\"\"}" },
		{ .ask = "GET " ZONE "/record/6", .answer = "{\"target\":\"two\"}" },
		{ .ask = "DELETE " ZONE "/record/6", .status = 404 },
		{ .ask = "GET " RECORDS "_acme-challenge", .answer = "[]" },
		{ .ask = "POST " ZONE "/refresh", .answer = "null" },
	};
	AUTO(api_config) struct dns_config c = config(NULL);
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "www.example.net", "two"),
		api_record(&c, "example.net", "three") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 3);
	no_error(r, 3);
	assert_string_equal(r[0].zone, "example.net");
	c.zone = "example.net";
	api_removes(out, ARRAY_LEN(out), r, 3);
	no_error(r, 3);
	assert_false(r[0].presented);
	dns_records_clear(r, 3);
}

static void each_zone_that_changed_is_published(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET /domain/zone/_acme-challenge.a.net", .status = 404 },
		{ .ask = "GET /domain/zone/a.net", .answer = "{}" },
		{ .ask = "POST /domain/zone/a.net/record", .answer = "{}" },
		{ .ask = "GET /domain/zone/_acme-challenge.b.net", .status = 404 },
		{ .ask = "GET /domain/zone/b.net", .answer = "{}" },
		{ .ask = "POST /domain/zone/b.net/record", .answer = "{}" },
		{ .ask = "GET /domain/zone/_acme-challenge.c.net", .status = 404 },
		{ .ask = "GET /domain/zone/c.net", .answer = "{}" },
		{ .ask = "POST /domain/zone/c.net/record",
			.status = 400,
			.answer = "{\"message\":\"no\"}" },
		{ .ask = "POST /domain/zone/a.net/refresh",
			.status = 403,
			.answer = "{\"message\":\"This call has not been granted\"}" },
		{ .ask = "POST /domain/zone/b.net/refresh", .answer = "null" },
	};
	AUTO(api_config) struct dns_config c = config(NULL);
	struct dns_record r[] = { api_record(&c, "a.net", "one"),
		api_record(&c, "b.net", "two"), api_record(&c, "c.net", "three") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 3);
	assert_non_null(strstr(r[0].err.msg, "zone a.net: "));
	assert_non_null(strstr(r[0].err.msg, "status 403: This call has not been granted"));
	assert_true(r[0].presented); /* it must be taken out again */
	no_error(&r[1], 1);
	assert_non_null(strstr(r[2].err.msg, "status 400: no"));
	dns_records_clear(r, 3);
}

static void what_it_refuses_is_told_in_its_words(void **state)
{
	static const struct {
		const char *zone;
		struct turn turns[4];
		size_t n;
		const char *words;
		bool presented;
	} rows[] = {
		{ "a.net", { { .ask = "GET /auth/time", .status = 404 } }, 1,
			": status 404", false },
		{ "a.net", { { .ask = "GET /auth/time", .answer = "\"noon\"" } }, 1,
			"holds no time", false },
		{ "a.net",
			{ { .ask = "GET /auth/time", .answer = now_there },
				{ .ask = "GET /domain/zone/a.net",
					.status = 403,
					.answer = "{\"message\":\"This application key is "
						  "invalid\"}" } },
			2, ": status 403: This application key is invalid", false },
		{ NULL,
			{ { .ask = "GET /auth/time", .answer = now_there },
				{ .ask = "GET /domain/zone/_acme-challenge.a.net",
					.status = 404 },
				{ .ask = "GET /domain/zone/a.net", .status = 404 } },
			3, "this account has no zone that _acme-challenge.a.net is in",
			false },
		{ "a.net",
			{ { .ask = "GET /auth/time", .answer = now_there },
				{ .ask = "GET /domain/zone/a.net", .answer = "{}" },
				{ .ask = "POST /domain/zone/a.net/record",
					.status = 400,
					.answer = "{\"message\":\"Invalid subDomain\"}" } },
			3, "status 400: Invalid subDomain", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(api_config) struct dns_config c = config(rows[i].zone);
		struct dns_record r = api_record(&c, "a.net", "one");

		api_adds(rows[i].turns, rows[i].n, &r, 1);
		if (r.err.kind != ERR_DNS || !strstr(r.err.msg, rows[i].words) ||
			strstr(r.err.msg, "app-secret") ||
			strstr(r.err.msg, "consumer-key"))
			fail_msg("row %zu: %s", i, r.err.msg);
		assert_int_equal(r.presented, rows[i].presented);
		dns_records_clear(&r, 1);
	}
}

static void half_a_removal_is_published_and_kept(void **state)
{
	const struct turn out[] = {
		{ .ask = "GET /auth/time", .answer = now_there },
		{ .ask = "GET " ZONE, .answer = "{}" },
		{ .ask = "GET " RECORDS "_acme-challenge", .answer = "[5,\"x\"]" },
		{ .ask = "GET " ZONE "/record/5", .answer = "{\"target\":\"one\"}" },
		{ .ask = "DELETE " ZONE "/record/5", .answer = "null" },
		{ .ask = "POST " ZONE "/refresh", .answer = "null" },
	};
	AUTO(api_config) struct dns_config c = config("example.net");
	struct dns_record r = api_record(&c, "example.net", "one");

	(void)state;
	r.name = xstrdup("_acme-challenge.example.net");
	r.presented = true;
	api_removes(out, ARRAY_LEN(out), &r, 1);
	assert_non_null(strstr(r.err.msg, "holds no list of records"));
	assert_true(r.presented);
	dns_records_clear(&r, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_and_go_by_value),
		cmocka_unit_test(each_zone_that_changed_is_published),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
		cmocka_unit_test(half_a_removal_is_published_and_kept),
	};

	return cmocka_run_group_tests(tests, setup, api_teardown);
}
