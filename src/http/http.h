/*
 * http - one request, one answer, one deadline.
 *
 * HTTPS only (but to this machine itself), certificates always checked, redirects never
 * followed (a 3xx is an answer like any other), bodies bounded, connections reused, proxies
 * taken from the environment as curl does. A struct http may be shared by threads.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <time.h>

struct http;

struct http_config {
	const char *ca_file;    /* PEM of roots to use instead of the system's, or NULL */
	const char *user_agent; /* RFC 8555 6.1 wants one */
	size_t max_body;        /* bytes; 0: 1 MiB */
};

struct http *http_new(const struct http_config *c) NODISCARD; /* copies the config */
void http_free(struct http *h);
DEFINE_AUTO(struct http, http, http_free)

struct http_request {
	const char *method; /* "GET", "HEAD", "POST" … */
	const char *url;
	const char *content_type;   /* of the body, or NULL */
	const char *accept;         /* or NULL */
	const char *const *headers; /* NULL-terminated "Name: value" lines, or NULL */
	const void *body;
	size_t body_len;
	int64_t deadline;
};

struct http_response {
	int status;
	struct buf body;
	char *content_type; /* lower case, without parameters; "" if there was none */
	char **headers;     /* "Name: value", as received */
	size_t n_headers;
};

/*
 * Any status is an answer: false only if there was none. r must be HTTP_RESPONSE_EMPTY or
 * cleared, and stays empty on failure. Errors name the URL, without what may be secret in
 * it (user, query): ERR_NET, ERR_TIMEOUT, ERR_TLS, ERR_STOPPED; ERR_PROTOCOL for what isn't
 * HTTP or is too large; ERR_CONFIG for a URL that isn't https, ERR_IO for the ca_file.
 */
bool http_do(struct http *h, const struct http_request *q, struct http_response *r,
	struct err *e) NODISCARD;
#define HTTP_RESPONSE_EMPTY                                                                \
	{                                                                                  \
		.body = BUF_EMPTY                                                          \
	}
void http_response_clear(struct http_response *r);
DEFINE_AUTO_VALUE(struct http_response, http_response, http_response_clear)

/*
 * The value of the first header of that name at or after *from (0 at first), which is then
 * moved past it; NULL if there is none. from may be NULL.
 */
const char *http_header(const struct http_response *r, const char *name, size_t *from);

/*
 * Retry-After as seconds from now, from delta-seconds or a date (RFC 9110 10.2.3); -1 if
 * the header is missing or unreadable. Not clamped. A date is held against the answer's own
 * Date, so that a clock that is wrong here does no harm.
 */
int http_retry_after(const struct http_response *r);
