#include "dns/private/lookout.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/standing.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum {
	POLL_FIRST_MS = 50,
	POLL_MAX_MS = 1000,
	ANSWER_MS = 1000, /* how long one datagram is waited for */
	AT_ONCE = 64,     /* questions in flight to one address */
	TTL_MAX = 604800  /* seconds: none is kept for longer than a week (RFC 8767 4) */
};

void lookout_add(struct lookout *l, struct subject *s)
{
	size_t i;

	GROW(l->views, l->n);
	l->views[l->n++] = (struct view){ .subject = s, .query = BUF_EMPTY };
	for (i = 0; i < l->n_copies && l->copies[i].zone != s->zone;)
		i++;
	if (i < l->n_copies || !s->zone->name)
		return;
	GROW(l->copies, l->n_copies);
	l->copies[l->n_copies++] = (struct copy){ .zone = s->zone, .query = BUF_EMPTY };
}

static void forget_tlsa(struct view *v)
{
	for (size_t i = 0; i < v->n_tlsa; i++)
		free(v->tlsa[i]);
	free(v->tlsa);
	v->tlsa = NULL;
	v->n_tlsa = 0;
}

void lookout_clear(struct lookout *l)
{
	for (size_t i = 0; i < l->n; i++) {
		buf_clear(&l->views[i].query);
		forget_tlsa(&l->views[i]);
	}
	for (size_t i = 0; i < l->n_copies; i++)
		buf_clear(&l->copies[i].query);
	free(l->views);
	free(l->copies);
}

void zone_seen(struct watch *w, struct zone *z, uint32_t serial)
{
	pthread_mutex_lock(&w->lock);
	if (!z->serial_known || (int32_t)(serial - z->newest) > 0)
		z->newest = serial;
	z->serial_known = true;
	pthread_mutex_unlock(&w->lock);
}

static const struct copy *copy_of(const struct lookout *l, const struct zone *z)
{
	for (size_t i = 0; i < l->n_copies; i++)
		if (l->copies[i].zone == z)
			return &l->copies[i];
	return NULL;
}

static const char *const answers[] = {
	[SILENT] = "no answer",
	[SHOWN] = "shown",
	[EMPTY] = "no TLSA record there",
	[ABSENT] = "no TXT record there",
	[LAME] = "answers without authority",
	[NO_ROUTE] = "no route from here",
	[MOVED] = "says it is elsewhere",
};

static void set_answer(const struct view *v, char *answer, size_t size)
{
	if (v->seen == OTHERS)
		snprintf(answer, size, "%zu other value%s", v->others,
			v->others == 1 ? "" : "s");
	else if (v->seen == FAILED ||
		((v->seen == ABSENT || v->seen == EMPTY) &&
			v->rcode == LDNS_RCODE_NXDOMAIN))
		snprintf(answer, size, "%s", rcode_words(v->rcode));
	else
		snprintf(answer, size, "%s", answers[v->seen]);
}

static void set_serial(const struct lookout *l, struct zone *z, char *serial, size_t size)
{
	const struct copy *copy = copy_of(l, z);
	uint32_t newest;

	if (!copy || !copy->known)
		return;
	pthread_mutex_lock(&l->watch->lock);
	newest = z->newest;
	pthread_mutex_unlock(&l->watch->lock);
	if (newest == copy->serial)
		snprintf(serial, size, "serial %u", copy->serial);
	else
		snprintf(serial, size, "serial %u of %u", copy->serial, newest);
}

struct dns_showing lookout_showing(const struct lookout *l, const struct view *v)
{
	struct dns_showing s = { 0 };

	snprintf(s.server, sizeof s.server, "%s", l->server);
	snprintf(s.address, sizeof s.address, "%s", l->at.text);
	set_answer(v, s.answer, sizeof s.answer);
	set_serial(l, v->subject->zone, s.serial, sizeof s.serial);
	return s;
}

void showing_describe(const struct dns_showing *s, struct buf *out)
{
	buf_puts(out, s->server);
	if (!text_eq(s->server, s->address))
		buf_printf(out, " (%s)", s->address);
	buf_printf(out, ": %s%s%s", s->answer, *s->serial ? ", " : "", s->serial);
}

static bool shows(const ldns_rr *rr, const struct dns_record *r)
{
	return r->standing ? standing_in(rr, r->standing, clock_now())
			   : txt_is(rr, r->value);
}

static enum seen count_values(struct view *v, const ldns_rr_list *list)
{
	v->others = 0;
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TXT)
			continue;
		if (shows(rr, v->subject->record))
			return SHOWN;
		v->others++;
	}
	return v->others ? OTHERS : ABSENT;
}

