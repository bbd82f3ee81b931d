#include "dns/private/propagation.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/lookout.h"
#include "dns/private/provider.h"
#include "dns/private/resolve.h"
#include "work/crew.h"

#include <string.h>

enum {
	SIDE_BY_SIDE = 16,
	MOVES_MAX = 8,
	PLAN_SECONDS = 30 /* to find zones, servers and addresses */
};

/* The servers of a zone that are to show its records. */
struct plan_zone {
	struct zone zone;
	struct name_servers servers;
	int64_t deadline;
	struct err err;
};

/* One go at all subjects; those that moved make the next one. */
struct plan {
	struct watch watch;
	const struct terms *terms;
	struct subject *subjects;
	char **zone_names; /* of each subject, NULL: to be found, or not needed */
	size_t n;
	struct plan_zone **zones;
	size_t n_zones;
	struct lookout *lookouts;
	size_t n_lookouts;
};

static bool is_authoritative(const struct subject *s)
{
	return s->record->config->check == DNS_CHECK_AUTHORITATIVE;
}

static bool has_failed(const struct subject *s)
{
	return s->record->err.kind != ERR_NONE;
}

/* The zone of a subject's name, searched from the name above it: to ask a resolver for the
 * name itself could make it remember that there is none. */
static void find_zone(void *ctx, size_t i)
{
	struct plan *p = ctx;
	struct subject *s = &p->subjects[i];
	struct dns_record *r = s->record;
	const char *above = strchr(s->name, '.');
	AUTO(resolvers) struct resolvers resolvers = { 0 };

	if (p->zone_names[i] || !is_authoritative(s) || has_failed(s))
		return;
	if (!resolvers_from(r->config, &resolvers, &r->err))
		return;
	p->zone_names[i] =
		resolve_zone(&resolvers, above ? above + 1 : s->name, s->deadline, &r->err);
	if (p->zone_names[i] && !r->zone)
		r->zone = xstrdup(p->zone_names[i]);
}

static struct plan_zone *zone_for(struct plan *p, const struct subject *s, const char *name)
{
	struct plan_zone *z;

	for (size_t i = 0; i < p->n_zones; i++)
		if (p->zones[i]->zone.config == s->record->config &&
			text_eq(p->zones[i]->zone.name, name))
			return p->zones[i];
	z = xcalloc(1, sizeof *z);
	z->zone.config = s->record->config;
	z->zone.name = name ? xstrdup(name) : NULL;
	z->deadline = s->deadline;
	p->zones[p->n_zones++] = z;
	return z;
}

static bool listed_servers(
	const struct dns_config *c, uint16_t port, struct name_servers *all, struct err *e)
{
	for (size_t i = 0; i < c->n_servers; i++) {
		struct name_server *server;

		GROW(all->list, all->n);
		server = &all->list[all->n++];
		*server = (struct name_server){ .name = xstrdup(c->servers[i]) };
		if (!endpoints_find(&server->at, c->servers[i], port, e))
			return false;
	}
	return c->n_servers > 0 ||
		err_set(e, ERR_CONFIG, "no servers are listed to be asked for the records");
}

/* They remember what they are told for as long as it lives: nothing has asked them for the
 * record before. */
static bool own_resolvers(
	const struct dns_config *c, struct name_servers *all, struct err *e)
{
	AUTO(resolvers) struct resolvers r = { 0 };

	if (!resolvers_from(c, &r, e))
		return false;
	for (size_t i = 0; i < r.at.n; i++) {
		struct name_server *server;

		GROW(all->list, all->n);
		server = &all->list[all->n++];
		*server = (struct name_server){ .name = xstrdup(r.at.list[i].text) };
		GROW(server->at.list, server->at.n);
		server->at.list[server->at.n++] = r.at.list[i];
	}
	return true;
}

