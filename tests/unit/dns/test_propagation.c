/* The wait, with a scripted resolver and scripted name servers on 127.0.0.x. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/propagation.h"
#include "dns/private/resolve.h"

#include "fake.h"

enum { N_SERVERS = 3 };

/* What one name server of example.net (or of a zone below it) does. */
struct play {
	const char *zone;
	const char *values[3]; /* of every TXT question */
	int late;              /* how many TXT questions it takes until it shows them */
	int serial;
	bool moody;         /* the first label after _acme-challenge says what is wrong */
	const char *refers; /* a zone below that it delegates */
	const char *alias;  /* what the TXT's name is an alias of */
	bool in_circles;    /* every name is an alias of another one */
	bool lame, listed;
};

struct stage {
	struct play play[N_SERVERS];
	struct fake server[N_SERVERS], resolver;
	int n;          /* servers in the NS set */
	int unroutable; /* 1: beside the true address, 2: instead */
	bool dead_resolver, dead_below, no_ns;
	const char *resolvers[1];
	struct dns_config config;
	struct terms terms;
	int told;
	char last[300];
};

static ldns_pkt *mood(ldns_pkt *q, ldns_pkt *a, const char *name)
{
	static const struct {
		const char *label;
		ldns_pkt_rcode rcode;
	} rcodes[] = { { "absent.", LDNS_RCODE_NXDOMAIN },
		{ "refused.", LDNS_RCODE_REFUSED }, { "servfail.", LDNS_RCODE_SERVFAIL } };

	for (size_t i = 0; i < ARRAY_LEN(rcodes); i++)
		if (strncmp(name, rcodes[i].label, strlen(rcodes[i].label)) == 0)
			ldns_pkt_set_rcode(a, rcodes[i].rcode);
	if (strncmp(name, "silent.", 7) == 0) {
		ldns_pkt_free(a);
		return NULL;
	}
	if (strncmp(name, "lame.", 5) == 0 || strncmp(name, "upwards.", 8) == 0)
		ldns_pkt_set_aa(a, false);
	if (strncmp(name, "upwards.", 8) == 0)
		fake_add(a, LDNS_SECTION_AUTHORITY, "example.net. NS ns2.example.net.");
	if (strncmp(name, "others.", 7) == 0) {
		char rr[400];

		snprintf(rr, sizeof rr, "%s. TXT \"onetwo\"", fake_name(q));
		fake_add(a, LDNS_SECTION_ANSWER, rr);
		snprintf(rr, sizeof rr, "%s. TXT \"on\"", fake_name(q));
		fake_add(a, LDNS_SECTION_ANSWER, rr);
	}
	return a;
}

static ldns_pkt *play_server(struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len)
{
	struct play *p = f->ctx;
	ldns_pkt *a;
	char rr[400];

	(void)wire;
	(void)len;
	if (ldns_pkt_rd(q) != p->listed)
		return NULL;
	a = fake_answer(q, LDNS_RCODE_NOERROR, !p->lame);
	if (fake_type(q) == LDNS_RR_TYPE_SOA) {
		snprintf(rr, sizeof rr, "%s. SOA ns. host. %d 1 1 1 1", p->zone, p->serial);
		fake_add(a, LDNS_SECTION_ANSWER, rr);
		return a;
	}
	if (p->moody)
		return mood(q, a, fake_name(q) + strlen("_acme-challenge."));
	if (p->refers) {
		ldns_pkt_set_aa(a, false);
		snprintf(rr, sizeof rr, "%s. NS ns4.example.net.", p->refers);
		fake_add(a, LDNS_SECTION_AUTHORITY, rr);
		return a;
	}
	if (p->in_circles)
		p->alias = fake_name(q)[0] == 'a' ? "b.example.net" : "a.example.net";
	if (p->alias && strcmp(fake_name(q), p->alias) != 0) {
		snprintf(rr, sizeof rr, "%s. CNAME %s.", fake_name(q), p->alias);
		fake_add(a, LDNS_SECTION_ANSWER, rr);
		return a;
	}
	if (p->late > 0) {
		p->late--;
		ldns_pkt_set_rcode(a, LDNS_RCODE_NXDOMAIN);
		return a;
	}
	for (int i = 0; i < 3 && p->values[i]; i++) {
		if (fake_type(q) == LDNS_RR_TYPE_TLSA)
			snprintf(rr, sizeof rr, "%s. %s", fake_name(q), p->values[i]);
		else
			snprintf(rr, sizeof rr, "%s. TXT \"%s\"", fake_name(q),
				p->values[i]);
		fake_add(a, LDNS_SECTION_ANSWER, rr);
	}
	return a;
}

