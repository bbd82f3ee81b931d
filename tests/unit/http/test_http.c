#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "check.h"
#include "http/http.h"
#include "http/private/http.h"
#include "http/tls_server.h"

#include <signal.h>
#include <sys/stat.h>

/* One fixed answer, and what was asked last. */
struct stage {
	struct tls_server server;
	struct http *http;
	int status;
	enum manner manner;
	const char *headers;
	const char *body;
	struct asked last;
	int asked;
};

static void answer(void *ctx, const struct asked *q, struct told *t)
{
	struct stage *s = ctx;

	s->asked++;
	s->last.connection = q->connection;
	snprintf(s->last.method, sizeof s->last.method, "%s", q->method);
	snprintf(s->last.path, sizeof s->last.path, "%s", q->path);
	buf_reset(&s->last.head);
	buf_add(&s->last.head, q->head.data, q->head.len);
	buf_reset(&s->last.body);
	buf_add(&s->last.body, q->body.data, q->body.len);
	t->status = s->status;
	t->manner = s->manner;
	buf_puts(&t->headers, s->headers);
	buf_puts(&t->body, s->body);
}

static void stage_open(struct stage *s, const char *dir)
{
	struct http_config c = { .user_agent = "certpush/test" };

	s->server.answer = answer;
	s->server.ctx = s;
	s->status = s->status ? s->status : 200;
	s->headers = s->headers ? s->headers : "";
	s->body = s->body ? s->body : "";
	buf_init(&s->last.head);
	buf_init(&s->last.body);
	tls_server_start(&s->server, dir);
	c.ca_file = s->server.ca_file;
	s->http = http_new(&c);
}

static void stage_close(struct stage *s)
{
	http_free(s->http);
	tls_server_stop(&s->server);
	buf_clear(&s->last.head);
	buf_clear(&s->last.body);
}

static bool get_within(
	struct stage *s, const char *path, int ms, struct http_response *r, struct err *e)
{
	struct tls_server_url url = tls_server_url(&s->server, path);
	struct http_request q = {
		.method = "GET", .url = url.s, .deadline = deadline_in_ms(ms)
	};

	return http_do(s->http, &q, r, e);
}

static bool get(struct stage *s, const char *path, struct http_response *r, struct err *e)
{
	return get_within(s, path, 10000, r, e);
}

static void an_answer_is_told_whole(void **state)
{
	struct stage s = { .status = 418,
		.headers =
			"Content-Type: Text/HTML; charset=utf-8\r\nLink: <a>\r\nlink:  <b>  \r\n",
		.body = "teapot" };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct err e;
	size_t from = 0;

	stage_open(&s, *state);
	assert_ok(get(&s, "/x?y=z", &r, &e), &e);
	assert_string_equal(s.last.method, "GET");
	assert_string_equal(s.last.path, "/x?y=z");
	assert_non_null(strstr(s.last.head.data, "\r\nUser-Agent: certpush/test\r\n"));
	assert_int_equal(r.status, 418);
	assert_string_equal(r.body.data, "teapot");
	assert_string_equal(r.content_type, "text/html");
	assert_string_equal(http_header(&r, "LINK", &from), "<a>");
	assert_string_equal(http_header(&r, "LINK", &from), "<b>");
	assert_null(http_header(&r, "LINK", &from));
	assert_null(http_header(&r, "Lin", NULL));
	stage_close(&s);
}

static void a_post_carries_its_body_and_headers(void **state)
{
	const char *const headers[] = { "X-Token: abc", NULL };
	struct stage s = { 0 };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct http_request q = { .method = "POST",
		.content_type = "application/jose+json",
		.accept = "application/pem-certificate-chain",
		.headers = headers,
		.body = "a\0b",
		.body_len = 3,
		.deadline = deadline_in(10) };
	struct tls_server_url url;
	struct err e;

	stage_open(&s, *state);
	url = tls_server_url(&s.server, "/");
	q.url = url.s;
	assert_ok(http_do(s.http, &q, &r, &e), &e);
	assert_string_equal(s.last.method, "POST");
	assert_int_equal(s.last.body.len, 3);
	assert_memory_equal(s.last.body.data, "a\0b", 3);
	assert_non_null(strstr(s.last.head.data, "\r\nX-Token: abc\r\n"));
	assert_non_null(
		strstr(s.last.head.data, "\r\nContent-Type: application/jose+json\r\n"));
	assert_non_null(strstr(
		s.last.head.data, "\r\nAccept: application/pem-certificate-chain\r\n"));
	assert_null(strcasestr(s.last.head.data, "\r\nExpect"));
	stage_close(&s);
}