static enum seen note_tlsa(struct view *v, const ldns_rr_list *list)
{
	forget_tlsa(v);
	v->ttl = 0;
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		char *text = tlsa_text(rr);
		const uint32_t ttl = ldns_rr_ttl(rr);

		if (!text)
			continue;
		GROW(v->tlsa, v->n_tlsa);
		v->tlsa[v->n_tlsa++] = text;
		if (ttl <= TTL_MAX && (int)ttl > v->ttl)
			v->ttl = (int)ttl;
	}
	return v->n_tlsa > 0 ? SHOWN : ABSENT;
}

static enum seen look_for(struct view *v, const ldns_rr_list *list)
{
	return v->subject->record->tlsa ? note_tlsa(v, list) : count_values(v, list);
}

enum seen view_judge(struct view *v, const ldns_pkt *answer, char **name, char **zone)
{
	struct err e;
	AUTO(rdf) ldns_rdf *owner = name_parse(v->subject->name, &e);
	const ldns_rdf *target = owner ? answer_last_alias(answer, owner) : NULL;
	const ldns_rdf *cut = owner ? answer_referral(answer, owner) : NULL;
	enum seen seen = look_for(v, ldns_pkt_answer(answer));

	v->rcode = ldns_pkt_get_rcode(answer);
	if (v->rcode != LDNS_RCODE_NOERROR && v->rcode != LDNS_RCODE_NXDOMAIN)
		return FAILED;
	if (cut && ldns_dname_label_count(cut) > 0 && !v->subject->recursive) {
		AUTO(str) char *below = name_text(cut);

		if (text_eq(below, v->subject->zone->name))
			return LAME; /* hands its own zone to itself or to others */
		*zone = TAKE(below);
		return MOVED;
	}
	if (!ldns_pkt_aa(answer) && !v->subject->recursive)
		return LAME;
	if (seen == ABSENT && target && ldns_dname_compare(target, owner) != 0) {
		*name = name_text(target);
		return MOVED;
	}
	return seen == ABSENT && v->subject->record->tlsa ? EMPTY : seen;
}

bool view_done(const struct view *v)
{
	return v->seen == SHOWN || v->seen == EMPTY;
}

static void judge(struct lookout *l, struct view *v, const ldns_pkt *answer)
{
	struct subject *s = v->subject;
	char *name = NULL, *zone = NULL;

	v->seen = view_judge(v, answer, &name, &zone);
	pthread_mutex_lock(&l->watch->lock);
	if (v->seen == MOVED && !s->moved_name && !s->moved_zone) {
		s->moved_name = TAKE(name);
		s->moved_zone = TAKE(zone);
	}
	pthread_mutex_unlock(&l->watch->lock);
	free(name);
	free(zone);
}

static void note_serial(struct lookout *l, struct copy *c, const ldns_pkt *answer)
{
	struct err e;
	AUTO(rdf) ldns_rdf *name = name_parse(c->zone->name, &e);
	const ldns_rr *soa = name ? answer_soa(answer, name) : NULL;

	c->known = soa != NULL;
	if (!soa)
		return;
	c->serial = soa_serial(soa);
	zone_seen(l->watch, c->zone, c->serial);
}

static bool is_pending(const struct lookout *l, const struct view *v)
{
	const struct subject *s = v->subject;
	bool moved;

	pthread_mutex_lock(&l->watch->lock);
	moved = s->moved_name || s->moved_zone;
	pthread_mutex_unlock(&l->watch->lock);
	return !view_done(v) && v->seen != NO_ROUTE && !moved &&
		deadline_left(s->deadline) > 0;
}

static const struct view *first_pending(const struct lookout *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_pending(l, &l->views[i]))
			return &l->views[i];
	return NULL;
}

static bool is_for(const struct buf *query, const struct buf *answer)
{
	return answer->len >= 2 && query->len >= 2 &&
		memcmp(query->data, answer->data, 2) == 0;
}

/* The whole answer: over TCP if UDP was too small for it. */
static ldns_pkt *whole(struct lookout *l, const struct buf *query,
	const struct buf *datagram, struct err *e)
{
	AUTO(pkt) ldns_pkt *p = answer_parse(datagram->data, datagram->len, query, e);

	if (p && ldns_pkt_tc(p))
		return ask_tcp(&l->at, query, deadline_in_ms(ANSWER_MS), e);
	return TAKE(p);
}

