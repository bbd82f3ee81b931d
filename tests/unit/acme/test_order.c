#include "scripted_ca.h"

#include "base/stop.h"

#define ORDER(status, more)                                                                \
	"{\"status\":\"" status "\",\"authorizations\":[\"@/z/1\",\"@/z/2\"],"             \
	"\"finalize\":\"@/order/1/finalize\"" more "}"
#define VALID     ORDER("valid", ",\"certificate\":\"@/cert/1\"")
#define AT        "Location: @/order/1\r\n"
#define CHALLENGE "{\"type\":\"dns-01\",\"url\":\"@/ch/1\",\"token\":\"tok\"}"
#define FAILED(text)                                                                        \
	"{\"type\":\"dns-01\",\"url\":\"@/ch/1\",\"token\":\"tok\",\"status\":\"invalid\"," \
	"\"error\":" PROBLEM("dns", text) "}"
#define AUTHORIZATION(status, challenge)                                                               \
	"{\"status\":\"" status "\",\"identifier\":{\"type\":\"dns\","                                 \
	"\"value\":\"a.example\"},\"challenges\":[{\"type\":\"new-01\",\"url\":\"@/ch/0\"}," challenge \
	"]}"
#define PEM "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"

static const char *const names[] = { "a.example", "*.a.example" };
static const struct acme_wish wish = { names, 2, NULL, NULL };
static const struct acme_wish profiled = { names, 1, "tlsserver", NULL };
static const struct acme_wish misspelt = { names, 1, "tlserver", NULL };

static const struct scene new_order = {
	.ask = "POST /new-order", .status = 201, .body = ORDER("pending", ""), .headers = AT
};

/* The order of scene `new_order`, which must be the first of the script. */
static void begin(struct ca *ca, struct acme_order *o)
{
	struct err e;

	assert_ok(acme_order_new(ca->acme, &wish, o, ca_soon(), &e), &e);
}

/* One authorization, got by the scene that answers "POST /z/1". */
static void get(struct ca *ca, struct acme_authorization *z)
{
	AUTO(buf) struct buf url = BUF_EMPTY;
	struct err e;

	ca_expand("@/z/1", &url);
	assert_ok(acme_authorization_get(ca->acme, url.data, z, ca_soon(), &e), &e);
}

static void from_order_to_certificate(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-order",
			.status = 201,
			.body = ORDER("pending", ""),
			.headers = AT,
			.payload =
				"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},"
				"{\"type\":\"dns\",\"value\":\"*.a.example\"}]}" },
		{ .ask = "POST /z/1",
			.status = 200,
			.payload = "",
			.body = AUTHORIZATION("pending", CHALLENGE) },
		{ .ask = "POST /ch/1", .status = 200, .body = CHALLENGE, .payload = "{}" },
		{ .ask = "POST /z/1",
			.status = 200,
			.times = 3,
			.body = AUTHORIZATION("pending", CHALLENGE) },
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("valid", CHALLENGE) },
		{ .ask = "POST /order/1",
			.status = 200,
			.body = ORDER("pending", ""),
			.payload = "" },
		{ .ask = "POST /order/1", .status = 200, .body = ORDER("ready", "") },
		/* No Location: Pebble gives none since 2.9. */
		{ .ask = "POST /order/1/finalize",
			.status = 200,
			.body = ORDER("processing", ""),
			.payload = "{\"csr\":\"_-8\"}" },
		/* What a replica of a CA that lags behind can say. */
		{ .ask = "POST /order/1", .status = 200, .body = ORDER("ready", "") },
		{ .ask = "POST /order/1",
			.status = 200,
			.body = ORDER("processing", ""),
			.times = 3 },
		{ .ask = "POST /order/1", .status = 200, .body = VALID },
		{ .ask = "POST /cert/1",
			.status = 200,
			.body = PEM PEM,
			.payload = "",
			.headers = "Content-Type: application/pem-certificate-chain\r\n" },
	};
	AUTO(acme_order) struct acme_order o = { 0 };
	AUTO(acme_authorization) struct acme_authorization z = { 0 };
	AUTO(buf) struct buf csr = BUF_EMPTY;
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	begin(&ca, &o);
	assert_int_equal(o.status, ACME_PENDING);
	get(&ca, &z);
	assert_string_equal(z.challenges[ACME_DNS_01].token, "tok");
	assert_ok(acme_challenge_ready(ca.acme, &z, ACME_DNS_01, ca_soon(), &e), &e);
	assert_ok(acme_authorization_wait(ca.acme, &z, ca_soon(), &e), &e);
	assert_ok(acme_order_wait(ca.acme, &o, ACME_PENDING, ca_soon(), &e), &e);
	assert_int_equal(o.status, ACME_READY);
	buf_add(&csr, "\xff\xef", 2);
	assert_ok(acme_order_finalize(ca.acme, &o, &csr, ca_soon(), &e), &e);
	assert_ok(acme_order_wait(ca.acme, &o, ACME_PROCESSING, ca_soon(), &e), &e);
	assert_ok(acme_certificate(ca.acme, o.certificate, &pem, NULL, ca_soon(), &e), &e);
	assert_string_equal(pem.data, PEM PEM);
	assert_string_equal(ca.accept, "application/pem-certificate-chain");
	assert_int_equal(ca.heads, 1);
	ca_close(&ca);
}

