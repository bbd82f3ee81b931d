#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#include <string.h>

enum {
	NONCES = 150, /* Pebble can refuse nine of ten */
	RETRIES = 4,  /* after the first failure that may pass */
	PATIENCE_S =
		60, /* the longest Retry-After that is waited for; Boulder's 500s ask it */
	MOST_S = 7 * 24 * 3600, /* a CA's word is taken for so long, not for years */
	ONE_REQUEST_S = 90,     /* a hung request must not eat the whole deadline */
};

void answer_clear(struct answer *r)
{
	http_response_clear(&r->http);
	*r = (struct answer)ANSWER_EMPTY;
}

static const char *const languages[] = { "Accept-Language: en", NULL };

static const char *kind_of(const struct http_response *r)
{
	if (strstr(r->content_type, "html") ||
		r->body.data[strspn(r->body.data, " \r\n\t")] == '<')
		return "HTML";
	return *r->content_type ? r->content_type : "an unknown type";
}

/* What the CA says against it, or what else came. A server in trouble (5xx) has refused
 * nothing. */
static void tell(struct acme *a, const struct ask *q, struct answer *r, struct err *e)
{
	AUTO(json) cJSON *o = json_read(&r->http.body);
	AUTO(buf) struct buf line = BUF_EMPTY;

	if (o) {
		problem_word(o, r->problem, sizeof r->problem);
		problem_tell(o, &line);
	}
	if (line.len && strcmp(r->problem, "accountDoesNotExist") == 0 && q && !q->with_jwk)
		err_set(e, ERR_ACME, "%s: the CA doesn't know the account %s: %s", a->host,
			a->account, line.data);
	else if (line.len)
		err_set(e, ERR_ACME, "%s: %s", a->host, line.data);
	else if (o || r->http.body.len == 0)
		err_set(e, ERR_ACME, "%s: answered with status %d", a->host,
			r->http.status);
	else
		err_set(e, ERR_PROTOCOL, "%s: answered with %s (status %d), not JSON",
			a->host, kind_of(&r->http), r->http.status);
	if (r->http.status >= 500)
		e->kind = ERR_NET;
}

static void note_times(struct answer *r)
{
	r->retry_after = http_retry_after(&r->http);
	if ((r->http.status == 429 || r->http.status == 503) && r->retry_after >= 0)
		r->not_before =
			clock_now() + (r->retry_after < MOST_S ? r->retry_after : MOST_S);
}

static bool send_request(
	struct acme *a, const struct http_request *q, struct answer *r, struct err *e)
{
	if (!http_do(a->http, q, &r->http, e))
		return false;
	note_times(r);
	return r->http.status >= 200 && r->http.status < 300;
}

static bool get_once(
	struct acme *a, const char *url, int64_t deadline, struct answer *r, struct err *e)
{
	struct http_request q = { .method = "GET",
		.url = url,
		.accept = "application/json",
		.headers = languages,
		.deadline = deadline_first(deadline, deadline_in(ONE_REQUEST_S)) };

	if (send_request(a, &q, r, e))
		return true;
	if (r->http.status)
		tell(a, NULL, r, e);
	return false;
}

/* *nonce is the one to use, NULL for any; then the one that came back. */
static bool post_once(struct acme *a, const struct ask *ask, char **nonce, struct answer *r,
	struct err *e)
{
	struct http_request q = { .method = "POST",
		.url = ask->url,
		.content_type = "application/jose+json",
		.accept = ask->accept ? ask->accept : "application/json",
		.headers = languages,
		.deadline = deadline_first(ask->deadline, deadline_in(ONE_REQUEST_S)) };
	AUTO(buf) struct buf body = BUF_EMPTY;
	AUTO(str) char *used = TAKE(*nonce);

	if (!used)
		used = nonce_take(a, q.deadline, &r->http, e);
	if (!used) {
		note_times(r);
		return false;
	}
	answer_clear(r); /* of newNonce */
	if (!jws_make(a, ask, used, &body, e))
		return false;
	q.body = body.data;
	q.body_len = body.len;
	if (send_request(a, &q, r, e)) {
		nonce_put(a, nonce_of(&r->http));
		return true;
	}
	*nonce = nonce_of(&r->http);
	if (r->http.status)
		tell(a, ask, r, e);
	return false;
}

/* A failure that may pass by itself. */
static bool passing(const struct answer *r, const struct err *e)
{
	if (r->http.status)
		return r->http.status >= 500;
	return e->kind == ERR_NET || e->kind == ERR_TIMEOUT;
}

/* Wait before another try; false if there is to be none, with *e as it was or ERR_STOPPED.
 */
static bool again(
	struct acme *a, int *tries, int64_t deadline, const struct answer *r, struct err *e)
{
	int64_t pause = (int64_t)a->pace.retry_ms << *tries;
	struct err stopped;

	if (!passing(r, e) || *tries == RETRIES || r->retry_after > PATIENCE_S)
		return false;
	if (r->retry_after > 0)
		pause = (int64_t)r->retry_after * a->pace.second_ms;
	/* with time to ask in: what is wrong with the CA is told, not that time is up */
	if (pause + a->pace.retry_ms >= deadline_left(deadline))
		return false;
	(*tries)++;
	if (clock_sleep_ms((int)pause, &stopped))
		return true;
	*e = stopped;
	return false;
}

static bool give_up(const struct answer *r, struct err *e)
{
	if (!r->not_before)
		return false;
	if (!strcasestr(e->msg, "retry after"))
		err_set(e, e->kind, "%s (retry after %s)", e->msg,
			time_rfc3339(r->not_before).s);
	e->not_before = r->not_before;
	return false;
}

bool acme_get(
	struct acme *a, const char *url, int64_t deadline, struct answer *r, struct err *e)
{
	int tries = 0;

	do {
		answer_clear(r);
		if (get_once(a, url, deadline, r, e))
			return true;
	} while (again(a, &tries, deadline, r, e));
	return give_up(r, e);
}

bool acme_post(struct acme *a, const struct ask *q, struct answer *r, struct err *e)
{
	int tries = 0, refused = 0;
	char *nonce = NULL;

	for (;;) {
		answer_clear(r);
		if (post_once(a, q, &nonce, r, e))
			return true;
		if (strcmp(r->problem, "badNonce") == 0 && refused++ < NONCES)
			continue;
		if (!again(a, &tries, q->deadline, r, e))
			break;
	}
	nonce_put(a, nonce);
	return give_up(r, e);
}
