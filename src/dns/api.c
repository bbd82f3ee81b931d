#include "dns/private/api.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	CALL_SECONDS = 120,   /* for one change */
	REQUEST_SECONDS = 30, /* a hung request must not eat all of it */
	TRIES = 4,
	FIRST_PAUSE_MS = 500, /* doubling */
	LONGEST_PAUSE_S = 60, /* of a Retry-After that is waited for */
	MOST_WORDS = 200      /* of what the provider says */
};

void api_open(struct api *a, const struct dns_config *c, const char *usual)
{
	const struct http_config http = {
		.ca_file = c->ca_file,
		.user_agent = "certpush/" CERTPUSH_VERSION,
	};

	*a = (struct api){
		.config = c,
		.base = c->api ? c->api : usual,
		.http = http_new(&http),
		.accept = "application/json",
		.deadline = deadline_in(CALL_SECONDS),
	};
}

void api_clear(struct api *a)
{
	for (size_t i = 0; i < a->n_headers; i++) {
		explicit_bzero(a->headers[i], strlen(a->headers[i]));
		free(a->headers[i]);
	}
	for (size_t i = 0; i < a->n_memos; i++) {
		free(a->memos[i].zone);
		buf_clear(&a->memos[i].id);
	}
	free(a->memos);
	http_free(a->http);
}

void api_header(struct api *a, const char *fmt, ...)
{
	va_list ap;
	char *line;

	if (a->n_headers == API_HEADERS)
		abort();
	va_start(ap, fmt);
	line = xvasprintf(fmt, ap);
	va_end(ap);
	a->headers[a->n_headers++] = line;
}

void api_answer_clear(struct api_answer *r)
{
	cJSON_Delete(r->json);
	http_response_clear(&r->http);
	*r = (struct api_answer)API_ANSWER_EMPTY;
}

char *api_host(const struct api *a)
{
	const char *host = strstr(a->base, "://");

	host = host ? host + 3 : a->base;
	return xstrndup(host, strcspn(host, "/"));
}

/* ---- JSON ---- */

const char *api_text(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

bool api_id(const cJSON *o, const char *name, struct buf *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, name);

	if (cJSON_IsString(item))
		buf_puts(out, item->valuestring);
	else if (cJSON_IsNumber(item))
		buf_printf(out, "%.0f", item->valuedouble);
	else
		return false;
	return true;
}

void api_print(struct buf *out, const cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);

	if (!text)
		abort(); /* out of memory */
	buf_puts(out, text);
	cJSON_free(text);
}

/* What went wrong, wherever the provider puts it. */
static const char *words_in(const cJSON *o, int depth)
{
	static const char *const keys[] = { "message", "detail", "error", "reason",
		"errors", "Message", "description" };
	const cJSON *item;

	if (cJSON_IsString(o) && *o->valuestring)
		return o->valuestring;
	if (depth == 0)
		return NULL;
	if (cJSON_IsArray(o))
		return words_in(o->child, depth - 1);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *words;

		item = cJSON_GetObjectItemCaseSensitive(o, keys[i]);
		words = item ? words_in(item, depth - 1) : NULL;
		if (words)
			return words;
	}
	/* {"name": ["This field is required."]} */
	cJSON_ArrayForEach(item, o) if (cJSON_IsArray(item) && item->child &&
		cJSON_IsString(item->child)) return item->child->valuestring;
	return NULL;
}

/* ---- requests ---- */

static bool once(
	struct api *a, const struct http_request *q, struct api_answer *r, struct err *e)
{
	AUTO(str) char *host = api_host(a);
	const char *words;

	api_answer_clear(r);
	if (!http_do(a->http, q, &r->http, e))
		return false;
	r->status = r->http.status;
	if (r->http.body.len > 0)
		r->json = cJSON_ParseWithLength(r->http.body.data, r->http.body.len);
	if (r->status >= 200 && r->status < 300)
		return true;
	words = words_in(r->json, 4);
	if (!words && strstr(r->http.content_type, "text/plain"))
		words = r->http.body.data;
	return err_set(e, ERR_DNS, "%s: status %d%s%.*s", host, r->status,
		words ? ": " : "", words ? MOST_WORDS : 0, words ? words : "");
}

static bool passing(const struct api_answer *r, const struct err *e)
{
	if (r->status)
		return r->status == 429 || r->status >= 500;
	return e->kind == ERR_NET || e->kind == ERR_TIMEOUT;
}

/* Before another try; false if there is to be none. */
static bool pause_for(const struct api *a, const struct api_answer *r, int tries)
{
	const int wanted = r->status ? http_retry_after(&r->http) : -1;
	int64_t ms = (int64_t)FIRST_PAUSE_MS << tries;
	struct err e;

	if (wanted > LONGEST_PAUSE_S)
		return false;
	if (wanted >= 0)
		ms = (int64_t)wanted * 1000;
	return ms < deadline_left(a->deadline) && clock_sleep_ms((int)ms, &e);
}

bool api_send(struct api *a, const char *method, const char *path, const char *type,
	const struct buf *body, const char *const *headers, struct api_answer *r,
	struct err *e)
{
	AUTO(str) char *url = xasprintf("%s%s", a->base, path);
	const char *lines[2 * API_HEADERS + 1] = { NULL };
	struct http_request q = { .method = method,
		.url = url,
		.content_type = type,
		.accept = a->accept,
		.headers = lines,
		.body = body ? body->data : NULL,
		.body_len = body ? body->len : 0 };
	size_t n = 0;