static void find_servers(void *ctx, size_t i)
{
	struct plan *p = ctx;
	struct plan_zone *z = p->zones[i];
	const struct dns_config *c = z->zone.config;
	AUTO(resolvers) struct resolvers resolvers = { 0 };

	if (c->check != DNS_CHECK_AUTHORITATIVE) {
		if (c->check == DNS_CHECK_SERVERS
				? listed_servers(c, p->terms->port, &z->servers, &z->err)
				: own_resolvers(c, &z->servers, &z->err))
			z->err.kind = ERR_NONE;
		return;
	}
	if (!resolvers_from(c, &resolvers, &z->err) ||
		!resolve_servers(&resolvers, z->zone.name, p->terms->port, &z->servers,
			z->deadline, &z->err))
		return;
	z->err.kind = ERR_NONE; /* single addresses that failed don't matter */
}

static struct lookout *lookout_at(
	struct plan *p, const struct name_server *server, const struct endpoint *at)
{
	struct lookout *l;

	for (size_t i = 0; i < p->n_lookouts; i++) {
		l = &p->lookouts[i];
		if (l->at.len == at->len && memcmp(&l->at.addr, &at->addr, at->len) == 0)
			return l;
	}
	GROW(p->lookouts, p->n_lookouts);
	l = &p->lookouts[p->n_lookouts++];
	*l = (struct lookout){ .server = server->name, .at = *at, .watch = &p->watch };
	return l;
}

static void post(struct plan *p, struct subject *s, const struct name_servers *servers)
{
	for (size_t i = 0; i < servers->n; i++) {
		const struct name_server *server = &servers->list[i];

		for (size_t k = 0; k < server->at.n; k++) {
			struct lookout *l = lookout_at(p, server, &server->at.list[k]);

			if (l->n == 0 || l->views[l->n - 1].subject != s)
				lookout_add(l, s);
		}
	}
}

/* Who is to be asked for what. */
static void prepare(struct plan *p)
{
	struct plan_zone **of = xcalloc(p->n, sizeof(struct plan_zone *));

	p->zones = xcalloc(p->n, sizeof(struct plan_zone *));
	crew_run(SIDE_BY_SIDE, p->n, find_zone, p);
	for (size_t i = 0; i < p->n; i++)
		if (!has_failed(&p->subjects[i]))
			of[i] = zone_for(p, &p->subjects[i], p->zone_names[i]);
	crew_run(SIDE_BY_SIDE, p->n_zones, find_servers, p);
	for (size_t i = 0; i < p->n; i++) {
		struct subject *s = &p->subjects[i];

		if (!of[i])
			continue;
		s->zone = &of[i]->zone;
		if (of[i]->err.kind != ERR_NONE)
			s->record->err = of[i]->err;
		else
			post(p, s, &of[i]->servers);
	}
	free(of);
}

/* Job i is a lookout, or asks a primary for the serial that all wait for. */
static void look(void *ctx, size_t i)
{
	struct plan *p = ctx;
	struct zone *z;
	const struct provider *provider;
	uint32_t serial;
	struct err e;

	if (i < p->n_lookouts) {
		lookout_run(&p->lookouts[i]);
		return;
	}
	z = &p->zones[i - p->n_lookouts]->zone;
	provider = provider_find(z->config->provider);
	if (provider && provider->serial && z->name &&
		provider->serial(z->config, z->name, &serial, &e))
		zone_seen(&p->watch, z, serial);
}

/* How the addresses together show one record. */
struct tally {
	size_t n, lagging, no_route;
	struct dns_showing *showings; /* of all of them */
	struct dns_showing worst;     /* the first that lags, or else can't be asked */
	const struct err *stopped;
};

static void count(struct tally *t, const struct lookout *l, const struct view *v)
{
	const bool lags = !view_done(v) && v->seen != NO_ROUTE;

	GROW(t->showings, t->n);
	t->showings[t->n] = lookout_showing(l, v);
	if (lags ? t->lagging == 0 : v->seen == NO_ROUTE && t->lagging + t->no_route == 0)
		t->worst = t->showings[t->n];
	t->n++;
	t->lagging += lags;
	t->no_route += v->seen == NO_ROUTE;
	if (lags && l->stopped.kind != ERR_NONE)
		t->stopped = &l->stopped;
}

