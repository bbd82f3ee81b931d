/*
 * api - the HTTPS API of a DNS provider: requests that carry JSON, refusals told in the
 * provider's words, every wait bounded.
 *
 * For one call of a provider's change; not shared by threads. Never shows a
 * header or a body of ours: secrets are in them.
 */
#pragma once

#include "dns/private/provider.h"
#include "http/http.h"

#include <cjson/cJSON.h>

DEFINE_AUTO(cJSON, json, cJSON_Delete)

enum { API_HEADERS = 8 };

struct api {
	const struct dns_config *config;
	const char *base; /* URL before every path, without a slash at its end */
	struct http *http;
	const char *accept;             /* NULL: anything */
	char *headers[API_HEADERS + 1]; /* "Name: value", of every request */
	size_t n_headers;
	int64_t deadline; /* for all of the call */
	struct api_memo {
		char *zone;
		bool has;
		struct buf id;
	} * memos; /* what has_zone has said so far */
	size_t n_memos;
};
/* usual: the provider's own base, where the configuration has none. */
void api_open(struct api *a, const struct dns_config *c, const char *usual);
void api_clear(struct api *a);
DEFINE_AUTO_VALUE(struct api, api, api_clear)

/* "Authorization: Bearer …", wiped by api_clear. */
void api_header(struct api *a, const char *fmt, ...) PRINTF(2, 3);

/* One answer. */
struct api_answer {
	int status;
	cJSON *json; /* NULL: it was empty, or no JSON */
	struct http_response http;
};
#define API_ANSWER_EMPTY                                                                   \
	{                                                                                  \
		.http = HTTP_RESPONSE_EMPTY                                                \
	}
void api_answer_clear(struct api_answer *r);
DEFINE_AUTO_VALUE(struct api_answer, api_answer, api_answer_clear)

/*
 * METHOD base+path, body as JSON unless it is NULL. True for a 2xx. What may pass by itself
 * (the network, 429, 5xx) is tried again within the deadline, as Retry-After says. A
 * refusal is ERR_DNS: "api.example.com: status 403: token has no access"; r->status is
 * there also then, 0 if no answer came. *r is API_ANSWER_EMPTY or used before.
 */
bool api_call(struct api *a, const char *method, const char *path, const cJSON *body,
	struct api_answer *r, struct err *e) NODISCARD;
/* The same with any body, and more headers that are only for this request (signatures);
 * both may be NULL. */
bool api_send(struct api *a, const char *method, const char *path, const char *type,
	const struct buf *body, const char *const *headers, struct api_answer *r,
	struct err *e) NODISCARD;

/* As JSON without blanks, appended. */
void api_print(struct buf *out, const cJSON *json);
/* Percent-encoded, for a part of a path or a query. */
void api_escape(struct buf *out, const char *text);

/* A member that is a text, or NULL; a number or text as text (ids come as both), appended.
 */
const char *api_text(const cJSON *o, const char *name);
bool api_id(const cJSON *o, const char *name, struct buf *out);
/* A TXT value as zone files have it, "\"value\"", appended; is the text one, or the value
 * as it is? It may be NULL. */
void api_quote(const char *value, struct buf *out);
bool api_is_value(const char *text, const char *value);
/* In any case, with a dot at the end or without. */
bool api_same_name(const char *a, const char *b);
/* A copy of the URL's host, for messages. */
char *api_host(const struct api *a) NODISCARD;

/*
 * The zone that a record's name is in, as the provider knows zones: has_zone is asked for
 * the name's parents from the longest on, down to two labels; or only for config->zone. It
 * appends the provider's id of the zone if it has it. False with ERR_DNS if there is none.
 */
struct api_zone {
	char *name;
	struct buf id;
};
void api_zone_clear(struct api_zone *z);
DEFINE_AUTO_VALUE(struct api_zone, api_zone, api_zone_clear)
#define API_ZONE_EMPTY                                                                     \
	{                                                                                  \
		.id = BUF_EMPTY                                                            \
	}
typedef bool api_has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e);
bool api_find_zone(struct api *a, const char *name, api_has_zone *has_zone,
	struct api_zone *z, struct err *e) NODISCARD;

/* "_acme-challenge.www" of "_acme-challenge.www.example.net" in zone example.net; "" at the
 * zone's own name. Appended. */
void api_below(const char *name, const char *zone, struct buf *out);

/*
 * Each change by itself, one after the other: its zone is found (once for several), then
 * `one` adds or removes its record. What fails is in its err; an error that hits all
 * (ERR_STOPPED, the deadline) ends it for the rest.
 */
struct api_job {
	struct api *api;
	const struct api_zone *zone;
	const struct dns_record *record;
	bool in; /* add, or remove */
};
typedef bool api_one(const struct api_job *job, struct err *e);
void api_each(struct api *a, struct change *const *changes, size_t n, bool in,
	api_has_zone *has_zone, api_one *one);
