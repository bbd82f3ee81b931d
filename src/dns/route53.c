/*
 * Amazon Route 53 (https://docs.aws.amazon.com/Route53/latest/APIReference/): an access key
 * id (user) and its secret key, allowed to route53:ListHostedZonesByName,
 * ListResourceRecordSets and ChangeResourceRecordSets.
 */
#include "dns/private/route53.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/sigv4.h"
#include "dns/private/xml.h"

#include <string.h>

#define BASE    "https://route53.amazonaws.com"
#define VERSION "/2013-04-01"
#define XMLNS   "https://route53.amazonaws.com/doc/2013-04-01/"

enum {
	TRIES = 7,
	FIRST_PAUSE_MS = 250, /* doubling */
	MOST_WORDS = 200      /* of what it says */
};

/* A set as it was found. */
struct found {
	char *name;
	char *xml;      /* for a deletion: only the exact set can be deleted */
	struct err err; /* it must be left alone */
};

struct account {
	struct api api; /* the first member: the callbacks of rrset are given this */
	struct found *found;
	size_t n_found;
};

/* ---- requests ---- */

struct ask {
	const char *method, *path, *query; /* query: its parameters in order, as signed */
	const struct buf *body;
};

/* What of the configured URL stands before every path: signed too. */
static const char *prefix(const struct api *a)
{
	const char *host = strstr(a->base, "://");

	host = host ? host + 3 : a->base;
	return host + strcspn(host, "/");
}

static bool once(struct api *a, const struct ask *q, struct api_answer *r, struct err *e)
{
	AUTO(buf) struct buf date = BUF_EMPTY, date_line = BUF_EMPTY;
	AUTO(buf) struct buf line = BUF_EMPTY, target = BUF_EMPTY;
	AUTO(str) char *host = api_host(a);
	AUTO(str) char *path = xasprintf("%s%s", prefix(a), q->path);
	struct sigv4 by = { .key_id = a->config->user,
		.secret = &a->config->secret,
		.region = "us-east-1",
		.service = "route53" };
	const struct sigv4_request signs = { q->method, host, path, q->query, q->body };
	const char *headers[3] = { NULL };

	sigv4_date(clock_now(), &date);
	by.date = date.data;
	buf_puts(&line, "Authorization: ");
	sigv4_authorize(&by, &signs, &line);
	buf_printf(&date_line, "X-Amz-Date: %s", date.data);
	headers[0] = date_line.data;
	headers[1] = line.data;
	buf_printf(&target, "%s%s%s", q->path, *q->query ? "?" : "", q->query);
	return api_send(a, q->method, target.data, q->body ? "application/xml" : NULL,
		q->body, headers, r, e);
}

/* Its words into *e. True if it only wants us to be slower: it says so with a 400. */
static bool is_passing(const struct api *a, const struct api_answer *r, struct err *e)
{
	AUTO(buf) struct buf code = BUF_EMPTY, words = BUF_EMPTY;
	AUTO(str) char *host = api_host(a);

	route53_refusal_in(&r->http.body, &code, &words);
	if (r->status && words.len)
		err_set(e, ERR_DNS, "%s: status %d: %.*s", host, r->status, MOST_WORDS,
			words.data);
	return r->status == 400 &&
		(text_starts(code.data, "Throttling") ||
			text_eq(code.data, "PriorRequestNotComplete"));
}

static bool call(struct api *a, const struct ask *q, struct api_answer *r, struct err *e)
{
	for (int tries = 0;; tries++) {
		const int ms = FIRST_PAUSE_MS << tries;
		struct err stopped;

		if (once(a, q, r, e))
			return true;
		if (!is_passing(a, r, e) || tries + 1 == TRIES ||
			ms >= deadline_left(a->deadline))
			return false;
		if (!clock_sleep_ms(ms, &stopped)) {
			*e = stopped;
			return false;
		}
	}
}

/* ---- zones ---- */

/* The list begins with the zones of that name; of those all but one may be private. */
static bool has_zone(
	struct api *a, const char *zone, bool *has, struct buf *id, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf query = BUF_EMPTY;
	struct ask q = { "GET", VERSION "/hostedzonesbyname", NULL, NULL };

	buf_puts(&query, "dnsname=");
	api_escape(&query, zone);
	buf_puts(&query, ".&maxitems=100");
	q.query = query.data;
	return call(a, &q, &r, e) && route53_zone_in(&r.http.body, zone, has, id, e);
}

/* ---- sets ---- */

static void put_set(const struct rrset *s, struct buf *out)
{
	buf_puts(out, "<ResourceRecordSet><Name>");
	xml_escape(out, s->name);
	buf_printf(out, ".</Name><Type>TXT</Type><TTL>%d</TTL><ResourceRecords>", s->ttl);
	for (size_t i = 0; i < s->n; i++) {
		AUTO(buf) struct buf text = BUF_EMPTY;

		api_quote(s->values[i].text, &text);
		buf_puts(out, "<ResourceRecord><Value>");
		xml_escape(out, text.data);
		buf_puts(out, "</Value></ResourceRecord>");
	}
	buf_puts(out, "</ResourceRecords></ResourceRecordSet>");
}