static void answer_ns(struct stage *s, const char *name, ldns_pkt *a)
{
	char rr[400];
	bool below = strcmp(name, "_acme-challenge.example.net") == 0;

	/* the last server has the zone below for itself */
	for (int i = below ? N_SERVERS - 1 : 0; i < (below ? N_SERVERS : s->n); i++) {
		snprintf(rr, sizeof rr, "%s. NS ns%d.example.net.", name, i + 2);
		if (!s->no_ns)
			fake_add(a, LDNS_SECTION_ANSWER, rr);
	}
}

static ldns_pkt *play_resolver(struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len)
{
	struct stage *s = f->ctx;
	const char *name = fake_name(q);
	ldns_pkt *a = fake_answer(q, LDNS_RCODE_NOERROR, false);
	char rr[400];

	(void)wire;
	(void)len;
	/* what it is asked once, it remembers: the records never */
	assert_true(ldns_pkt_rd(q));
	assert_int_not_equal(fake_type(q), LDNS_RR_TYPE_TXT);
	if (s->dead_resolver || (s->dead_below && name[0] == '_'))
		ldns_pkt_set_rcode(a, LDNS_RCODE_SERVFAIL);
	else if (fake_type(q) == LDNS_RR_TYPE_NS)
		answer_ns(s, name, a);
	else if (fake_type(q) == LDNS_RR_TYPE_A && strncmp(name, "ns", 2) == 0) {
		snprintf(rr, sizeof rr, "%s. A 127.0.0.%c", name, name[2]);
		if (s->unroutable != 2)
			fake_add(a, LDNS_SECTION_ANSWER, rr);
		/* connect(2) always refuses this one */
		if (s->unroutable)
			fake_add(a, LDNS_SECTION_ANSWER, "x. A 255.255.255.255");
	} else if (fake_type(q) == LDNS_RR_TYPE_SOA) {
		assert_null(strstr(name, "_acme-challenge"));
		fake_add(a,
			strcmp(name, "example.net") ? LDNS_SECTION_AUTHORITY
						    : LDNS_SECTION_ANSWER,
			"example.net. SOA ns. host. 99 1 1 1 1");
	}
	return a;
}

static int raise_curtain(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	s->n = N_SERVERS - 1;
	for (int i = 0; i < N_SERVERS; i++) {
		s->play[i] = (struct play){
			.zone = "example.net", .values = { "one", "two" }, .serial = 18
		};
		s->server[i] = (struct fake){ .part = play_server, .ctx = &s->play[i] };
		fake_start(&s->server[i], i + 2, i ? s->server[0].port : 0);
	}
	s->resolver = (struct fake){ .part = play_resolver, .ctx = s };
	fake_start(&s->resolver, 1, 0);
	s->resolvers[0] = s->resolver.spec;
	s->config = (struct dns_config){ .provider = "hook",
		.check = DNS_CHECK_AUTHORITATIVE,
		.timeout = 10,
		.resolvers = s->resolvers,
		.n_resolvers = 1 };
	s->terms = (struct terms){ .port = s->server[0].port, .second_ms = 1000 };
	*state = s;
	return 0;
}

static int drop_curtain(void **state)
{
	struct stage *s = *state;

	for (int i = 0; i < N_SERVERS; i++)
		fake_stop(&s->server[i]);
	fake_stop(&s->resolver);
	free(s);
	return 0;
}

static struct dns_record record(struct stage *s, const char *domain, const char *value)
{
	return (struct dns_record){ .config = &s->config,
		.domain = domain,
		.token = "token",
		.value = value,
		.presented = true };
}

static void keep(void *ctx, const char *text)
{
	struct stage *s = ctx;

	s->told++;
	snprintf(s->last, sizeof s->last, "%s", text);
}

static void wait_for(struct stage *s, struct dns_record *records, size_t n)
{
	fake_sync();
	propagation_wait(records, n, &s->terms, keep, s);
	fake_sync();
}