static void a_profile_goes_out_if_the_ca_has_it(void **state)
{
	static const struct scene script[] = {
		{ .ask = "GET /directory",
			.status = 200,
			.body = DIRECTORY ",\"meta\":{\"profiles\":"
					  "{\"classic\":\"c\",\"tlsserver\":\"t\"}}}" },
		{ .ask = "POST /new-order",
			.status = 201,
			.body = ORDER("ready", ""),
			.headers = AT,
			.payload =
				"{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}],"
				"\"profile\":\"tlsserver\"}" },
	};
	AUTO(acme_order) struct acme_order o = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	assert_ok(acme_order_new(ca.acme, &profiled, &o, ca_soon(), &e), &e);
	assert_int_equal(o.status, ACME_READY);
	assert_err(acme_order_new(ca.acme, &misspelt, &o, ca_soon(), &e), &e, ERR_CONFIG,
		"has no profile 'tlserver', only: classic, tlsserver");
	ca_close(&ca);
}

static void a_profile_of_a_ca_without_profiles_is_refused(void **state)
{
	AUTO(acme_order) struct acme_order o = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, NULL, 0);
	assert_err(acme_order_new(ca.acme, &profiled, &o, ca_soon(), &e), &e, ERR_CONFIG,
		"offers no profiles, so not 'tlsserver'");
	ca_close(&ca);
}

