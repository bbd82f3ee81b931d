#include "http/http.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "http/private/http.h"

#include <limits.h>
#include <string.h>

struct http *http_new(const struct http_config *c)
{
	struct http *h = xcalloc(1, sizeof *h);
	struct err unused;

	h->ca_file = c->ca_file ? xstrdup(c->ca_file) : NULL;
	h->user_agent = c->user_agent ? xstrdup(c->user_agent) : NULL;
	h->max_body = c->max_body ? c->max_body : (size_t)1024 * 1024;
	h->lines = curl_load(&unused) ? lines_new() : NULL; /* http_do tells */
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	lines_free(h->lines);
	free(h->user_agent);
	free(h->ca_file);
	free(h);
}

static struct curl_slist *add(struct curl_slist *list, const char *name, const char *value)
{
	AUTO(buf) struct buf line = BUF_EMPTY;
	struct curl_slist *longer;

	buf_puts(&line, name);
	buf_puts(&line, value);
	longer = curl.slist_append(list, line.data);
	if (!longer)
		abort();
	return longer;
}

static struct curl_slist *header_list(const struct http_request *q)
{
	struct curl_slist *list = add(NULL, "Expect:", ""); /* no 100-continue */

	if (q->content_type)
		list = add(list, "Content-Type: ", q->content_type);
	if (q->accept)
		list = add(list, "Accept: ", q->accept);
	for (size_t i = 0; q->headers && q->headers[i]; i++)
		list = add(list, q->headers[i], "");
	return list;
}

static void set_trust(CURL *c, const struct http *h, const char *url)
{
	if (text_is_loopback_url(url)) {
		curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http");
		curl.easy_setopt(c, CURLOPT_PROXY, ""); /* none: it would see all of it */
		return;
	}
	curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl.easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (!h->ca_file)
		return;
	curl.easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
	curl.easy_setopt(c, CURLOPT_CAPATH, NULL); /* or the system's roots still count */
}

static void set_method(CURL *c, const struct http_request *q)
{
	if (strcmp(q->method, "HEAD") == 0) {
		curl.easy_setopt(c, CURLOPT_NOBODY, 1L);
		return;
	}
	if (q->body || strcmp(q->method, "POST") == 0) {
		curl.easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
		curl.easy_setopt(c, CURLOPT_POSTFIELDS, q->body ? q->body : "");
	}
	curl.easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
}

static void set_up(CURL *c, const struct http *h, const struct http_request *q,
	struct curl_slist *headers)
{
	const long left = deadline_left(q->deadline);

	curl.easy_reset(c); /* keeps connections, sessions and the share */
	curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	set_trust(c, h, q->url);
	set_method(c, q);
	curl.easy_setopt(c, CURLOPT_URL, q->url);
	curl.easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl.easy_setopt(c, CURLOPT_USERAGENT, h->user_agent);
	/* One request at a time on a connection: HTTP/2 would bring nothing but its bugs.
	 */
	curl.easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl.easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* The time may have run out since it was looked at, and 0 would be no bound. */
	curl.easy_setopt(c, CURLOPT_TIMEOUT_MS, left > 0 ? left : 1L);
	curl.easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)INT_MAX);
	curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	/* A resolver thread that still waits must not hold up a deadline or a stop. */
	curl.easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
}

static bool finished(CURLM *multi, CURLcode *code)
{
	int more;
	CURLMsg *m = curl.multi_info_read(multi, &more);

	if (!m || m->msg != CURLMSG_DONE)
		return false;
	*code = m->data.result;
	return true;
}

/* Until curl has a result; false if a stop request came first. */
static bool drive(CURLM *multi, CURLcode *code)
{
	struct curl_waitfd stop = { .fd = stop_fd(), .events = CURL_WAIT_POLLIN };
	int running;

	for (;;) {
		if (stop_requested())
			return false;
		if (curl.multi_perform(multi, &running) != CURLM_OK)
			abort();
		if (finished(multi, code))
			return true;
		curl.multi_poll(multi, &stop, stop.fd >= 0, 1000, NULL);
	}
}

static bool talk(struct line *l, struct flight *f, const char *url, struct err *e)
{
	CURLcode code = CURLE_OK;
	bool done;

	if (curl.multi_add_handle(l->multi, l->easy) != CURLM_OK)
		abort();
	done = drive(l->multi, &code);
	if (done && code == CURLE_OK)
		answer_finish(l->easy, f);
	else if (done)
		fault_tell(l->easy, code, f, url, e);
	else
		err_set(e, ERR_STOPPED, "interrupted");
	curl.multi_remove_handle(l->multi, l->easy);
	return done && code == CURLE_OK;
}

static bool check(const struct http_request *q, struct err *e)
{
	AUTO(buf) struct buf name = BUF_EMPTY;

	fault_url(&name, q->url);
	if (!text_starts(q->url, "https://") && !text_is_loopback_url(q->url))
		return err_set(e, ERR_CONFIG, "%s: not an https:// URL", name.data);
	if (stop_requested())
		return err_set(e, ERR_STOPPED, "interrupted");
	if (deadline_left(q->deadline) == 0) /* curl takes 0 for no bound */
		return err_set(e, ERR_TIMEOUT, "%s: no time left to ask", name.data);
	return true;
}

bool http_do(struct http *h, const struct http_request *q, struct http_response *r,
	struct err *e)
{
	struct flight f = { .response = r, .max_body = h->max_body };
	struct curl_slist *headers;
	struct line *l;
	bool ok;

	if (!check(q, e) || !curl_load(e))
		return false;
	l = lines_take(h->lines);
	headers = header_list(q);
	set_up(l->easy, h, q, headers);
	answer_receive(l->easy, &f);
	ok = talk(l, &f, q->url, e);
	curl.easy_reset(l->easy); /* it must not point into this frame any more */
	curl.slist_free_all(headers);
	lines_return(h->lines, l);
	if (!ok)
		http_response_clear(r);
	return ok;
}