static void all_values_on_all_servers_are_seen(void **state)
{
	struct stage *s = *state;
	struct dns_record r[] = { record(s, "example.net", "one"),
		record(s, "example.net", "two"), record(s, "www.sub.example.net", "one") };

	wait_for(s, r, 3);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(r[i].err.msg, "");
		assert_true(r[i].visible);
		assert_string_equal(r[i].zone, "example.net");
	}
	assert_int_equal(s->server[0].n_udp, 4);
	assert_int_equal(s->server[1].n_udp, 4);
	dns_records_clear(r, 3);
}

static void a_late_server_is_waited_for_and_told(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");

	s->play[1].late = 1;
	s->play[1].serial = 17;
	wait_for(s, &r, 1);
	assert_string_equal(r.err.msg, "");
	assert_true(r.visible);
	assert_int_equal(s->told, 1);
	/* "… of 18" if the other one has told its serial by then */
	assert_true(text_starts(s->last,
		"waiting for ns3.example.net (127.0.0.3): no such name, serial 17"));
	dns_records_clear(&r, 1);
}

static struct dns_tlsa look_at(struct stage *s, const char *name)
{
	struct dns_tlsa t = { .config = &s->config, .name = name };
	struct dns_record r = { .config = &s->config,
		.type = DNS_TLSA,
		.domain = name,
		.name = xstrdup(name),
		.tlsa = &t };

	wait_for(s, &r, 1);
	t.err = r.err;
	dns_records_clear(&r, 1);
	return t;
}

static const struct dns_tlsa_view *view_of(const struct dns_tlsa *t, const char *server)
{
	for (size_t i = 0; i < t->n_views; i++)
		if (text_eq(t->views[i].showing.server, server))
			return &t->views[i];
	fail_msg("%s wasn't asked", server);
	return NULL;
}

static void tlsa_records_are_told_as_each_server_has_them(void **state)
{
	struct stage *s = *state;
	const struct dns_tlsa_view *v;
	struct dns_tlsa t;

	s->play[0].values[0] = "300 TLSA 3 1 1 AB01";
	s->play[0].values[1] = "300 TLSA 2 0 2 ff";
	s->play[1].values[0] = "60 TLSA 3 1 1 ab01";
	s->play[1].values[1] = "60 A 192.0.2.1"; /* none of its business */
	t = look_at(s, "_25._tcp.example.net");
	assert_string_equal(t.err.msg, "");
	assert_string_equal(t.place, "_25._tcp.example.net");
	assert_int_equal(t.ttl, 300);
	v = view_of(&t, "ns2.example.net");
	assert_true(v->answered && v->n == 2);
	assert_string_equal(v->records[0], "3 1 1 ab01");
	assert_string_equal(v->records[1], "2 0 2 ff");
	v = view_of(&t, "ns3.example.net");
	assert_true(v->answered && v->n == 1);
	assert_string_equal(v->records[0], "3 1 1 ab01");
	dns_tlsa_clear(&t);
	assert_null(t.views);
}

/* That there is none is an answer too. */
static void without_tlsa_records_nothing_is_waited_for(void **state)
{
	struct stage *s = *state;
	struct dns_tlsa t;

	s->play[0].late = 1;
	s->play[1].values[0] = NULL;
	t = look_at(s, "_25._tcp.example.net");
	assert_string_equal(t.err.msg, "");
	assert_int_equal(t.ttl, 0);
	assert_true(view_of(&t, "ns2.example.net")->answered);
	assert_string_equal(view_of(&t, "ns2.example.net")->showing.answer, "no such name");
	assert_string_equal(
		view_of(&t, "ns3.example.net")->showing.answer, "no TLSA record there");
	assert_int_equal(s->server[0].n_udp, 2);
	dns_tlsa_clear(&t);
}

static void a_server_that_cannot_be_asked_for_tlsa_is_named(void **state)
{
	struct stage *s = *state;
	struct dns_tlsa t;

	s->config.timeout = 1;
	s->play[0].values[0] = "300 TLSA 3 1 1 ab01";
	s->play[0].values[1] = NULL;
	s->play[1].lame = true;
	t = look_at(s, "_25._tcp.example.net");
	assert_err(t.err.kind == ERR_NONE, &t.err, ERR_DNS,
		"not all name servers can be asked for TLSA _25._tcp.example.net: "
		"ns3.example.net (127.0.0.3): answers without authority");
	assert_true(view_of(&t, "ns2.example.net")->answered);
	assert_false(view_of(&t, "ns3.example.net")->answered);
	dns_tlsa_clear(&t);
}

