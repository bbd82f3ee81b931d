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

/* A signed call: one more header for the time, one for the signature. */
static bool call(struct api *a, int64_t shift, const char *method, const char *path,
	const cJSON *json, struct api_answer *r, struct err *e)
{
	const struct dns_config *c = a->config;
	const long long now = (long long)clock_now() + shift;
	AUTO(buf) struct buf body = BUF_EMPTY, text = BUF_EMPTY, time = BUF_EMPTY;
	AUTO(buf) struct buf signature = BUF_EMPTY;
	const char *headers[3] = { NULL };
	struct sha1_hex digest;
	char *printed = json ? cJSON_PrintUnformatted(json) : NULL;

	if (printed)
		buf_puts(&body, printed);
	cJSON_free(printed);
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
static bool read_clock(struct api *a, int64_t *shift, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;

	if (!api_call(a, "GET", "/auth/time", NULL, &r, e))
		return false;
	if (!cJSON_IsNumber(r.json))
		return err_set(e, ERR_DNS, "the answer holds no time");
	*shift = (int64_t)r.json->valuedouble - clock_now();
	return true;
}

/* The shift of the clock travels in the zone's id. */
static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;
	int64_t shift = 0;

	if (!read_clock(a, &shift, e))
		return false;
	buf_puts(&path, "/domain/zone/");
	api_escape(&path, zone);
	*has = call(a, shift, "GET", path.data, NULL, &r, e);
	buf_printf(id, "%lld", (long long)shift);
	return *has || r.status == 404;
}

static int64_t shift_of(const struct api_job *job)
{
	return strtoll(job->zone->id.data, NULL, 10);
}

static void record_path(const struct api_job *job, struct buf *path)
{
	buf_puts(path, "/domain/zone/");
	api_escape(path, job->zone->name);
	buf_puts(path, "/record");
}

/* Without it nothing that was changed is published. */
static bool refresh(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY;

	buf_puts(&path, "/domain/zone/");
	api_escape(&path, job->zone->name);
	buf_puts(&path, "/refresh");
	return call(job->api, shift_of(job), "POST", path.data, NULL, &r, e);
}

static bool add(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(json) cJSON *body = cJSON_CreateObject();
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY, target = BUF_EMPTY;

	record_path(job, &path);
	api_below(job->record->name, job->zone->name, &below);
	buf_printf(&target, "\"%s\"", job->record->value);
	cJSON_AddStringToObject(body, "fieldType", "TXT");
	cJSON_AddStringToObject(body, "subDomain", below.data);
	cJSON_AddStringToObject(body, "target", target.data);
	cJSON_AddNumberToObject(body, "ttl", job->record->config->ttl);
	return call(job->api, shift_of(job), "POST", path.data, body, &r, e) &&
		refresh(job, e);
}

static bool is_ours(const struct api_job *job, const char *path, bool *ours, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf quoted = BUF_EMPTY;
	const char *target;

	*ours = false;
	if (!call(job->api, shift_of(job), "GET", path, NULL, &r, e))
		return r.status == 404;
	buf_printf(&quoted, "\"%s\"", job->record->value);
	target = api_text(r.json, "target");
	*ours = target &&
		(text_eq(target, job->record->value) || text_eq(target, quoted.data));
	return true;
}

static bool remove_ours(
	const struct api_job *job, const cJSON *id, bool *any, struct err *e)
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
	*any = true;
	return call(job->api, shift_of(job), "DELETE", path.data, NULL, &r, e) ||
		r.status == 404;
}

static bool take_out(const struct api_job *job, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY, below = BUF_EMPTY;
	const cJSON *id;
	bool any = false;

	record_path(job, &path);
	buf_puts(&path, "?fieldType=TXT&subDomain=");
	api_below(job->record->name, job->zone->name, &below);
	api_escape(&path, below.data);
	if (!call(job->api, shift_of(job), "GET", path.data, NULL, &r, e))
		return false;
	cJSON_ArrayForEach(id, r.json)
	{
		if (!remove_ours(job, id, &any, e))
			return false;
	}
	return !any || refresh(job, e);
}

static bool one(const struct api_job *job, struct err *e)
{
	return job->in ? add(job, e) : take_out(job, e);
}

static void change(struct change *const *changes, size_t n, bool in)
{
	const struct dns_config *c = changes[0]->record->config;
	AUTO(api) struct api a;

	api_open(&a, c, BASE);
	api_header(&a, "X-Ovh-Application: %s", c->user);
	api_header(&a, "X-Ovh-Consumer: %s", c->consumer_key.data);
	api_each(&a, changes, n, in, has_zone, one);
}

static void present(struct change *const *changes, size_t n)
{
	change(changes, n, true);
}

static void cleanup(struct change *const *changes, size_t n)
{
	change(changes, n, false);
}

const struct provider provider_ovh = {
	.name = "ovh",
	.present = present,
	.cleanup = cleanup,
};
