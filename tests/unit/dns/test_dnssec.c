/*
 * A resolver that knows two zones, example. and zone.example., and signs each answer when
 * it is asked. What is wrong with it is told by a play.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "digest/digest.h"
#include "dns/dns.h"
#include "dns/private/wire.h"

#include "fake.h"

#include <signal.h>

enum { DAY = 86400, PATIENCE_MS = 8000 };

#define PARENT "example."
#define CHILD  "zone.example."
#define DOMAIN "www.zone.example"
#define MAIL   "_25._tcp." DOMAIN

struct play {
	const char *anchor;  /* what the file holds in place of the parent's key */
	bool strips;         /* no answer has signatures */
	bool unsigned_child; /* and the parent says so */
	bool keyless_child;  /* and the parent says it is signed */
	bool expired;        /* the child's signatures are */
	bool validates;      /* what is bogus is refused, unless it is told not to check */
	bool outdated;       /* the child's key is of SHA-1 */
	bool no_keys;        /* SERVFAIL for the child's DNSKEY */
	bool cut_keys;       /* they don't fit into UDP, and TCP is broken */
	bool silent;
	bool stop;         /* a stop is requested at the first question */
	const char *sshfp; /* a record of DOMAIN */
	const char *tlsa;  /* a record of MAIL */
};

struct stage {
	struct play play;
	struct fake resolver;
	ldns_key_list *parent, *child;
	const char *resolvers[1];
	char *dir, *anchor;
	struct dns_config config;
};

/* ---- records ---- */

static ldns_key_list *keys_new(ldns_signing_algorithm algorithm, const char *owner)
{
	ldns_key *key = ldns_key_new_frm_algorithm(algorithm, 1024);
	ldns_key_list *list = ldns_key_list_new();
	ldns_rr *rr;

	ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str(owner));
	ldns_key_set_flags(key, LDNS_KEY_ZONE_KEY | LDNS_KEY_SEP_KEY);
	rr = ldns_key2rr(key);
	ldns_key_set_keytag(key, ldns_calc_keytag(rr));
	ldns_rr_free(rr);
	ldns_key_list_push_key(list, key);
	return list;
}

static ldns_rr *dnskey(const ldns_key_list *keys)
{
	return ldns_key2rr(ldns_key_list_key(keys, 0));
}

static ldns_rr *made(const char *text)
{
	ldns_rr *rr = NULL;

	if (ldns_rr_new_frm_str(&rr, text, 60, NULL, NULL) != LDNS_STATUS_OK)
		abort();
	return rr;
}

static ldns_rr *soa(const char *zone)
{
	AUTO(str)
	char *text = xasprintf("%s SOA ns.%s host.%s 7 1 1 1 60", zone, zone, zone);

	return made(text);
}

static ldns_rr *ds(const struct stage *s)
{
	AUTO(rr) ldns_rr *key = dnskey(s->child);

	return ldns_key_rr2ds(key, LDNS_SHA256);
}

static bool signs(const struct stage *s, const ldns_key_list *keys)
{
	return !s->play.strips &&
		(keys == s->parent || (!s->play.unsigned_child && !s->play.keyless_child));
}

/* The record, and its signature. */
static void add(struct stage *s, ldns_pkt *a, ldns_pkt_section section, ldns_rr *rr,
	ldns_key_list *keys)
{
	const bool late = keys == s->child && s->play.expired;
	const time_t end = time(NULL) + (late ? -2 * DAY : DAY); /* a day is forgiven */
	AUTO(rrs) ldns_rr_list *set = ldns_rr_list_new();
	AUTO(rrs) ldns_rr_list *signatures = NULL;

	ldns_pkt_push_rr(a, section, rr);
	if (!signs(s, keys))
		return;
	ldns_key_set_inception(ldns_key_list_key(keys, 0), (uint32_t)(end - 14L * DAY));
	ldns_key_set_expiration(ldns_key_list_key(keys, 0), (uint32_t)end);
	ldns_rr_list_push_rr(set, ldns_rr_clone(rr));
	signatures = ldns_sign_public(set, keys);
	ldns_pkt_push_rr(a, section, ldns_rr_list_pop_rr(signatures));
}