static void tlsa_records_are_found_where_an_alias_leads(void **state)
{
	struct stage *s = *state;
	struct dns_tlsa t;

	for (int i = 0; i < 2; i++) {
		s->play[i].alias = "tlsa.example.net";
		s->play[i].values[0] = "300 TLSA 3 1 1 ab01";
		s->play[i].values[1] = NULL;
	}
	t = look_at(s, "_25._tcp.example.net");
	assert_string_equal(t.err.msg, "");
	assert_string_equal(t.place, "tlsa.example.net");
	assert_int_equal(view_of(&t, "ns3.example.net")->n, 1);
	dns_tlsa_clear(&t);
}

/* It is there, or it isn't: nothing was added by us. */
static void a_standing_record_is_looked_for(void **state)
{
	static const char *const issuers[] = { "ca.example" };
	const struct dns_standing standing = { issuers, 1, "https://ca/1", false };
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", NULL);

	s->play[0].values[0] = s->play[1].values[0] = "ca.example; accounturi=https://ca/1";
	for (int i = 0; i < 2; i++) {
		r.standing = &standing;
		r.presented = false;
		r.name = strdup("_validation-persist.example.net");
		if (i > 0)
			s->play[1].values[0] = "ca.example; accounturi=https://ca/2";
		s->terms.second_ms = i > 0 ? 50 : 1000;
		wait_for(s, &r, 1);
		assert_int_equal(r.visible, i == 0);
		if (i == 0)
			assert_string_equal(r.err.msg, "");
		else
			assert_non_null(strstr(r.err.msg,
				"this record has to be published: _validation-persist.example.net. TXT "
				"\"ca.example; accounturi=https://ca/1\": TXT _validation-persist"));
		dns_records_clear(&r, 1);
	}
}

static void a_truncated_answer_is_asked_again_over_tcp(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");

	s->server[0].truncate = true;
	wait_for(s, &r, 1);
	assert_true(r.visible);
	assert_true(s->server[0].n_tcp >= 1);
	dns_records_clear(&r, 1);
}

static void an_address_without_a_route_does_not_count(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");

	s->unroutable = 1;
	wait_for(s, &r, 1);
	assert_string_equal(r.err.msg, "");
	assert_true(r.visible);
	dns_records_clear(&r, 1);
}

static void a_delegation_and_an_alias_are_followed(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");
	struct dns_record alias = record(s, "www.example.net", "one");

	s->play[0].refers = s->play[1].refers = "_acme-challenge.example.net";
	s->play[2].zone = "_acme-challenge.example.net";
	wait_for(s, &r, 1);
	assert_string_equal(r.err.msg, "");
	assert_true(r.visible && s->server[2].n_udp >= 1);

	s->play[0].refers = s->play[1].refers = NULL;
	s->play[0].alias = s->play[1].alias = "shared.example.net";
	wait_for(s, &alias, 1);
	assert_string_equal(alias.err.msg, "");
	assert_true(alias.visible);
	dns_records_clear(&r, 1);
	dns_records_clear(&alias, 1);
}

/* A resolver can't say who that would be; the zone above can. */
static void a_zone_that_nobody_serves_is_told_with_its_servers(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");

	s->play[0].refers = s->play[1].refers = "_acme-challenge.example.net";
	s->play[2].lame = s->dead_below = true;
	r.zone = xstrdup("_acme-challenge.example.net");
	s->config.timeout = 1;
	s->terms.second_ms = 100;
	wait_for(s, &r, 1);
	assert_err(false, &r.err, ERR_DNS,
		"isn't shown after 1 s by 1 of 1 addresses: ns4.example.net (127.0.0.4");
	assert_false(r.visible);
	dns_records_clear(&r, 1);
}

/* Before anything is added, and without a question to a resolver about the name itself. */
static void the_place_of_a_record_is_traced(void **state)
{
	static const struct {
		const char *alias, *refers, *place;
	} rows[] = {
		{ NULL, NULL, "_acme-challenge.example.net" },
		{ "shared.example.net", NULL, "shared.example.net" },
		{ NULL, "_acme-challenge.example.net", "_acme-challenge.example.net" },
	};
	struct stage *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str) char *place = NULL;
		struct err e;

		for (int k = 0; k < N_SERVERS - 1; k++) {
			s->play[k].alias = rows[i].alias;
			s->play[k].refers = rows[i].refers;
		}
		fake_sync();
		place = trace(&s->config, "_acme-challenge.example.net", s->terms.port,
			deadline_in(20), &e);
		assert_non_null(place);
		assert_string_equal(place, rows[i].place);
	}
}

