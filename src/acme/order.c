#include "acme/private/acme.h"
#include "base/alloc.h"
#include "digest/digest.h"

#include <string.h>

enum { MOST_AUTHORIZATIONS = 1000 };

static void forget(struct acme_order *o)
{
	for (size_t i = 0; i < o->n_authorizations; i++)
		free(o->authorizations[i]);
	free(o->authorizations);
	free(o->finalize);
	free(o->certificate);
	*o = (struct acme_order){ .url = o->url, .retry_after = -1 };
}

void acme_order_clear(struct acme_order *o)
{
	forget(o);
	free(o->url);
	*o = (struct acme_order){ 0 };
}

static bool read_authorizations(const cJSON *json, struct acme_order *o, struct err *e)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "authorizations");
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return err_set(e, ERR_PROTOCOL, "'authorizations' is missing");
	cJSON_ArrayForEach(item, list)
	{
		const char *url = cJSON_GetStringValue(item);

		if (!url || !url_good(url) || o->n_authorizations == MOST_AUTHORIZATIONS)
			return err_set(e, ERR_PROTOCOL,
				"'authorizations' is no list of https URLs");
		GROW(o->authorizations, o->n_authorizations);
		o->authorizations[o->n_authorizations++] = xstrdup(url);
	}
	return true;
}

static bool fill(const cJSON *json, struct acme_order *o, struct err *e)
{
	if (!status_read(json, &o->status, e) || !read_authorizations(json, o, e) ||
		!json_url(json, "finalize", &o->finalize, e))
		return false;
	if (o->status == ACME_VALID && !json_url(json, "certificate", &o->certificate, e))
		return false;
	problem_member(json, "error", &o->problem);
	return true;
}

bool order_read(const struct buf *text, struct acme_order *o, struct err *e)
{
	AUTO(json) cJSON *json = json_read(text);

	forget(o);
	if (!json)
		return err_set(e, ERR_PROTOCOL, "the answer is no JSON object");
	return fill(json, o, e) || err_wrap(e, "the answer is no order");
}

/* One request about an order, whose answer is the order. */
static bool ask(struct acme *a, const struct ask *q, struct acme_order *o, struct answer *r,
	struct err *e)
{
	if (!acme_post(a, q, r, e))
		return false;
	if (!order_read(&r->http.body, o, e))
		return err_wrap(e, "%s", a->host);
	o->retry_after = r->retry_after;
	return true;
}

/* A profile that is asked for and not given would be noticed too late. */
static bool check_profile(const struct acme *a, const char *profile, struct err *e)
{
	AUTO(buf) struct buf names = BUF_EMPTY;

	for (size_t i = 0; i < a->n_profiles; i++) {
		if (strcmp(a->profiles[i], profile) == 0)
			return true;
		buf_printf(&names, "%s%s", i ? ", " : "", a->profiles[i]);
	}
	if (a->n_profiles == 0)
		return err_set(e, ERR_CONFIG, "%s offers no profiles, so not '%s'", a->host,
			profile);
	return err_set(e, ERR_CONFIG, "%s has no profile '%s', only: %s", a->host, profile,
		names.data);
}

static char *wishes(const struct acme_wish *w)
{
	AUTO(json) cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "identifiers");

	for (size_t i = 0; i < w->n_names; i++) {
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "type", "dns");
		cJSON_AddStringToObject(item, "value", w->names[i]);
		cJSON_AddItemToArray(list, item);
	}
	if (w->profile)
		cJSON_AddStringToObject(o, "profile", w->profile);
	if (w->replaces)
		cJSON_AddStringToObject(o, "replaces", w->replaces);
	return json_print(o);
}

static bool begin(struct acme *a, const struct ask *q, struct acme_order *o, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	const char *url;

	if (!ask(a, q, o, &r, e))
		return false;
	url = http_header(&r.http, "Location", NULL);
	if (!url || !url_good(url))
		return err_set(
			e, ERR_PROTOCOL, "%s: answered without an order URL", a->host);
	o->url = xstrdup(url);
	return true;
}