/* Give a datagram to the one that waits for it. */
static void dispatch(struct lookout *l, const struct buf *datagram, size_t *awaited)
{
	struct err e;

	for (size_t i = 0; i < l->n; i++) {
		struct view *v = &l->views[i];
		AUTO(pkt)
		ldns_pkt *p = v->asked && is_for(&v->query, datagram)
			? whole(l, &v->query, datagram, &e)
			: NULL;

		if (!p)
			continue;
		judge(l, v, p);
		v->asked = false;
		--*awaited;
		return;
	}
	for (size_t i = 0; i < l->n_copies; i++) {
		struct copy *c = &l->copies[i];
		AUTO(pkt)
		ldns_pkt *p = c->asked && is_for(&c->query, datagram)
			? whole(l, &c->query, datagram, &e)
			: NULL;

		if (!p)
			continue;
		note_serial(l, c, p);
		c->asked = false;
		return;
	}
}

static bool put(
	int fd, struct buf *query, const char *name, ldns_rr_type type, bool recursive)
{
	struct err e;

	buf_reset(query);
	return query_build(query, name, type, recursive, &e) &&
		send(fd, query->data, query->len, 0) >= 0;
}

static size_t send_views(struct lookout *l, int fd, size_t *from)
{
	size_t sent = 0;

	for (; *from < l->n && sent < AT_ONCE; ++*from) {
		struct view *v = &l->views[*from];

		if (!is_pending(l, v))
			continue;
		v->asked = put(fd, &v->query, v->subject->name,
			v->subject->record->tlsa ? LDNS_RR_TYPE_TLSA : LDNS_RR_TYPE_TXT,
			v->subject->recursive);
		if (!v->asked)
			v->seen = SILENT;
		sent += v->asked;
	}
	return sent;
}

/* Sent first, and not waited for. */
static void send_copies(struct lookout *l, int fd)
{
	for (size_t i = 0; i < l->n_copies; i++) {
		struct copy *c = &l->copies[i];

		c->asked = put(fd, &c->query, c->zone->name, LDNS_RR_TYPE_SOA, false);
	}
}

/* A second from now, but no longer than one of those that are asked for lasts. */
static int64_t patience(const struct lookout *l)
{
	int64_t last = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->views[i].asked && l->views[i].subject->deadline > last)
			last = l->views[i].subject->deadline;
	return deadline_first(last, deadline_in_ms(ANSWER_MS));
}

/* Take answers for a while; what stays without one is SILENT. */
static void collect(struct lookout *l, int fd, size_t awaited, struct err *e)
{
	AUTO(buf) struct buf datagram = BUF_EMPTY;
	int64_t until = patience(l);

	while (awaited > 0 && udp_receive(fd, &datagram, until, e) &&
		deadline_left(until) > 0)
		dispatch(l, &datagram, &awaited);
	for (size_t i = 0; i < l->n; i++) {
		if (l->views[i].asked)
			l->views[i].seen = SILENT;
		l->views[i].asked = false;
	}
	for (size_t i = 0; i < l->n_copies; i++)
		l->copies[i].asked = false;
}

/* Ask once for all that is pending. */
static void ask_round(struct lookout *l, struct err *e)
{
	bool no_route;
	AUTO(fd) int fd = udp_open(&l->at, &no_route, e);

	if (fd < 0) {
		for (size_t i = 0; i < l->n; i++)
			if (is_pending(l, &l->views[i]))
				l->views[i].seen = no_route ? NO_ROUTE : SILENT;
		return;
	}
	send_copies(l, fd);
	for (size_t from = 0; from < l->n && e->kind != ERR_STOPPED;)
		collect(l, fd, send_views(l, fd, &from), e);
}

static void tell(struct lookout *l, const struct view *v, struct buf *told)
{
	const struct dns_showing showing = lookout_showing(l, v);
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_puts(&text, "waiting for ");
	showing_describe(&showing, &text);
	if (text_eq(text.data, told->data))
		return;
	buf_reset(told);
	buf_puts(told, text.data);
	pthread_mutex_lock(&l->watch->lock);
	l->watch->progress(l->watch->ctx, text.data);
	pthread_mutex_unlock(&l->watch->lock);
}

void lookout_run(struct lookout *l)
{
	AUTO(buf) struct buf told = BUF_EMPTY;
	const struct view *v = first_pending(l);
	int pause = POLL_FIRST_MS;

	while (v) {
		struct err e = { 0 };
		int left;

		ask_round(l, &e);
		v = first_pending(l);
		if (!v)
			break;
		if (l->watch->progress)
			tell(l, v, &told);
		left = deadline_left(v->subject->deadline);
		if (e.kind == ERR_STOPPED ||
			!clock_sleep_ms(pause < left ? pause : left, &e)) {
			l->stopped = e;
			return;
		}
		pause = pause * 2 < POLL_MAX_MS ? pause * 2 : POLL_MAX_MS;
	}
}