static struct found *find(struct account *of, const char *name)
{
	for (size_t i = 0; i < of->n_found; i++)
		if (text_eq(of->found[i].name, name))
			return &of->found[i];
	GROW(of->found, of->n_found);
	of->found[of->n_found] = (struct found){ .name = xstrdup(name) };
	return &of->found[of->n_found++];
}

/* The list begins with the set of that name, or with what comes after it. */
static bool read_set(struct api *a, struct rrset *s, struct err *e)
{
	AUTO(api_answer) struct api_answer r = API_ANSWER_EMPTY;
	AUTO(buf) struct buf path = BUF_EMPTY, query = BUF_EMPTY;
	struct ask q = { "GET", NULL, NULL, NULL };

	buf_printf(&path, VERSION "/hostedzone/%s/rrset", s->zone.id.data);
	buf_puts(&query, "maxitems=1&name=");
	api_escape(&query, s->name);
	buf_puts(&query, ".&type=TXT");
	q.path = path.data;
	q.query = query.data;
	return call(a, &q, &r, e) && route53_set_in(&r.http.body, s, e);
}

/* A set that must be left alone is no reason to leave the others. */
static bool get_one(struct api *a, struct rrset *s, struct err *e)
{
	AUTO(buf) struct buf xml = BUF_EMPTY;
	struct found *f = find((struct account *)a, s->name);
	const bool ok = read_set(a, s, e);

	f->err = (struct err){ 0 };
	if (!ok && e->kind != ERR_REFUSED)
		return false;
	if (!ok)
		f->err = *e;
	put_set(s, &xml);
	free(f->xml);
	f->xml = buf_take(&xml);
	return true;
}

static void put_change(struct account *of, const struct rrset *s, struct buf *out)
{
	buf_printf(out, "<Change><Action>%s</Action>", s->n ? "UPSERT" : "DELETE");
	if (s->n)
		put_set(s, out);
	else
		buf_puts(out, find(of, s->name)->xml);
	buf_puts(out, "</Change>");
}

/* Of the sets that would be changed, one that must be left alone; NULL if all is well. */
static const struct err *find_untouchable(
	struct account *of, const struct rrset *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].changed && find(of, list[i].name)->err.kind != ERR_NONE)
			return &find(of, list[i].name)->err;
	return NULL;
}

/* It was refused to delete the set: isn't it there any more? A request that was sent again
 * may have done it the first time. */
static bool is_gone(struct api *a, const struct rrset *s)
{
	struct rrset now = { .name = s->name, .zone = s->zone };
	struct err e = { 0 };
	const bool read = read_set(a, &now, &e);
	const bool gone = read && now.n == 0;

	rrset_forget(&now);
	return gone;
}

static bool send_batch(struct api *a, const struct rrset *list, size_t n,
	struct api_answer *r, struct err *e)
{
	AUTO(buf) struct buf body = BUF_EMPTY, path = BUF_EMPTY;
	struct ask q = { "POST", NULL, "", &body };

	buf_puts(&body,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<ChangeResourceRecordSetsRequest xmlns=\"" XMLNS "\">"
		"<ChangeBatch><Changes>");
	for (size_t i = 0; i < n; i++)
		if (list[i].changed)
			put_change((struct account *)a, &list[i], &body);
	buf_puts(&body, "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>");
	buf_printf(&path, VERSION "/hostedzone/%s/rrset/", list->zone.id.data);
	q.path = path.data;
	return call(a, &q, r, e);
}

static bool put(struct api *a, const struct rrset *list, size_t n, struct api_answer *r,
	struct err *e)
{
	const struct err *untouchable = find_untouchable((struct account *)a, list, n);

	if (untouchable) {
		*e = *untouchable;
		r->status = 400; /* like a refusal of its own: halves find whose it is */
		return false;
	}
	if (send_batch(a, list, n, r, e))
		return true;
	return n == 1 && list->n == 0 && r->status == 400 && is_gone(a, list);
}

/* ---- the provider ---- */

static void account_clear(struct account *of)
{
	for (size_t i = 0; i < of->n_found; i++) {
		free(of->found[i].name);
		free(of->found[i].xml);
	}
	free(of->found);
	api_clear(&of->api);
}
DEFINE_AUTO_VALUE(struct account, account, account_clear)

static void change(struct change *const *changes, size_t n, bool in)
{
	static const struct rrset_api how = {
		.has_zone = has_zone, .get_one = get_one, .put = put
	};
	AUTO(account) struct account of = { 0 };

	api_open(&of.api, changes[0]->record->config, BASE);
	of.api.accept = NULL; /* it speaks XML, whatever is asked for */
	rrset_change(&of.api, changes, n, in, &how);
}

const struct provider provider_route53 = {
	.name = "route53",
	.change = change,
};