static void orders_that_are_refused_are_told(void **state)
{
	static const struct {
		struct scene scene;
		enum err_kind kind;
		const char *words;
		int not_before; /* seconds from now; 0: none */
	} rows[] = {
		{ { .status = 201, .body = ORDER("pending", "") }, ERR_PROTOCOL,
			"without an order URL", 0 },
		{ { .status = 201, .body = "<html>", .headers = AT }, ERR_PROTOCOL,
			"no JSON object", 0 },
		{ { .status = 201, .body = "{}", .headers = AT }, ERR_PROTOCOL,
			"the answer is no order: 'status' is missing", 0 },
		{ { .status = 403,
			  .body = "<html>",
			  .headers = "Content-Type: text/html\r\n" },
			ERR_PROTOCOL, "answered with HTML (status 403), not JSON", 0 },
		{ { .status = 429,
			  .headers = "Retry-After: 1000\r\n",
			  .body = PROBLEM("rateLimited", "too many certificates") },
			ERR_ACME, "rateLimited: too many certificates (retry after 20",
			1000 },
		{ { .status = 429,
			  .headers = "Retry-After: 1000\r\n",
			  .body = PROBLEM("rateLimited", "retry after noon: see URL") },
			ERR_ACME, "retry after noon: see URL", 1000 },
		{ { .status = 503,
			  .headers = "Date: Sun, 06 Nov 1994 08:00:00 GMT\r\n"
				     "Retry-After: Sun, 06 Nov 1994 08:20:00 GMT\r\n",
			  .body = PROBLEM("rateLimited", "busy") },
			ERR_NET, "rateLimited: busy", 1200 },
		{ { .status = 403,
			  .headers = "Retry-After: 1000\r\n",
			  .body = PROBLEM("unauthorized", "no") },
			ERR_ACME, "unauthorized: no", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(acme_order) struct acme_order o = { 0 };
		struct scene scene = rows[i].scene;
		struct ca ca = { 0 };
		struct err e;
		time_t least = rows[i].not_before ? clock_now() + rows[i].not_before : 0;

		scene.ask = "POST /new-order";
		ca_open(&ca, &scene, 1);
		assert_err(acme_order_new(ca.acme, &wish, &o, ca_soon(), &e), &e,
			rows[i].kind, rows[i].words);
		assert_true(strncmp(e.msg, "new order: ", 11) == 0);
		assert_in_range(e.not_before, least, least ? least + 5 : 0);
		ca_close(&ca);
	}
}

static void an_order_that_ends_badly_is_told(void **state)
{
	static const struct {
		const char *order, *first, *second; /* authorizations, if they are asked */
		const char *words;
	} rows[] = {
		{ ORDER("invalid", ",\"error\":" PROBLEM("caa", "forbidden")), NULL, NULL,
			"order: invalid: caa: forbidden" },
		{ ORDER("invalid", ""), AUTHORIZATION("valid", CHALLENGE),
			AUTHORIZATION("invalid", FAILED("NXDOMAIN")),
			"order: invalid: a.example: dns: NXDOMAIN" },
		{ ORDER("deactivated", ""), AUTHORIZATION("deactivated", CHALLENGE),
			AUTHORIZATION("valid", CHALLENGE),
			"order: the CA has it as deactivated, and doesn't say why" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scene script[] = {
			new_order,
			{ .ask = "POST /order/1", .status = 200, .body = rows[i].order },
			{ .ask = "POST /z/1", .status = 200, .body = rows[i].first },
			{ .ask = "POST /z/2", .status = 200, .body = rows[i].second },
		};
		AUTO(acme_order) struct acme_order o = { 0 };
		struct ca ca = { 0 };
		struct err e;

		ca_open(&ca, script, rows[i].first ? 4 : 2);
		begin(&ca, &o);
		assert_err(acme_order_wait(ca.acme, &o, ACME_PENDING, ca_soon(), &e), &e,
			ERR_ACME, rows[i].words);
		ca_close(&ca);
	}
}

/* A second of Retry-After is a millisecond here. */
static void a_poll_comes_when_it_is_asked_for(void **state)
{
	static const struct {
		const char *headers;
		int least; /* milliseconds */
	} rows[] = {
		{ "Retry-After: 30\r\n", 30 },
		{ "Date: Sun, 06 Nov 1994 08:00:00 GMT\r\n"
		  "Retry-After: Sun, 06 Nov 1994 08:00:30 GMT\r\n",
			30 },
		{ "Retry-After: 86400\r\n", 60 },
		{ "Retry-After: 0\r\n", 1 },
		{ "Retry-After: nonsense\r\n", 1 },
		{ "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scene script[] = {
			new_order,
			{ .ask = "POST /order/1",
				.status = 200,
				.body = ORDER("processing", ""),
				.headers = rows[i].headers },
			{ .ask = "POST /order/1", .status = 200, .body = VALID },
		};
		AUTO(acme_order) struct acme_order o = { 0 };
		struct ca ca = { 0 };
		struct err e;
		int64_t start;

		ca_open(&ca, script, ARRAY_LEN(script));
		begin(&ca, &o);
		assert_ok(acme_order_refresh(ca.acme, &o, ca_soon(), &e), &e);
		start = clock_ms();
		assert_ok(acme_order_wait(ca.acme, &o, ACME_PROCESSING, ca_soon(), &e), &e);
		assert_true(clock_ms() - start >= rows[i].least);
		ca_close(&ca);
	}
}

static void a_wait_ends_at_the_deadline(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-order",
			.status = 201,
			.body = ORDER("pending", ""),
			.headers = AT "Retry-After: 50\r\n" },
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("pending", CHALLENGE) },
		{ .ask = "POST /z/1",
			.status = 200,
			.headers = "Retry-After: 50\r\n",
			.body = AUTHORIZATION("processing", CHALLENGE) },
	};
	AUTO(acme_order) struct acme_order o = { 0 };
	AUTO(acme_authorization) struct acme_authorization z = { 0 };
	struct ca ca = { 0 };
	struct err e = { 0 };

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	ca.acme->pace.second_ms = 1000;
	begin(&ca, &o);
	assert_err(acme_order_wait(ca.acme, &o, ACME_PENDING, ca_soon(), &e), &e,
		ERR_TIMEOUT, "order: still pending: no end in time");
	get(&ca, &z);
	assert_err(acme_authorization_wait(ca.acme, &z, ca_soon(), &e), &e, ERR_TIMEOUT,
		"a.example: the CA has not looked yet (still processing)");
	ca_close(&ca);
}