/* The name is there, but nothing of that type. */
static void deny(struct stage *s, ldns_pkt *a, const char *zone, const char *nsec,
	ldns_key_list *keys)
{
	add(s, a, LDNS_SECTION_AUTHORITY, soa(zone), keys);
	if (signs(s, keys))
		add(s, a, LDNS_SECTION_AUTHORITY, made(nsec), keys);
}

/* ---- the resolver ---- */

static void answer_ds(struct stage *s, ldns_pkt *a)
{
	if (s->play.unsigned_child)
		deny(s, a, PARENT, CHILD " NSEC " PARENT " NS RRSIG NSEC", s->parent);
	else
		add(s, a, LDNS_SECTION_ANSWER, ds(s), s->parent);
}

static void answer_child(struct stage *s, ldns_pkt *a, const char *name, ldns_rr_type type)
{
	const bool apex = text_eq(name, "zone.example");
	AUTO(str) char *nsec = xasprintf("%s. NSEC z." CHILD " A RRSIG NSEC", name);

	if (apex && type == LDNS_RR_TYPE_DS)
		answer_ds(s, a);
	else if (apex && type == LDNS_RR_TYPE_SOA)
		add(s, a, LDNS_SECTION_ANSWER, soa(CHILD), s->child);
	else if (text_eq(name, DOMAIN) && type == LDNS_RR_TYPE_SSHFP && s->play.sshfp)
		add(s, a, LDNS_SECTION_ANSWER, made(s->play.sshfp), s->child);
	else if (text_eq(name, MAIL) && type == LDNS_RR_TYPE_TLSA && s->play.tlsa)
		add(s, a, LDNS_SECTION_ANSWER, made(s->play.tlsa), s->child);
	else if (apex && type == LDNS_RR_TYPE_DNSKEY && signs(s, s->child))
		add(s, a, LDNS_SECTION_ANSWER, dnskey(s->child), s->child);
	else
		deny(s, a, CHILD, nsec, s->child);
}

static void answer_parent(struct stage *s, ldns_pkt *a, ldns_rr_type type)
{
	if (type == LDNS_RR_TYPE_DNSKEY)
		add(s, a, LDNS_SECTION_ANSWER, dnskey(s->parent), s->parent);
	else if (type == LDNS_RR_TYPE_SOA)
		add(s, a, LDNS_SECTION_ANSWER, soa(PARENT), s->parent);
	else
		deny(s, a, PARENT, PARENT " NSEC " CHILD " SOA RRSIG NSEC DNSKEY",
			s->parent);
}

static bool refuses(const struct stage *s, ldns_pkt *q, bool keys_of_child)
{
	return (s->play.no_keys && keys_of_child) ||
		(s->play.validates && s->play.expired && !ldns_pkt_cd(q));
}

static ldns_pkt *play(struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len)
{
	struct stage *s = f->ctx;
	const char *name = fake_name(q);
	const bool in_child = text_ends(name, "zone.example");
	const bool keys = in_child && fake_type(q) == LDNS_RR_TYPE_DNSKEY;
	ldns_pkt *a;

	(void)wire;
	(void)len;
	assert_int_not_equal(fake_type(q), LDNS_RR_TYPE_TXT);
	assert_null(strstr(name, "_acme-challenge"));
	/* once: the next one would end us, and the first may still be on its way */
	if (s->play.stop)
		kill(getpid(), SIGTERM);
	s->play.stop = false;
	if (s->play.silent || (keys && s->play.cut_keys && f->over_tcp))
		return NULL;
	a = fake_answer(q, LDNS_RCODE_NOERROR, false);
	ldns_pkt_set_ra(a, true);
	if (keys && s->play.cut_keys)
		ldns_pkt_set_tc(a, true);
	else if (in_child && refuses(s, q, keys))
		ldns_pkt_set_rcode(a, LDNS_RCODE_SERVFAIL);
	else if (in_child)
		answer_child(s, a, name, fake_type(q));
	else
		answer_parent(s, a, fake_type(q));
	return a;
}

static void write_anchor(const struct stage *s)
{
	AUTO(rr) ldns_rr *key = dnskey(s->parent);
	char *text = ldns_rr2str(key);
	FILE *out = fopen(s->anchor, "w");

	fputs("; of the parent\n\n", out);
	fputs(s->play.anchor ? s->play.anchor : text, out);
	fclose(out);
	free(text);
}