static void every_method_goes_out_as_it_is(void **state)
{
	static const struct {
		const char *method, *body;
	} rows[] = { { "HEAD", NULL }, { "GET", NULL }, { "POST", NULL }, { "POST", "x" },
		{ "PUT", "y" }, { "PATCH", "z" }, { "DELETE", NULL }, { "GET", NULL } };
	struct stage s = { .body = "answer" };
	struct tls_server_url url;
	struct err e;

	stage_open(&s, *state);
	url = tls_server_url(&s.server, "/");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
		struct http_request q = { .method = rows[i].method,
			.url = url.s,
			.body = rows[i].body,
			.body_len = rows[i].body ? 1 : 0,
			.deadline = deadline_in(10) };

		assert_ok(http_do(s.http, &q, &r, &e), &e);
		assert_string_equal(s.last.method, rows[i].method);
		assert_string_equal(s.last.body.data, rows[i].body ? rows[i].body : "");
		assert_string_equal(r.body.data, i == 0 ? "" : "answer");
	}
	assert_int_equal(atomic_load(&s.server.connections), 1);
	stage_close(&s);
}

static void what_comes_back_broken_is_told(void **state)
{
	static const struct {
		enum manner manner;
		enum err_kind kind;
		const char *words;
	} rows[] = {
		{ CUT, ERR_NET, "the answer broke off" },
		{ GONE, ERR_NET, "the connection was closed without an answer" },
		{ RUBBISH, ERR_PROTOCOL, "the answer is not HTTP" },
		{ ENDLESS, ERR_PROTOCOL, "the answer is too large" },
		{ HEADERS, ERR_PROTOCOL, "the answer has too many headers" },
	};
	struct stage s = { .body = "0123456789" };

	stage_open(&s, *state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
		struct err e = { 0 };

		s.manner = rows[i].manner;
		assert_err(get(&s, "/p?secret=1", &r, &e), &e, rows[i].kind, rows[i].words);
		assert_non_null(strstr(e.msg, "https://127.0.0.1:"));
		assert_null(strstr(e.msg, "secret"));
		assert_int_equal(r.body.len, 0);
		assert_int_equal(r.n_headers, 0);
	}
	stage_close(&s);
}

static void a_body_may_be_as_large_as_it_may_be(void **state)
{
	struct stage s = { .body = "0123456789" };
	struct http_config c = { .max_body = 10 };
	struct err e = { 0 };

	stage_open(&s, *state);
	http_free(s.http);
	c.ca_file = s.server.ca_file;
	s.http = http_new(&c);
	for (int i = 0; i < 2; i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;

		if (i == 0)
			assert_ok(get(&s, "/", &r, &e), &e);
		else
			assert_err(get(&s, "/", &r, &e), &e, ERR_PROTOCOL, "too large");
		s.body = "0123456789A";
	}
	stage_close(&s);
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
	struct stage s = { .status = 302, .headers = "Location: /elsewhere\r\n" };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct err e;

	stage_open(&s, *state);
	assert_ok(get(&s, "/", &r, &e), &e);
	assert_int_equal(r.status, 302);
	assert_int_equal(s.asked, 1);
	stage_close(&s);
}

static void headers_of_an_interim_answer_dont_count(void **state)
{
	struct stage s = { .manner = CONTINUE, .status = 201, .headers = "Link: <c>\r\n" };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct err e;

	stage_open(&s, *state);
	assert_ok(get(&s, "/", &r, &e), &e);
	assert_int_equal(r.status, 201);
	assert_null(http_header(&r, "Retry-After", NULL));
	assert_string_equal(http_header(&r, "Link", NULL), "<c>");
	stage_close(&s);
}

/* Over a connection that is there already, so that nothing else takes the time. */
static void a_silent_server_is_left_at_the_deadline(void **state)
{
	struct stage s = { 0 };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct err e = { 0 };
	int64_t start;

	stage_open(&s, *state);
	assert_ok(get(&s, "/", &r, &e), &e);
	http_response_clear(&r);
	s.manner = HANG;
	start = clock_ms();
	assert_err(get_within(&s, "/", 50, &r, &e), &e, ERR_TIMEOUT, "no answer in time");
	assert_in_range(clock_ms() - start, 45, 30000);
	assert_err(get_within(&s, "/", -1, &r, &e), &e, ERR_TIMEOUT, "no time left");
	stage_close(&s);
}

