#include "base/alloc.h"
#include "base/text.h"
#include "http/private/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_HEADERS = 256, MAX_HEADER_BYTES = 64 * 1024 };

static size_t refuse(struct flight *f, const char *why)
{
	f->refused = why;
	return 0; /* fewer bytes than were given: curl ends the transfer */
}

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct flight *f = ctx;
	size_t len = size * n;

	if (len > f->max_body - f->response->body.len)
		return refuse(f, "the answer is too large");
	buf_add(&f->response->body, data, len);
	return len;
}

static void drop_headers(struct http_response *r)
{
	for (size_t i = 0; i < r->n_headers; i++)
		free(r->headers[i]);
	free(r->headers);
	r->headers = NULL;
	r->n_headers = 0;
}

static size_t take_header(char *data, size_t size, size_t n, void *ctx)
{
	struct flight *f = ctx;
	struct http_response *r = f->response;
	size_t len = size * n, end = len;

	f->header_bytes += len;
	if (f->header_bytes > MAX_HEADER_BYTES || r->n_headers == MAX_HEADERS)
		return refuse(f, "the answer has too many headers");
	while (end > 0 && strchr("\r\n \t", data[end - 1]))
		end--;
	/* A status line begins a new answer: what came before was a 1xx. */
	if (end >= 5 && memcmp(data, "HTTP/", 5) == 0)
		drop_headers(r);
	else if (end > 0 && memchr(data, ':', end)) {
		GROW(r->headers, r->n_headers);
		r->headers[r->n_headers++] = xstrndup(data, end);
	}
	return len;
}

void answer_receive(CURL *c, struct flight *f)
{
	curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl.easy_setopt(c, CURLOPT_WRITEDATA, f);
	curl.easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl.easy_setopt(c, CURLOPT_HEADERDATA, f);
	curl.easy_setopt(c, CURLOPT_ERRORBUFFER, f->curl_says);
}

static char *media_type(const struct http_response *r)
{
	const char *value = http_header(r, "Content-Type", NULL);
	char *type = xstrndup(value ? value : "", value ? strcspn(value, "; \t") : 0);

	text_lower(type);
	return type;
}

void answer_finish(CURL *c, struct flight *f)
{
	long status = 0;

	curl.easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	f->response->status = (int)status;
	f->response->content_type = media_type(f->response);
}

void http_response_clear(struct http_response *r)
{
	drop_headers(r);
	free(r->content_type);
	buf_clear(&r->body);
	*r = (struct http_response)HTTP_RESPONSE_EMPTY;
}

const char *http_header(const struct http_response *r, const char *name, size_t *from)
{
	size_t len = strlen(name);

	for (size_t i = from ? *from : 0; i < r->n_headers; i++) {
		const char *line = r->headers[i];

		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		if (from)
			*from = i + 1;
		line += len + 1;
		return line + strspn(line, " \t");
	}
	return NULL;
}