static int raise_curtain(void **state)
{
	struct stage *s = calloc(1, sizeof *s);
	void *dir = NULL;

	assert_int_equal(scratch_setup(&dir), 0);
	s->dir = dir;
	s->anchor = xasprintf("%s/anchor", s->dir);
	s->parent = keys_new(LDNS_SIGN_ECDSAP256SHA256, PARENT);
	s->child = keys_new(LDNS_SIGN_ECDSAP256SHA256, CHILD);
	s->resolver = (struct fake){ .part = play, .ctx = s };
	fake_start(&s->resolver, 1, 0);
	s->resolvers[0] = s->resolver.spec;
	s->config = (struct dns_config){
		.resolvers = s->resolvers, .n_resolvers = 1, .trust_anchor = s->anchor
	};
	*state = s;
	return 0;
}

static int drop_curtain(void **state)
{
	struct stage *s = *state;
	void *dir = s->dir;

	fake_stop(&s->resolver);
	ldns_key_list_free(s->parent);
	ldns_key_list_free(s->child);
	free(s->anchor);
	free(s);
	return scratch_teardown(&dir);
}

static void set(struct stage *s, const struct play *p)
{
	fake_sync();
	s->play = *p;
	if (p->outdated) {
		ldns_key_list_free(s->child);
		s->child = keys_new(LDNS_SIGN_RSASHA1, CHILD);
	}
	write_anchor(s);
	fake_sync();
}

static bool holds(struct stage *s, int patience_ms, struct err *e)
{
	static const char *const domains[] = { DOMAIN, "zone.example", "net" };
	bool ok = dns_dnssec(
		&s->config, domains, ARRAY_LEN(domains), deadline_in_ms(patience_ms), e);

	fake_sync();
	return ok;
}

/* ---- tests ---- */

static void what_is_bogus_is_refused(void **state)
{
	static const struct {
		struct play play;
		const char *why;
	} rows[] = {
		{ { .expired = true }, "signature expired" },
		{ { .expired = true, .validates = true }, "signature expired" },
		{ { .keyless_child = true }, "zone.example" },
	};
	struct stage *s = *state;
	struct err e = { 0 };

	if (!dns_validator(&e))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set(s, &rows[i].play);
		assert_err(holds(s, PATIENCE_MS, &e), &e, ERR_DNS, rows[i].why);
		assert_true(text_starts(
			e.msg, DOMAIN ": DNSSEC is bogus, so that CAs must refuse it: "));
		assert_null(strchr(e.msg, '\n'));
	}
}

static void what_is_sound_unsigned_or_not_to_be_told_passes(void **state)
{
	static const struct {
		struct play play;
		int patience_ms;
	} rows[] = {
		{ { .anchor = NULL }, PATIENCE_MS },
		{ { .unsigned_child = true }, PATIENCE_MS },
		{ { .unsigned_child = true, .strips = true }, PATIENCE_MS },
		{ { .strips = true }, PATIENCE_MS },
		{ { .expired = true, .strips = true }, PATIENCE_MS },
		{ { .outdated = true }, PATIENCE_MS },
		{ { .expired = true, .outdated = true }, PATIENCE_MS },
		{ { .no_keys = true }, PATIENCE_MS },
		{ { .cut_keys = true }, PATIENCE_MS },
		{ { .silent = true }, 200 },
		{ { .expired = true }, 0 },
		{ { .expired = true, .anchor = "" }, 0 },
		{ { .expired = true, .anchor = "other. A 192.0.2.1\n" }, 0 },
		/* another root, another key than the zone's */
		{ { .expired = true,
			  .anchor =
				  "other. DS 20326 8 2 "
				  "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D" },
			PATIENCE_MS },
		{ { .expired = true,
			  .anchor =
				  "example. DS 20326 8 2 "
				  "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D" },
			PATIENCE_MS },
	};
	struct stage *s = *state;
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set(s, &rows[i].play);
		if (!holds(s, rows[i].patience_ms, &e))
			fail_msg("row %zu: %s", i, e.msg);
	}
}

static bool is_unsigned(struct stage *s)
{
	bool says_so;

	fake_sync();
	says_so = dns_is_unsigned(&s->config, DOMAIN, deadline_in_ms(PATIENCE_MS));
	fake_sync();
	return says_so;
}