static struct tally tally(const struct plan *p, const struct subject *s)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < p->n_lookouts; i++)
		for (size_t k = 0; k < p->lookouts[i].n; k++)
			if (p->lookouts[i].views[k].subject == s)
				count(&t, &p->lookouts[i], &p->lookouts[i].views[k]);
	return t;
}

static void tell_missing(const struct subject *s, const struct tally *t)
{
	struct dns_record *r = s->record;
	AUTO(buf) struct buf worst = BUF_EMPTY, text = BUF_EMPTY;

	showing_describe(&t->worst, &worst);
	if (r->tlsa)
		err_set(&r->err, ERR_DNS,
			"not all name servers can be asked for TLSA %s: %s", s->name,
			worst.data);
	else if (t->lagging == 0)
		err_set(&r->err, ERR_DNS, "no name server can be asked for TXT %s: %s",
			s->name, worst.data);
	else
		err_set(&r->err, ERR_DNS,
			"TXT %s isn't shown after %d s by %zu of %zu addresses: %s",
			s->name, r->config->timeout, t->lagging, t->n, worst.data);
	if (!r->standing)
		return;
	dns_standing_text(r->standing, &text);
	err_wrap(&r->err, "this record has to be published: %s. TXT \"%s\"", s->name,
		text.data);
}

/* What the addresses have of a name's TLSA records. */
static void take_tlsa(const struct plan *p, const struct subject *s)
{
	struct dns_tlsa *out = s->record->tlsa;

	free(out->place);
	out->place = xstrdup(s->name);
	for (size_t i = 0; i < p->n_lookouts; i++)
		for (size_t k = 0; k < p->lookouts[i].n; k++) {
			struct view *v = &p->lookouts[i].views[k];

			if (v->subject != s)
				continue;
			GROW(out->views, out->n_views);
			out->views[out->n_views++] = (struct dns_tlsa_view){
				.showing = lookout_showing(&p->lookouts[i], v),
				.answered = view_done(v),
				.no_route = v->seen == NO_ROUTE,
				.records = TAKE(v->tlsa),
				.n = v->n_tlsa,
			};
			v->n_tlsa = 0;
			if (v->ttl > out->ttl)
				out->ttl = v->ttl;
		}
}

static void conclude(const struct plan *p, struct subject *s)
{
	struct tally t = tally(p, s);
	struct dns_record *r = s->record;

	if (r->tlsa)
		take_tlsa(p, s);

	r->visible = t.lagging == 0 && t.no_route < t.n;
	if (!r->visible) {
		if (t.stopped)
			r->err = *t.stopped;
		else
			tell_missing(s, &t);
		r->showings = TAKE(t.showings);
		r->n_showings = t.n;
	}
	free(t.showings);
}

static void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->subjects[i].name);
		free(p->subjects[i].moved_name);
		free(p->subjects[i].moved_zone);
		free(p->zone_names[i]);
	}
	for (size_t i = 0; i < p->n_zones; i++) {
		free(p->zones[i]->zone.name);
		name_servers_clear(&p->zones[i]->servers);
		free(p->zones[i]);
	}
	for (size_t i = 0; i < p->n_lookouts; i++)
		lookout_clear(&p->lookouts[i]);
	free(p->lookouts);
	free(p->zones);
	free(p->subjects);
	free(p->zone_names);
	pthread_mutex_destroy(&p->watch.lock);
}
DEFINE_AUTO_VALUE(struct plan, plan, plan_clear)