/* A listener that takes no one in: connect succeeds, the handshake never begins. */
static void a_handshake_counts_against_the_deadline(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0), real;
	struct stage s = { 0 };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct err e = { 0 };

	stage_open(&s, *state);
	real = s.server.port;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	s.server.port = ntohs(at.sin_port);
	assert_err(
		get_within(&s, "/", 20, &r, &e), &e, ERR_TIMEOUT, "no connection in time");
	/* also one that runs out while the request is made ready */
	for (int i = 0; i < 10; i++)
		assert_err(get_within(&s, "/", 1, &r, &e), &e, ERR_TIMEOUT, "no ");
	close(fd);
	assert_err(get(&s, "/", &r, &e), &e, ERR_NET, ": connection refused");
	s.server.port = real;
	stage_close(&s);
}

static void certificates_are_always_checked(void **state)
{
	static const struct {
		const char *names;
		bool expired, stranger;
		const char *words;
	} rows[] = {
		{ .stranger = true, .words = "certificate not trusted: self" },
		{ .expired = true,
			.words = "certificate not trusted: certificate has expired" },
		{ .names = "DNS:other.example",
			.words = "certificate not trusted: no alternative" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stage s = { .server = { .names = rows[i].names,
					   .expired = rows[i].expired } };
		struct http_config system = { 0 };
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
		struct err e = { 0 };

		stage_open(&s, *state);
		if (rows[i].stranger) {
			http_free(s.http);
			s.http = http_new(&system);
		}
		assert_err(get(&s, "/", &r, &e), &e, ERR_TLS, rows[i].words);
		assert_int_equal(s.asked, 0);
		stage_close(&s);
	}
}

/* ca_file replaces the system's roots; it doesn't add to them. */
static void a_ca_file_is_all_that_is_trusted(void **state)
{
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct stage a = { 0 }, b = { 0 };
	char other[256];
	struct err e = { 0 };

	snprintf(other, sizeof other, "%s/other", (char *)*state);
	assert_int_equal(mkdir(other, 0700), 0);
	stage_open(&a, *state);
	stage_open(&b, other);
	http_free(a.http);
	a.http = http_new(&(struct http_config){ .ca_file = b.server.ca_file });
	assert_err(get(&a, "/", &r, &e), &e, ERR_TLS, "certificate not trusted");
	http_free(a.http);
	a.http = http_new(&(struct http_config){ .ca_file = "/nonexistent/ca.pem" });
	assert_err(get(&a, "/", &r, &e), &e, ERR_IO, "ca_file");
	stage_close(&b);
	stage_close(&a);
}

static void urls_that_are_no_https_are_refused(void **state)
{
	static const struct {
		const char *url;
		const char *words;
	} rows[] = {
		{ "http://192.0.2.1/", "http://192.0.2.1/: not an https:// URL" },
		{ "http://127.0.0.1.example.net/", "not an https:// URL" },
		{ "http://u:p@127.0.0.1/?token=t",
			"http://127.0.0.1/: not an https:// URL" },
		{ "HTTPS://127.0.0.1/", "not an https:// URL" },
		{ "file:///etc/passwd", "not an https:// URL" },
		{ "ftp://127.0.0.1/", "not an https:// URL" },
		{ "127.0.0.1/directory", "not an https:// URL" },
		{ "", "not an https:// URL" },
		{ "https://", "not a URL" },
		{ "https://127.0.0.1:99999/", "not a URL" },
		{ "https://u:p@[::1/x?q#f", "https://[::1/x: not a URL" },
	};
	struct http_config c = { 0 };
	AUTO(http) struct http *h = http_new(&c);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
		struct http_request q = {
			.method = "GET", .url = rows[i].url, .deadline = deadline_in(5)
		};
		struct err e = { 0 };

		assert_err(http_do(h, &q, &r, &e), &e, ERR_CONFIG, rows[i].words);
		assert_null(strstr(e.msg, "u:p"));
		assert_null(strstr(e.msg, "token"));
	}
}

static void a_closed_idle_connection_is_replaced(void **state)
{
	struct stage s = { .manner = GOODBYE };
	struct err e;

	stage_open(&s, *state);
	for (int i = 0; i < 3; i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;

		assert_ok(get(&s, "/", &r, &e), &e);
	}
	assert_int_equal(s.asked, 3);
	stage_close(&s);
}

static void *many_gets(void *arg)
{
	for (int i = 0; i < 5; i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
		struct err e = { 0 };

		if (!get(arg, "/", &r, &e))
			return xstrdup(e.msg);
	}
	return NULL;
}

