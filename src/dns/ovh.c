/*
 * OVH (https://eu.api.ovh.com/console/): application key, application secret, and a
 * consumer key with GET, POST and DELETE on /domain/zone/. Requests are signed with the
 * server's own time.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "digest/digest.h"
#include "dns/private/api.h"

#include <stdlib.h>

#define BASE "https://eu.api.ovh.com/1.0"

/* A zone that was changed, and must be told to publish it. */
struct stale {
	char *zone;
	const struct dns_record *record; /* for which */
};

struct account {
	struct api api; /* the first member: the callbacks of api_each are given this */
	int64_t shift;  /* seconds that the server's clock is ahead of ours */
	struct stale *stale;
	size_t n_stale;
};

/* A signed call: one more header for the time, one for the signature. */
static bool call(struct api *a, const char *method, const char *path, const cJSON *json,
	struct api_answer *r, struct err *e)
{
	const struct dns_config *c = a->config;
	const struct account *of = (struct account *)a;
	const long long now = clock_now() + of->shift;
	AUTO(buf) struct buf body = BUF_EMPTY, text = BUF_EMPTY, time = BUF_EMPTY;
	AUTO(buf) struct buf signature = BUF_EMPTY;
	const char *headers[3] = { NULL };
	struct sha1_hex digest;

	if (json)
		api_print(&body, json);
	buf_printf(&text, "%s+%s+%s+%s%s+%s+%lld", c->secret.data, c->consumer_key.data,
		method, a->base, path, body.data, now);
	digest = sha1_hex_of(text.data, text.len);
	buf_printf(&signature, "X-Ovh-Signature: $1$%s", digest.s);
	buf_printf(&time, "X-Ovh-Timestamp: %lld", now);
	headers[0] = time.data;
	headers[1] = signature.data;
	return api_send(a, method, path, json ? "application/json" : NULL,
		json ? &body : NULL, headers, r, e);
}

/* Its clock against ours, once for a call of the provider: a signature is refused when the
 * time in it is off. */
static bool read_clock(struct account *of, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;

	if (!api_call(&of->api, "GET", "/auth/time", NULL, &r, e))
		return false;
	if (!cJSON_IsNumber(r.json))
		return err_set(e, ERR_DNS, "the answer holds no time");
	of->shift = (int64_t)r.json->valuedouble - clock_now();
	return true;
}

static void zone_path(const char *zone, struct buf *path)
{
	buf_puts(path, "/domain/zone/");
	api_escape(path, zone);
}

static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	zone_path(zone, &path);
	*has = call(a, "GET", path.data, NULL, &r, e);
	buf_puts(id, zone);
	return *has || r.status == 404;
}

static void record_path(const struct api_job *job, struct buf *path)
{
	zone_path(job->zone->name, path);
	buf_puts(path, "/record");
}

static void mark_stale(const struct api_job *job)
{
	struct account *of = (struct account *)job->api;

	GROW(of->stale, of->n_stale);
	of->stale[of->n_stale++] = (struct stale){ xstrdup(job->zone->name), job->record };
}

static bool add(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY, target = BUF_EMPTY;

	record_path(job, &path);
	api_below(job->record->name, job->zone->name, &below);
	api_quote(job->record->value, &target);
	cJSON_AddStringToObject(body, "fieldType", "TXT");
	cJSON_AddStringToObject(body, "subDomain", below.data);
	cJSON_AddStringToObject(body, "target", target.data);
	cJSON_AddNumberToObject(body, "ttl", job->record->config->ttl);
	if (!call(job->api, "POST", path.data, body, &r, e))
		return false;
	mark_stale(job);
	return true;
}

static bool is_ours(const struct api_job *job, const char *path, bool *ours, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;

	*ours = false;
	if (!call(job->api, "GET", path, NULL, &r, e))
		return r.status == 404;
	*ours = api_is_value(api_text(r.json, "target"), job->record->value);
	return true;
}

static bool remove_ours(const struct api_job *job, const cJSON *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	bool ours;

	if (!cJSON_IsNumber(id))
		return err_set(e, ERR_DNS, "the answer holds no list of records");
	record_path(job, &path);
	buf_printf(&path, "/%.0f", id->valuedouble);
	if (!is_ours(job, path.data, &ours, e))
		return false;
	if (!ours)
		return true;
	mark_stale(job);
	return call(job->api, "DELETE", path.data, NULL, &r, e) || r.status == 404;
}

static bool take_out(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY;
	const cJSON *id;

	record_path(job, &path);
	buf_puts(&path, "?fieldType=TXT&subDomain=");
	api_below(job->record->name, job->zone->name, &below);
	api_escape(&path, below.data);
	if (!call(job->api, "GET", path.data, NULL, &r, e))
		return false;
	cJSON_ArrayForEach(id, r.json)
	{
		if (!remove_ours(job, id, e))
			return false;
	}
	return true;
}

static bool one(const struct api_job *job, struct err *e)
{
	return job->in ? add(job, e) : take_out(job, e);
}

/* ---- publishing ---- */

/* Without it nothing that was changed is published. */
static bool refresh(struct api *a, const char *zone, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	zone_path(zone, &path);
	buf_puts(&path, "/refresh");
	return call(a, "POST", path.data, NULL, &r, e) || err_wrap(e, "zone %s", zone);
}

static void fail_record(struct change *const *changes, size_t n,
	const struct dns_record *record, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (changes[i]->record == record && changes[i]->err.kind == ERR_NONE)
			changes[i]->err = *e;
}

static bool is_first(const struct account *of, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (text_eq(of->stale[k].zone, of->stale[i].zone))
			return false;
	return true;
}

/* Once for each zone, whatever the number of its changes. */
static void publish(struct account *of, struct change *const *changes, size_t n)
{
	for (size_t i = 0; i < of->n_stale; i++) {
		const char *zone = of->stale[i].zone;
		struct err e = { 0 };

		if (!is_first(of, i) || refresh(&of->api, zone, &e))
			continue;
		for (size_t k = i; k < of->n_stale; k++)
			if (text_eq(of->stale[k].zone, zone))
				fail_record(changes, n, of->stale[k].record, &e);
	}
}

/* ---- the provider ---- */

static void account_clear(struct account *of)
{
	for (size_t i = 0; i < of->n_stale; i++)
		free(of->stale[i].zone);
	free(of->stale);
	api_clear(&of->api);
}
DEFINE_AUTO_VALUE(struct account, account, account_clear)

static void change(struct change *const *changes, size_t n, bool in)
{
	const struct dns_config *c = changes[0]->record->config;
	AUTO(account) struct account of = { 0 };
	struct err e = { 0 };

	api_open(&of.api, c, BASE);
	if (!read_clock(&of, &e)) {
		changes_refuse(changes, n, in, &e);
		return;
	}
	api_header(&of.api, "X-Ovh-Application: %s", c->user);
	api_header(&of.api, "X-Ovh-Consumer: %s", c->consumer_key.data);
	api_each(&of.api, changes, n, in, has_zone, one);
	publish(&of, changes, n);
}

const struct provider provider_ovh = {
	.name = "ovh",
	.change = change,
};