static void add_subject(
	struct plan *p, struct dns_record *r, char *name, char *zone, int64_t deadline)
{
	GROW(p->subjects, p->n);
	GROW(p->zone_names, p->n);
	p->subjects[p->n] = (struct subject){ .record = r,
		.name = name,
		.deadline = deadline,
		.recursive = r->config->check != DNS_CHECK_AUTHORITATIVE };
	p->zone_names[p->n++] = zone;
}

static void plan_init(
	struct plan *p, const struct terms *terms, dns_progress *progress, void *ctx)
{
	*p = (struct plan){ .terms = terms, .watch = { .progress = progress, .ctx = ctx } };
	pthread_mutex_init(&p->watch.lock, NULL);
}

/* Those that a server has sent elsewhere: to an alias, or to a zone of their own. */
static void add_moved(struct plan *next, struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct subject *s = &p->subjects[i];

		if (has_failed(s) || (!s->moved_name && !s->moved_zone))
			continue;
		add_subject(next, s->record,
			s->moved_name ? TAKE(s->moved_name) : TAKE(s->name),
			TAKE(s->moved_zone), s->deadline);
	}
}

/* From here on the servers have their time: that of the search before doesn't count. */
static void start_clocks(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->subjects[i].deadline =
			deadline_in_ms((int64_t)p->subjects[i].record->config->timeout *
				p->terms->second_ms);
}

static void run(struct plan *p, int moves)
{
	AUTO(plan) struct plan next;

	plan_init(&next, p->terms, p->watch.progress, p->watch.ctx);
	prepare(p);
	if (moves == 0)
		start_clocks(p);
	crew_run(p->n_lookouts + p->n_zones, p->n_lookouts + p->n_zones, look, p);
	for (size_t i = 0; i < p->n; i++) {
		struct subject *s = &p->subjects[i];

		if (has_failed(s))
			continue;
		if (!s->moved_name && !s->moved_zone)
			conclude(p, s);
		else if (moves == MOVES_MAX)
			err_set(&s->record->err, ERR_DNS,
				"TXT %s: the aliases and delegations of this name don't end",
				s->name);
	}
	add_moved(&next, p);
	if (next.n > 0)
		run(&next, moves + 1);
}

static bool wants(const struct dns_record *r)
{
	return (r->presented || r->standing || r->tlsa) && r->err.kind == ERR_NONE;
}

static bool is_checked(const struct dns_record *r)
{
	return r->config->check == DNS_CHECK_AUTHORITATIVE ||
		r->config->check == DNS_CHECK_SERVERS ||
		r->config->check == DNS_CHECK_RESOLVERS;
}

/* The longest of the pauses that follow once all is seen (or instead of looking). */
static void settle(struct dns_record *records, size_t n, int second_ms)
{
	struct err e = { 0 };
	int seconds = 0;

	for (size_t i = 0; i < n; i++)
		if (wants(&records[i]) && records[i].config->check != DNS_CHECK_NONE &&
			records[i].config->settle > seconds)
			seconds = records[i].config->settle;
	if (seconds == 0 || clock_sleep_ms(seconds * second_ms, &e))
		return;
	for (size_t i = 0; i < n; i++)
		if (wants(&records[i])) {
			records[i].visible = false;
			records[i].err = e;
		}
}

void propagation_wait(struct dns_record *records, size_t n, const struct terms *terms,
	dns_progress *progress, void *ctx)
{
	AUTO(plan) struct plan p;

	plan_init(&p, terms, progress, ctx);
	for (size_t i = 0; i < n; i++) {
		struct dns_record *r = &records[i];

		if (wants(r) && is_checked(r))
			add_subject(&p, r,
				r->name ? xstrdup(r->name)
					: dns_challenge_name(NULL, r->domain),
				r->zone ? xstrdup(r->zone) : NULL,
				deadline_in(PLAN_SECONDS));
		else if (wants(r))
			r->visible = true;
	}
	if (p.n > 0)
		run(&p, 0);
	settle(records, n, terms->second_ms);
}