static void where_nobody_can_be_asked_it_is_the_name(void **state)
{
	struct stage *s = *state;
	AUTO(str) char *place = NULL;
	struct err e;

	s->dead_resolver = true;
	fake_sync();
	place = trace(&s->config, "_acme-challenge.example.net", s->terms.port,
		deadline_in(20), &e);
	assert_string_equal(place, "_acme-challenge.example.net");
}

static void a_trace_in_circles_ends(void **state)
{
	struct stage *s = *state;
	struct err e;

	for (int k = 0; k < N_SERVERS - 1; k++)
		s->play[k].in_circles = true;
	fake_sync();
	assert_err(trace(&s->config, "_acme-challenge.example.net", s->terms.port,
			   deadline_in(20), &e),
		&e, ERR_DNS, "its aliases (CNAME) don't end");
}

static void endless_aliases_end(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");

	s->play[0].in_circles = s->play[1].in_circles = true;
	wait_for(s, &r, 1);
	assert_non_null(
		strstr(r.err.msg, "aliases and delegations of this name don't end"));
	assert_false(r.visible);
	dns_records_clear(&r, 1);
}

static bool names(const char *msg, const char *domain, const char *says)
{
	char want[200];

	snprintf(want, sizeof want,
		"TXT _acme-challenge.%s isn't shown after 10 s by 1 of 2 addresses: "
		"ns3.example.net (127.0.0.3): %s",
		domain, says);
	return text_starts(msg, want);
}

/* Also the one that does its part. */
static bool tells_all(const struct dns_record *r)
{
	return r->n_showings == 2 && text_eq(r->showings[0].server, "ns2.example.net") &&
		text_eq(r->showings[0].address, "127.0.0.2") &&
		text_eq(r->showings[0].answer, "shown") &&
		text_eq(r->showings[0].serial, "serial 18") &&
		text_eq(r->showings[1].server, "ns3.example.net");
}

static void who_lags_is_named(void **state)
{
	static const struct {
		const char *domain, *says;
	} rows[] = {
		{ "absent.example.net", "no such name, serial 17 of 18" },
		{ "others.example.net", "2 other values, serial 17 of 18" },
		{ "silent.example.net", "no answer" },
		{ "empty.example.net", "no TXT record there" },
		{ "refused.example.net", "REFUSED" },
		{ "servfail.example.net", "SERVFAIL" },
		{ "lame.example.net", "answers without authority" },
		{ "upwards.example.net", "answers without authority" },
	};
	struct stage *s = *state;
	struct dns_record r[ARRAY_LEN(rows)];
	char got[480] = "";

	s->play[1].moody = true;
	s->play[1].serial = 17;
	/* on a busy machine even those that answer may be late: then all get more time */
	for (s->terms.second_ms = 20; s->terms.second_ms < 2000; s->terms.second_ms *= 4) {
		size_t good = 0;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			r[i] = record(s, rows[i].domain, "one");
		wait_for(s, r, ARRAY_LEN(rows));
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			assert_false(r[i].visible);
			if (r[i].err.kind == ERR_DNS &&
				names(r[i].err.msg, rows[i].domain, rows[i].says) &&
				tells_all(&r[i]))
				good++;
			else
				snprintf(got, sizeof got, "%s", r[i].err.msg);
		}
		dns_records_clear(r, ARRAY_LEN(rows));
		if (good == ARRAY_LEN(rows))
			return;
	}
	fail_msg("%s", got);
}

enum trouble { DEAD_RESOLVER, NO_RESOLVER, BAD_RESOLVER, NO_NS, UNREACHABLE };