static void what_is_not_signed_is_told_where_that_is_certain(void **state)
{
	static const struct {
		struct play play;
		bool is;
	} rows[] = {
		{ { .anchor = NULL }, false },
		{ { .unsigned_child = true }, true },
		{ { .unsigned_child = true, .strips = true }, false },
		{ { .strips = true }, false },
		{ { .expired = true }, false },
		{ { .no_keys = true }, false },
		{ { .unsigned_child = true, .anchor = "" }, false },
	};
	struct stage *s = *state;
	struct err e;

	if (!dns_validator(&e))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set(s, &rows[i].play);
		if (is_unsigned(s) != rows[i].is)
			fail_msg("row %zu", i);
	}
}

/* A blob: the type, and a byte that stands for a key; and its SHA-256. */
#define BLOB   "\0\0\0\013ssh-ed25519A"
#define DIGEST "71d3b6ef77a0c3e6e2a1eb7f6d4ccb4ea8a7aaef8e9d2a9ba7b4d2f0a3e1c5d7"
#define SSHFP  DOMAIN ". SSHFP "

static void host_keys_are_vouched_for(void **state)
{
	AUTO(str) char *good = NULL;
	const struct sha256 digest = sha256_of(BLOB, sizeof BLOB - 1);
	const struct sha256_hex hex = sha256_hex(&digest);
	struct stage *s = *state;
	struct err e = { 0 };

	if (!dns_validator(&e))
		skip();
	good = xasprintf(SSHFP "4 2 %s", hex.s);
	{
		const struct {
			struct play play;
			size_t n;
			bool secure;
			enum dns_sshfp_verdict verdict;
		} rows[] = {
			{ { .sshfp = good }, 1, true, DNS_SSHFP_MATCHES },
			{ { .sshfp = good, .unsigned_child = true }, 1, false,
				DNS_SSHFP_MATCHES },
			{ { .sshfp = good,
				  .anchor =
					  "other. DS 20326 8 2 "
					  "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D" },
				1, false, DNS_SSHFP_MATCHES },
			{ { .sshfp = SSHFP "4 2 " DIGEST }, 1, true, DNS_SSHFP_DIFFERS },
			{ { .sshfp = SSHFP "1 2 " DIGEST }, 1, true, DNS_SSHFP_SILENT },
			/* SHA-1, and a digest that is too short */
			{ { .sshfp = SSHFP "4 1 dd465c09cfa51fb45020cc83316fff21b9ec74ac" },
				0, true, DNS_SSHFP_SILENT },
			{ { .sshfp = SSHFP "4 2 dd465c09" }, 0, true, DNS_SSHFP_SILENT },
			{ { .sshfp = NULL }, 0, true, DNS_SSHFP_SILENT },
		};

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			AUTO(dns_sshfp) struct dns_sshfp found = { 0 };

			set(s, &rows[i].play);
			assert_ok(dns_sshfp_find(&s->config, DOMAIN,
					  deadline_in_ms(PATIENCE_MS), &found, &e),
				&e);
			fake_sync();
			assert_int_equal(found.n, rows[i].n);
			assert_int_equal(found.secure, rows[i].secure);
			assert_int_equal(dns_sshfp_check(&found, BLOB, sizeof BLOB - 1),
				rows[i].verdict);
		}
	}
	{
		AUTO(dns_sshfp) struct dns_sshfp found = { 0 };

		set(s, &(struct play){ .sshfp = good, .expired = true });
		assert_err(dns_sshfp_find(&s->config, DOMAIN, deadline_in_ms(PATIENCE_MS),
				   &found, &e),
			&e, ERR_DNS, "DNSSEC is bogus: ");
		set(s, &(struct play){ .sshfp = good, .silent = true });
		assert_err(
			dns_sshfp_find(&s->config, DOMAIN, deadline_in_ms(100), &found, &e),
			&e, ERR_DNS, "no answer");
		fake_sync();
	}
}

#define TLSA MAIL ". TLSA "