	for (size_t i = 0; i < a->n_headers; i++)
		lines[n++] = a->headers[i];
	for (size_t i = 0; headers && headers[i]; i++)
		lines[n++] = headers[i];
	for (int tries = 0;; tries++) {
		q.deadline = deadline_first(a->deadline, deadline_in(REQUEST_SECONDS));
		if (once(a, &q, r, e))
			return true;
		if (!passing(r, e) || tries + 1 == TRIES || !pause_for(a, r, tries))
			return false;
	}
}

bool api_call(struct api *a, const char *method, const char *path, const cJSON *body,
	struct api_answer *r, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (body)
		api_print(&text, body);
	return api_send(a, method, path, body ? "application/json" : NULL,
		body ? &text : NULL, NULL, r, e);
}

void api_escape(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *text; text++)
		if (strchr(plain, *text))
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
}

/* ---- names and values ---- */

void api_quote(const char *value, struct buf *out)
{
	buf_printf(out, "\"%s\"", value);
}

bool api_is_value(const char *text, const char *value)
{
	AUTO(buf) struct buf quoted = BUF_EMPTY;

	api_quote(value, &quoted);
	return text_eq(text, value) || text_eq(text, quoted.data);
}

static size_t length(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && name[n - 1] == '.' ? n - 1 : n;
}

bool api_same_name(const char *a, const char *b)
{
	return length(a) == length(b) && strncasecmp(a, b, length(a)) == 0;
}

/* ---- zones ---- */

void api_zone_clear(struct api_zone *z)
{
	free(z->name);
	z->name = NULL;
	buf_clear(&z->id);
}

static const struct api_memo *recall(const struct api *a, const char *zone)
{
	for (size_t i = 0; i < a->n_memos; i++)
		if (text_eq(a->memos[i].zone, zone))
			return &a->memos[i];
	return NULL;
}

/* NULL if the provider can't be asked. */
static const struct api_memo *learn(
	struct api *a, const char *zone, api_has_zone *has_zone, struct err *e)
{
	struct api_memo m = { .id = BUF_EMPTY };

	if (!has_zone(a, zone, &m.has, &m.id, e)) {
		buf_clear(&m.id);
		return NULL;
	}
	m.zone = xstrdup(zone);
	GROW(a->memos, a->n_memos);
	a->memos[a->n_memos] = m;
	return &a->memos[a->n_memos++];
}

static bool try_zone(struct api *a, const char *candidate, api_has_zone *has_zone,
	struct api_zone *z, struct err *e)
{
	const struct api_memo *m = recall(a, candidate);

	if (!m)
		m = learn(a, candidate, has_zone, e);
	if (!m)
		return false;
	buf_reset(&z->id);
	if (m->has) {
		buf_puts(&z->id, m->id.data);
		z->name = xstrdup(candidate);
	}
	return true;
}

bool api_find_zone(struct api *a, const char *name, api_has_zone *has_zone,
	struct api_zone *z, struct err *e)
{
	const char *only = a->config->zone;
	AUTO(str) char *host = api_host(a);

	api_zone_clear(z);
	if (only && !text_in_zone(name, strlen(name), only))
		return err_set(e, ERR_CONFIG, "%s isn't in zone %s", name, only);
	/* the record's own name comes first: it can be a zone that was delegated for it */
	for (const char *at = only ? only : name; at && strchr(at, '.') && !z->name;
		at = only ? NULL : strchr(at, '.') + 1)
		if (!try_zone(a, at, has_zone, z, e))
			return false;
	return z->name ||
		err_set(e, ERR_DNS, "%s: this account has no zone that %s is in", host,
			name);
}

void api_below(const char *name, const char *zone, struct buf *out)
{
	const size_t n = strlen(name), z = strlen(zone);

	if (n > z)
		buf_add(out, name, n - z - 1);
}

/* ---- one after the other ---- */

static bool carry_out(struct api *a, struct change *c, bool in, struct api_zone *z,
	api_has_zone *has_zone, api_one *one, struct err *e)
{
	const struct dns_record *r = c->record;
	const struct api_job job = { a, z, r, in };

	/* from the name down, every time: a zone within the last one's can be the right one
	 */
	if (!api_find_zone(a, r->name, has_zone, z, e)) {
		c->refused = true;
		return false;
	}
	if (!c->record->zone)
		c->record->zone = xstrdup(z->name);
	return one(&job, e) || err_wrap(e, "zone %s", z->name);
}

void api_each(struct api *a, struct change *const *changes, size_t n, bool in,
	api_has_zone *has_zone, api_one *one)
{
	AUTO(api_zone) struct api_zone z = API_ZONE_EMPTY;
	struct err e = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (carry_out(a, changes[i], in, &z, has_zone, one, &e))
			continue;
		changes[i]->err = e;
		if (e.kind != ERR_STOPPED && deadline_left(a->deadline) > 0)
			continue;
		changes_refuse(changes + i + 1, n - i - 1, in, &e);
		return;
	}
}