static void a_zone_that_nobody_can_be_asked_about_fails_at_once(void **state)
{
	static const struct {
		enum trouble trouble;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ DEAD_RESOLVER, ERR_DNS,
			"no resolver answers for example.net (asked 127.0.0.1:" },
		{ NO_RESOLVER, ERR_DNS,
			"no resolver answers for example.net (asked 127.0.0.1:1;" },
		{ BAD_RESOLVER, ERR_CONFIG, "resolver 'ns.example.net' isn't an address" },
		{ NO_NS, ERR_DNS, "knows no name servers of zone example.net" },
		{ UNREACHABLE, ERR_DNS, "(255.255.255.255): no route from here" },
	};
	struct stage *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_record r = record(s, "example.net", "one");
		enum trouble t = rows[i].trouble;

		s->dead_resolver = t == DEAD_RESOLVER;
		s->resolvers[0] = t == NO_RESOLVER ? "127.0.0.1:1"
			: t == BAD_RESOLVER        ? "ns.example.net"
						   : s->resolver.spec;
		s->no_ns = t == NO_NS;
		s->unroutable = t == UNREACHABLE ? 2 : 0;
		wait_for(s, &r, 1);
		if (r.err.kind != rows[i].kind || !strstr(r.err.msg, rows[i].says))
			fail_msg("row %zu: kind %d: %s", i, r.err.kind, r.err.msg);
		assert_false(r.visible);
		dns_records_clear(&r, 1);
	}
}

static void listed_servers_are_asked_instead(void **state)
{
	struct stage *s = *state;
	const char *const servers[] = { s->server[2].spec };
	struct dns_record r = record(s, "example.net", "two");

	s->config.check = DNS_CHECK_SERVERS;
	s->config.servers = servers;
	s->config.n_servers = 1;
	s->play[2].listed = s->play[2].lame = true; /* it may be a resolver */
	wait_for(s, &r, 1);
	assert_string_equal(r.err.msg, "");
	assert_true(r.visible);
	assert_int_equal(s->resolver.n_udp + s->server[0].n_udp, 0);
	dns_records_clear(&r, 1);
}

static void the_resolvers_are_asked_if_it_is_said(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "two");

	s->config.check = DNS_CHECK_RESOLVERS;
	s->resolvers[0] = s->server[2].spec;
	s->play[2].listed = s->play[2].lame = true;
	wait_for(s, &r, 1);
	assert_string_equal(r.err.msg, "");
	assert_true(r.visible);
	assert_int_equal(s->resolver.n_udp + s->server[0].n_udp, 0);
	dns_records_clear(&r, 1);
}

static void nothing_is_asked_where_nothing_is_to_be_seen(void **state)
{
	struct stage *s = *state;
	struct dns_config none = s->config, nap = s->config;
	struct dns_record r[] = { record(s, "example.net", "one"),
		record(s, "example.net", "one"), record(s, "example.net", "one"),
		record(s, "example.net", "one") };
	int64_t start = clock_ms();

	none.check = DNS_CHECK_NONE;
	none.settle = 1000000;
	nap.check = DNS_CHECK_SLEEP;
	nap.settle = 2;
	s->terms.second_ms = 15;
	r[0].config = &none;
	r[1].config = &nap;
	r[2].presented = false;
	err_set(&r[3].err, ERR_DNS, "refused before");
	wait_for(s, r, 4);
	assert_true(r[0].visible && r[1].visible);
	assert_false(r[2].visible || r[3].visible);
	assert_string_equal(r[3].err.msg, "refused before");
	assert_true(clock_ms() - start >= 30);
	assert_int_equal(s->resolver.n_udp, 0);
}

#define staged(f) cmocka_unit_test_setup_teardown(f, raise_curtain, drop_curtain)

int main(void)
{
	const struct CMUnitTest tests[] = {
		staged(all_values_on_all_servers_are_seen),
		staged(a_late_server_is_waited_for_and_told),
		staged(a_standing_record_is_looked_for),
		staged(tlsa_records_are_told_as_each_server_has_them),
		staged(without_tlsa_records_nothing_is_waited_for),
		staged(a_server_that_cannot_be_asked_for_tlsa_is_named),
		staged(tlsa_records_are_found_where_an_alias_leads),
		staged(a_truncated_answer_is_asked_again_over_tcp),
		staged(an_address_without_a_route_does_not_count),
		staged(a_delegation_and_an_alias_are_followed),
		staged(a_zone_that_nobody_serves_is_told_with_its_servers),
		staged(the_place_of_a_record_is_traced),
		staged(where_nobody_can_be_asked_it_is_the_name),
		staged(a_trace_in_circles_ends),
		staged(endless_aliases_end),
		staged(who_lags_is_named),
		staged(a_zone_that_nobody_can_be_asked_about_fails_at_once),
		staged(listed_servers_are_asked_instead),
		staged(the_resolvers_are_asked_if_it_is_said),
		staged(nothing_is_asked_where_nothing_is_to_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