static void threads_share_one_http(void **state)
{
	struct stage s = { .body = "x" };
	pthread_t threads[4];
	void *failed = NULL;

	stage_open(&s, *state);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_gets, &s), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], &failed);
		if (failed)
			fail_msg("%s", (char *)failed);
	}
	assert_int_equal(s.asked, 20);
	assert_in_range(atomic_load(&s.server.connections), 1, ARRAY_LEN(threads));
	stage_close(&s);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	enum { NOW = 784111000 }; /* Sun, 06 Nov 1994 08:36:40 GMT */
	static const struct {
		const char *value;
		int seconds;
	} rows[] = {
		{ "0", 0 },
		{ "120", 120 },
		{ "99999999999999999999", INT32_MAX },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 777 },
		{ "Sun Nov  6 08:49:37 1994", 777 },
		{ "Sun, 06 Nov 1994 08:00:00 GMT", 0 },
		{ "", -1 },
		{ "-5", -1 },
		{ "+5", -1 },
		{ "1.5", -1 },
		{ "soon", -1 },
		{ "5 minutes", -1 },
		{ "Sun, 99 Nov 1994 08:49:37 GMT", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (retry_after_parse(rows[i].value, NOW) != rows[i].seconds)
			fail_msg("'%s': %d", rows[i].value,
				retry_after_parse(rows[i].value, NOW));
}

static void retry_after_dates_are_read_by_the_servers_clock(void **state)
{
	static const struct {
		const char *headers;
		int seconds;
	} rows[] = {
		{ "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		  "Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n",
			10 },
		{ "Date: nonsense\r\nRetry-After: 3\r\n", 3 },
		{ "Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n", 0 },
		{ "", -1 },
	};
	struct stage s = { 0 };

	stage_open(&s, *state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
		struct err e;

		s.headers = rows[i].headers;
		assert_ok(get(&s, "/", &r, &e), &e);
		assert_int_equal(http_retry_after(&r), rows[i].seconds);
	}
	stage_close(&s);
}

static void *interrupt(void *arg)
{
	struct stage *s = arg;

	while (atomic_load(&s->server.connections) == 0)
		usleep(1000);
	usleep(10000);
	kill(getpid(), SIGINT);
	return NULL;
}

/* The last test: a stop can't be taken back. */
static void a_stop_request_ends_the_wait(void **state)
{
	struct stage s = { .manner = HANG };
	AUTO(http_response) struct http_response r = HTTP_RESPONSE_EMPTY;
	struct err e = { 0 };
	pthread_t thread;
	int64_t start = clock_ms();

	stage_open(&s, *state);
	stop_init();
	assert_int_equal(pthread_create(&thread, NULL, interrupt, &s), 0);
	assert_err(get(&s, "/", &r, &e), &e, ERR_STOPPED, "interrupted");
	assert_in_range(clock_ms() - start, 0, 30000);
	pthread_join(thread, NULL);
	assert_err(get(&s, "/", &r, &e), &e, ERR_STOPPED, "interrupted");
	stop_shield();
	pthread_mutex_lock(&s.server.lock); /* who hangs has read it, and told nobody */
	s.manner = WHOLE;
	pthread_mutex_unlock(&s.server.lock);
	assert_ok(get(&s, "/", &r, &e), &e);
	stop_unshield();
	stage_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(an_answer_is_told_whole),
		scratch_test(a_post_carries_its_body_and_headers),
		scratch_test(every_method_goes_out_as_it_is),
		scratch_test(what_comes_back_broken_is_told),
		scratch_test(a_body_may_be_as_large_as_it_may_be),
		scratch_test(a_redirect_is_an_answer_and_not_followed),
		scratch_test(headers_of_an_interim_answer_dont_count),
		scratch_test(a_silent_server_is_left_at_the_deadline),
		scratch_test(a_handshake_counts_against_the_deadline),
		scratch_test(certificates_are_always_checked),
		scratch_test(a_ca_file_is_all_that_is_trusted),
		cmocka_unit_test(urls_that_are_no_https_are_refused),
		scratch_test(a_closed_idle_connection_is_replaced),
		scratch_test(threads_share_one_http),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		scratch_test(retry_after_dates_are_read_by_the_servers_clock),
		scratch_test(a_stop_request_ends_the_wait),
	};

	signal(SIGPIPE, SIG_IGN);
	/* The proxies of whoever runs the tests are not asked. */
	setenv("no_proxy", "*", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