static void authorizations_that_fail_are_told(void **state)
{
	static const struct {
		const char *body, *words;
	} rows[] = {
		{ AUTHORIZATION("invalid", FAILED("no TXT record")),
			"a.example: dns: no TXT record" },
		{ AUTHORIZATION("invalid", CHALLENGE),
			"a.example: the authorization is invalid" },
		{ AUTHORIZATION("expired", CHALLENGE), "the authorization is expired" },
		{ AUTHORIZATION("revoked", CHALLENGE), "the authorization is revoked" },
		{ AUTHORIZATION("deactivated", CHALLENGE),
			"the authorization is deactivated" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scene script[] = {
			{ .ask = "POST /z/1",
				.status = 200,
				.body = rows[i].body,
				.times = 2 },
		};
		AUTO(acme_authorization) struct acme_authorization z = { 0 };
		struct ca ca = { 0 };
		struct err e;

		ca_open(&ca, script, ARRAY_LEN(script));
		get(&ca, &z);
		assert_err(acme_authorization_wait(ca.acme, &z, ca_soon(), &e), &e,
			ERR_ACME, rows[i].words);
		ca_close(&ca);
	}
}

static void a_challenge_that_cannot_be_met_is_told(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("pending", "{\"type\":\"http-01\"}") },
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("pending", CHALLENGE) },
		{ .ask = "POST /ch/1", .status = 400, .body = PROBLEM("malformed", "no") },
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("pending", CHALLENGE) },
	};
	AUTO(acme_authorization) struct acme_authorization z = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	get(&ca, &z);
	assert_err(acme_challenge_ready(ca.acme, &z, ACME_DNS_01, ca_soon(), &e), &e,
		ERR_ACME, "a.example: 127.0.0.1:");
	get(&ca, &z);
	assert_err(acme_challenge_ready(ca.acme, &z, ACME_DNS_01, ca_soon(), &e), &e,
		ERR_ACME, "malformed: no");
	ca_close(&ca);
}

/* Another certificate's order was quicker, or our own first POST came through. */
static void a_challenge_that_went_on_already_is_well(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("pending", CHALLENGE) },
		{ .ask = "POST /ch/1",
			.status = 400,
			.body = PROBLEM("malformed", "not pending") },
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("valid", CHALLENGE) },
	};
	AUTO(acme_authorization) struct acme_authorization z = { 0 };
	struct ca ca = { 0 };
	struct err e;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	get(&ca, &z);
	assert_ok(acme_challenge_ready(ca.acme, &z, ACME_DNS_01, ca_soon(), &e), &e);
	ca_close(&ca);
}

static void a_finalize_that_came_through_before_is_well(void **state)
{
	static const struct {
		const char *status_now;
		bool ok;
	} rows[] = {
		{ ORDER("processing", ""), true },
		{ VALID, true },
		{ ORDER("pending", ""), false },
		{ ORDER("ready", ""), false },
	};
	AUTO(buf) struct buf csr = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scene script[] = {
			new_order,
			{ .ask = "POST /order/1/finalize",
				.status = 403,
				.body = PROBLEM("orderNotReady", "not now") },
			{ .ask = "POST /order/1",
				.status = 200,
				.body = rows[i].status_now },
		};
		AUTO(acme_order) struct acme_order o = { 0 };
		struct ca ca = { 0 };
		struct err e;

		ca_open(&ca, script, ARRAY_LEN(script));
		begin(&ca, &o);
		if (rows[i].ok)
			assert_ok(
				acme_order_finalize(ca.acme, &o, &csr, ca_soon(), &e), &e);
		else
			assert_err(acme_order_finalize(ca.acme, &o, &csr, ca_soon(), &e),
				&e, ERR_ACME, "orderNotReady: not now");
		ca_close(&ca);
	}
}

static void what_is_no_chain_is_refused(void **state)
{
	static const struct {
		struct scene scene;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ { .status = 200, .body = PEM "-----BEGIN PRIVATE KEY-----\nQUJD\n" },
			ERR_PROTOCOL, "BEGIN PRIVATE KEY-----': refused" },
		{ { .status = 200, .body = "<html>" }, ERR_PROTOCOL,
			"holds no certificate" },
		{ { .status = 200 }, ERR_PROTOCOL, "holds no certificate" },
		{ { .status = 404, .body = PROBLEM("malformed", "gone") }, ERR_ACME,
			"malformed: gone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene script[] = {
			{ .ask = "POST /new-order",
				.status = 201,
				.body = VALID,
				.headers = AT },
			rows[i].scene,
		};
		AUTO(acme_order) struct acme_order o = { 0 };
		AUTO(buf) struct buf pem = BUF_EMPTY;
		struct ca ca = { 0 };
		struct err e;

		script[1].ask = "POST /cert/1";
		ca_open(&ca, script, ARRAY_LEN(script));
		begin(&ca, &o);
		assert_err(
			acme_certificate(ca.acme, o.certificate, &pem, NULL, ca_soon(), &e),
			&e, rows[i].kind, rows[i].words);
		ca_close(&ca);
	}
}