static bool ask_for(struct acme *a, const struct acme_wish *w, struct acme_order *o,
	int64_t deadline, struct err *e)
{
	AUTO(str) char *payload = wishes(w);
	struct ask q = { .url = a->new_order, .payload = payload, .deadline = deadline };

	return begin(a, &q, o, e);
}

bool acme_order_new(struct acme *a, const struct acme_wish *w, struct acme_order *o,
	int64_t deadline, struct err *e)
{
	struct acme_wish plain = *w;

	acme_order_clear(o);
	if (w->profile && !check_profile(a, w->profile, e))
		return false;
	if (ask_for(a, w, o, deadline, e))
		return true;
	/* CAs refuse a predecessor in many ways; without it they may take the order. */
	if (w->replaces && acme_refused(e)) {
		plain.replaces = NULL;
		if (ask_for(a, &plain, o, deadline, e))
			return true;
	}
	return err_wrap(e, "new order");
}

bool acme_order_refresh(
	struct acme *a, struct acme_order *o, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	struct ask q = { .url = o->url, .payload = "", .deadline = deadline };

	return ask(a, &q, o, &r, e) || err_wrap(e, "order");
}

/*
 * A finalize whose answer got lost was tried again, or another run was quicker: then the
 * order isn't ready because it is past that (RFC 8555 7.4).
 */
static bool went_on(struct acme *a, struct acme_order *o, int64_t deadline)
{
	struct err ignored;

	return acme_order_refresh(a, o, deadline, &ignored) &&
		(o->status == ACME_PROCESSING || o->status == ACME_VALID);
}

bool acme_order_finalize(struct acme *a, struct acme_order *o, const struct buf *csr,
	int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	AUTO(buf) struct buf payload = BUF_EMPTY;
	struct ask q = { .url = o->finalize, .deadline = deadline };

	buf_puts(&payload, "{\"csr\":\"");
	base64url_encode(&payload, csr->data, csr->len);
	buf_puts(&payload, "\"}");
	q.payload = payload.data;
	if (ask(a, &q, o, &r, e))
		return true;
	if (strcmp(r.problem, "orderNotReady") == 0 && went_on(a, o, deadline))
		return true;
	return err_wrap(e, "finalize");
}

/* An order can fail because of a name whose problem only its authorization tells. */
static void find_problem(struct acme *a, struct acme_order *o, int64_t deadline)
{
	struct err ignored;

	for (size_t i = 0; i < o->n_authorizations && o->problem.kind == ERR_NONE; i++) {
		AUTO(acme_authorization) struct acme_authorization z = { 0 };

		if (!acme_authorization_get(
			    a, o->authorizations[i], &z, deadline, &ignored))
			return;
		if (z.problem.kind != ERR_NONE)
			err_set(&o->problem, ERR_ACME, "%s: %s", z.domain, z.problem.msg);
	}
}

static bool is_waiting(enum acme_status now, enum acme_status while_status)
{
	if (now == while_status)
		return true;
	/* Behind a CA's load balancer an older state can be read after a newer one. */
	return while_status == ACME_PROCESSING &&
		(now == ACME_READY || now == ACME_PENDING);
}

/* Invalid, or ended in a way that only some CAs know: deactivated, expired. */
static bool ended(struct acme *a, struct acme_order *o, int64_t deadline, struct err *e)
{
	if (o->problem.kind == ERR_NONE)
		find_problem(a, o, deadline);
	if (o->problem.kind == ERR_NONE)
		return err_set(e, ERR_ACME,
			"order: the CA has it as %s, and doesn't say why",
			acme_status_name(o->status));
	return err_set(
		e, ERR_ACME, "order: %s: %s", acme_status_name(o->status), o->problem.msg);
}

bool acme_order_wait(struct acme *a, struct acme_order *o, enum acme_status while_status,
	int64_t deadline, struct err *e)
{
	struct poll p = poll_begin(a, deadline);

	while (is_waiting(o->status, while_status)) {
		if (!poll_pause(&p, o->retry_after, e))
			return err_wrap(e, "order: still %s", acme_status_name(o->status));
		if (!acme_order_refresh(a, o, deadline, e))
			return false;
	}
	return o->status <= ACME_VALID || ended(a, o, deadline, e);
}