static void only_tlsa_records_that_are_proved_count(void **state)
{
	static const struct {
		struct play play;
		int patience_ms;
		enum dns_tlsa_stand stand;
		const char *record; /* the only one; NULL: none */
	} rows[] = {
		{ { .tlsa = TLSA "3 1 1 " DIGEST }, PATIENCE_MS, DNS_TLSA_SECURE,
			"3 1 1 " DIGEST },
		{ { .tlsa = TLSA "2 0 0 30AB" }, PATIENCE_MS, DNS_TLSA_SECURE,
			"2 0 0 30ab" },
		{ { .tlsa = NULL }, PATIENCE_MS, DNS_TLSA_SECURE, NULL },
		{ { .tlsa = TLSA "3 1 1 " DIGEST, .unsigned_child = true }, PATIENCE_MS,
			DNS_TLSA_OPEN, NULL },
		{ { .tlsa = TLSA "3 1 1 " DIGEST, .expired = true }, PATIENCE_MS,
			DNS_TLSA_BOGUS, NULL },
		{ { .tlsa = TLSA "3 1 1 " DIGEST, .strips = true }, PATIENCE_MS,
			DNS_TLSA_BOGUS, NULL },
		{ { .tlsa = TLSA "3 1 1 " DIGEST, .silent = true }, 100, DNS_TLSA_UNTOLD,
			NULL },
	};
	struct stage *s = *state;
	struct err e = { 0 };

	if (!dns_validator(&e))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_tlsa_proof p = { .name = MAIL };

		set(s, &rows[i].play);
		assert_ok(dns_tlsa_prove(&s->config, &p, 1,
				  deadline_in_ms(rows[i].patience_ms), &e),
			&e);
		fake_sync();
		if (p.stand != rows[i].stand)
			fail_msg("row %zu: stands at %d", i, (int)p.stand);
		if (rows[i].record)
			assert_string_equal(p.records[0], rows[i].record);
		assert_true(!p.records || !p.records[0] || !p.records[1]);
		assert_int_equal(p.records && p.records[0], rows[i].record != NULL);
		assert_int_equal(*p.why != '\0', p.stand == DNS_TLSA_BOGUS);
		dns_tlsa_proof_clear(&p);
		assert_null(p.records);
	}
}

static void an_anchor_that_is_named_must_be_one(void **state)
{
	struct stage *s = *state;
	struct err e = { 0 };

	set(s, &(struct play){ .anchor = "example. DS 20326 8 2\n" });
	assert_err(holds(s, 0, &e), &e, ERR_CONFIG, "/anchor: Syntax error");
	s->config.trust_anchor = "/nowhere/root.key";
	assert_err(holds(s, 0, &e), &e, ERR_CONFIG, "trust_anchor: /nowhere/root.key: ");
}

static void where_no_anchor_leads_nobody_is_asked(void **state)
{
	struct stage *s = *state;
	struct err e = { 0 };

	set(s,
		&(struct play){
			.anchor =
				"org. DS 20326 8 2 "
				"E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D" });
	assert_ok(holds(s, PATIENCE_MS, &e), &e);
	assert_int_equal(s->resolver.n_udp, 0);
}

static void a_stop_request_ends_it(void **state)
{
	struct stage *s = *state;
	struct err e = { 0 };
	const int64_t start = clock_ms();

	set(s, &(struct play){ .silent = true, .stop = true });
	assert_ok(holds(s, PATIENCE_MS, &e), &e);
	assert_true(!dns_validator(&e) || stop_requested());
	assert_true(clock_ms() - start < PATIENCE_MS);
}

int main(void)
{
#define ON_STAGE(f) cmocka_unit_test_setup_teardown(f, raise_curtain, drop_curtain)
	const struct CMUnitTest tests[] = {
		ON_STAGE(what_is_bogus_is_refused),
		ON_STAGE(what_is_sound_unsigned_or_not_to_be_told_passes),
		ON_STAGE(what_is_not_signed_is_told_where_that_is_certain),
		ON_STAGE(host_keys_are_vouched_for),
		ON_STAGE(only_tlsa_records_that_are_proved_count),
		ON_STAGE(an_anchor_that_is_named_must_be_one),
		ON_STAGE(where_no_anchor_leads_nobody_is_asked),
		ON_STAGE(a_stop_request_ends_it), /* the last: it holds for good */
	};

	stop_init(); /* before the first thread */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