static void *one_certificate(void *arg)
{
	struct ca *ca = arg;
	AUTO(acme_order) struct acme_order o = { 0 };
	AUTO(acme_authorization) struct acme_authorization z = { 0 };
	AUTO(buf) struct buf csr = BUF_EMPTY;
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct err e;
	int64_t deadline = ca_soon();

	if (acme_order_new(ca->acme, &wish, &o, deadline, &e) &&
		acme_authorization_get(ca->acme, o.authorizations[0], &z, deadline, &e) &&
		acme_challenge_ready(ca->acme, &z, ACME_DNS_01, deadline, &e) &&
		acme_authorization_wait(ca->acme, &z, deadline, &e) &&
		acme_order_finalize(ca->acme, &o, &csr, deadline, &e) &&
		acme_order_wait(ca->acme, &o, ACME_PROCESSING, deadline, &e) &&
		acme_certificate(ca->acme, o.certificate, &pem, NULL, deadline, &e))
		return NULL;
	return xstrdup(e.msg);
}

static void certificates_run_side_by_side(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-order",
			.status = 201,
			.body = ORDER("pending", ""),
			.headers = AT },
		{ .ask = "POST /z/1",
			.status = 200,
			.body = AUTHORIZATION("valid", CHALLENGE) },
		{ .ask = "POST /ch/1", .status = 200, .body = CHALLENGE },
		{ .ask = "POST /order/1/finalize", .status = 200, .body = VALID },
		{ .ask = "POST /cert/1", .status = 200, .body = PEM },
	};
	struct ca ca = { .any_order = true };
	pthread_t threads[4];
	void *failed;

	(void)state;
	ca_open(&ca, script, ARRAY_LEN(script));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, one_certificate, &ca), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], &failed);
		if (failed)
			fail_msg("%s", (char *)failed);
	}
	assert_int_equal(ca.posts, 6 * 4);
	assert_in_range(ca.heads, 1, 4);
	ca_close(&ca);
}

static void *interrupt(void *arg)
{
	(void)arg;
	usleep(10000);
	kill(getpid(), SIGINT);
	return NULL;
}

/* The last test: a stop can't be taken back. */
static void a_stop_request_ends_a_wait(void **state)
{
	static const struct scene script[] = {
		{ .ask = "POST /new-order",
			.status = 201,
			.body = ORDER("pending", ""),
			.headers = AT },
		{ .ask = "POST /order/1", .status = 200, .body = ORDER("pending", "") },
	};
	AUTO(acme_order) struct acme_order o = { 0 };
	struct ca ca = { .any_order = true };
	struct err e = { 0 };
	pthread_t thread;

	(void)state;
	stop_init();
	ca_open(&ca, script, ARRAY_LEN(script));
	begin(&ca, &o);
	assert_int_equal(pthread_create(&thread, NULL, interrupt, NULL), 0);
	assert_err(acme_order_wait(ca.acme, &o, ACME_PENDING, ca_soon(), &e), &e,
		ERR_STOPPED, "interrupted");
	pthread_join(thread, NULL);
	ca_close(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_order_to_certificate),
		cmocka_unit_test(a_profile_goes_out_if_the_ca_has_it),
		cmocka_unit_test(a_profile_of_a_ca_without_profiles_is_refused),
		cmocka_unit_test(orders_that_are_refused_are_told),
		cmocka_unit_test(an_order_that_ends_badly_is_told),
		cmocka_unit_test(a_poll_comes_when_it_is_asked_for),
		cmocka_unit_test(a_wait_ends_at_the_deadline),
		cmocka_unit_test(authorizations_that_fail_are_told),
		cmocka_unit_test(a_challenge_that_cannot_be_met_is_told),
		cmocka_unit_test(a_challenge_that_went_on_already_is_well),
		cmocka_unit_test(a_finalize_that_came_through_before_is_well),
		cmocka_unit_test(what_is_no_chain_is_refused),
		cmocka_unit_test(certificates_run_side_by_side),
		cmocka_unit_test(a_stop_request_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, ca_group_setup, ca_group_teardown);
}
