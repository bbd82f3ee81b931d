/* Dynamic updates against a scripted primary that checks the signatures by ldns. */
#include "digest/digest.h"
#include "dns/dns.h"
#include "dns/private/provider.h"

#include "fake.h"

#define SECRET "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"

/* A primary of example.net and _acme-challenge.own.example.net. */
struct play {
	ldns_pkt_rcode rcode; /* of updates */
	const char *alias;    /* a name with a CNAME record; "*": made of a wildcard */
	const char *delegated;
	bool lame, silent_updates;
	int n_updates, n_most; /* messages, most records of one */
	int n_unsigned;
	char records[1200][96];
	size_t n;
};

static void apply_update(struct play *p, const ldns_rr *rr)
{
	char *text = ldns_rr2str(rr), *txt = strstr(text, "\"");
	char *owner = ldns_rdf2str(ldns_rr_owner(rr)), record[96];
	size_t i;

	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_TLSA)
		snprintf(record, sizeof record, "%s %u %.*s", owner,
			ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN ? ldns_rr_ttl(rr) : 300,
			(int)strcspn(strstr(text, "TLSA\t") + 5, "\n"),
			strstr(text, "TLSA\t") + 5);
	else
		snprintf(record, sizeof record, "%s %.*s", owner,
			(int)strcspn(txt + 1, "\""), txt + 1);
	for (i = 0; i < p->n && strcmp(p->records[i], record) != 0;)
		i++;
	if (ldns_rr_get_class(rr) == LDNS_RR_CLASS_NONE && i < p->n) {
		assert_int_equal(ldns_rr_ttl(rr), 0);
		memmove(p->records[i], p->records[--p->n], sizeof record);
	} else if (ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && i == p->n) {
		memcpy(p->records[p->n++], record, sizeof record);
	}
	free(owner);
	free(text);
}

static ldns_pkt *take_update(struct play *p, ldns_pkt *q)
{
	const ldns_rr_list *updates = ldns_pkt_authority(q), *wanted = ldns_pkt_answer(q);
	int n = (int)ldns_rr_list_rr_count(updates);

	p->n_updates++;
	if (n > p->n_most)
		p->n_most = n;
	if (p->silent_updates)
		return NULL;
	if (p->alias && p->alias[0] != '*' && ldns_rr_list_rr_count(wanted) == 1) {
		const ldns_rr *rr = ldns_rr_list_rr(wanted, 0);

		assert_int_equal(ldns_rr_get_class(rr), LDNS_RR_CLASS_NONE);
		assert_int_equal(ldns_rr_get_type(rr), LDNS_RR_TYPE_CNAME);
		return fake_answer(q, LDNS_RCODE_YXRRSET, false);
	}
	for (int i = 0; i < n && p->rcode == LDNS_RCODE_NOERROR; i++)
		apply_update(p, ldns_rr_list_rr(updates, (size_t)i));
	return fake_answer(q, p->rcode, false);
}

static bool ends(const char *s, const char *tail)
{
	size_t a = strlen(s), b = strlen(tail);

	return a >= b && strcmp(s + a - b, tail) == 0;
}

static ldns_pkt *primary(struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len)
{
	static const char *const zones[] = { "_acme-challenge.own.example.net",
		"example.net" };
	struct play *p = f->ctx;
	const char *name = fake_name(q), *zone = NULL;
	ldns_pkt *a;
	char rr[400];

	if (!ldns_pkt_tsig(q))
		p->n_unsigned++;
	else if (!f->tsig_error &&
		!ldns_pkt_tsig_verify(q, wire, len, f->key, f->secret, NULL))
		return fake_answer(q, LDNS_RCODE_NOTAUTH, false);
	if (ldns_pkt_get_opcode(q) == LDNS_PACKET_UPDATE)
		return take_update(p, q);
	for (int i = 0; i < 2 && !zone; i++)
		if (ends(name, zones[i]))
			zone = zones[i];
	if (!zone)
		return fake_answer(q, LDNS_RCODE_REFUSED, false);
	a = fake_answer(q, LDNS_RCODE_NOERROR, !p->lame);
	snprintf(rr, sizeof rr, "%s. SOA ns. host. 17 1 1 1 1", zone);
	if (p->delegated && ends(name, p->delegated)) {
		ldns_pkt_set_aa(a, false);
		snprintf(rr, sizeof rr, "%s. NS ns.elsewhere.", p->delegated);
		fake_add(a, LDNS_SECTION_AUTHORITY, rr);
	} else if (p->alias &&
		(p->alias[0] == '*' ? name[0] == '_' : !strcmp(name, p->alias))) {
		snprintf(rr, sizeof rr, "%s. CNAME target.example.net.", name);
		fake_add(a, LDNS_SECTION_ANSWER, rr);
	} else
		fake_add(a,
			strcmp(name, zone) == 0 ? LDNS_SECTION_ANSWER
						: LDNS_SECTION_AUTHORITY,
			rr);
	return a;
}

struct stage {
	struct play play;
	struct fake fake;
	const char *primaries[2];
	struct dns_config config;
};

static int raise_curtain(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	s->fake = (struct fake){ .part = primary,
		.ctx = &s->play,
		.key = "acme.",
		.secret = SECRET,
		.algorithm = "hmac-sha256." };
	fake_start(&s->fake, 1, 0);
	s->primaries[0] = s->fake.spec;
	s->config = (struct dns_config){ .provider = "rfc2136",
		.primaries = s->primaries,
		.n_primaries = 1,
		.tsig_name = "acme",
		.tsig_algorithm = "hmac-sha256",
		.tsig_secret = BUF_EMPTY,
		.ttl = 60 };
	*state = s;
	return base64_decode(&s->config.tsig_secret, SECRET, strlen(SECRET)) ? 0 : -1;
}

static int drop_curtain(void **state)
{
	struct stage *s = *state;

	fake_stop(&s->fake);
	buf_clear(&s->config.tsig_secret);
	free(s);
	return 0;
}

static struct dns_record record(struct stage *s, const char *domain, const char *value)
{
	return (struct dns_record){
		.config = &s->config, .domain = domain, .token = "token", .value = value
	};
}

static void present(struct dns_record *records, size_t n)
{
	fake_sync();
	dns_present(records, n, NULL);
	fake_sync();
}

static void cleanup(struct dns_record *records, size_t n)
{
	fake_sync();
	dns_cleanup(records, n, NULL);
	fake_sync();
}

static void one_update_carries_all_records_of_a_zone(void **state)
{
	struct stage *s = *state;
	struct dns_record r[] = { record(s, "example.net", "one"),
		record(s, "example.net", "two"), record(s, "www.example.net", "three"),
		record(s, "own.example.net", "four") };

	present(r, 4);
	for (int i = 0; i < 4; i++) {
		assert_string_equal(r[i].err.msg, "");
		assert_true(r[i].presented);
	}
	assert_string_equal(r[2].zone, "example.net");
	assert_string_equal(r[3].zone, "_acme-challenge.own.example.net");
	assert_int_equal(s->play.n_updates, 2);
	assert_int_equal(s->play.n_most, 3);
	assert_int_equal(s->play.n, 4);
	assert_int_equal(s->play.n_unsigned, 0);

	/* the sibling of what is taken out stays */
	cleanup(r + 1, 3);
	assert_false(r[1].presented);
	assert_int_equal(s->play.n, 1);
	assert_string_equal(s->play.records[0], "_acme-challenge.example.net. one");
	dns_records_clear(r, 4);
}

static void tlsa_records_go_in_and_out_by_value(void **state)
{
	struct stage *s = *state;
	struct dns_record r[] = { record(s, "_25._tcp.example.net", "3 1 1 ab01"),
		record(s, "_25._tcp.example.net", "3 1 1 ab02") };

	for (int i = 0; i < 2; i++) {
		r[i].type = DNS_TLSA;
		r[i].name = strdup("_25._tcp.example.net");
		r[i].ttl = 300;
	}
	present(r, 2);
	for (int i = 0; i < 2; i++)
		assert_string_equal(r[i].err.msg, "");
	assert_int_equal(s->play.n, 2);
	assert_string_equal(s->play.records[0], "_25._tcp.example.net. 300 3 1 1 ab01");
	cleanup(r, 1);
	assert_int_equal(s->play.n, 1);
	assert_string_equal(s->play.records[0], "_25._tcp.example.net. 300 3 1 1 ab02");
	dns_records_clear(r, 2);
	/* what is none, and a provider that knows none */
	r[0] = record(s, "_25._tcp.example.net", "3 1 1 xyz");
	r[0].type = DNS_TLSA;
	r[0].name = strdup("_25._tcp.example.net");
	present(r, 1);
	assert_string_equal(r[0].err.msg,
		"'_25._tcp.example.net. 60 IN TLSA 3 1 1 xyz' can't be a TLSA record");
	dns_records_clear(r, 1);
	assert_true(dns_knows_tlsa("rfc2136"));
	assert_false(dns_knows_tlsa("cloudflare"));
	s->config.provider = "cloudflare";
	r[0] = record(s, "_25._tcp.example.net", "3 1 1 ab01");
	r[0].type = DNS_TLSA;
	present(r, 1);
	assert_string_equal(r[0].err.msg, "'cloudflare' knows TXT records only");
	dns_records_clear(r, 1);
}

static void without_a_key_nothing_is_signed(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "example.net", "one");

	s->config.tsig_name = NULL;
	present(&r, 1);
	assert_string_equal(r.err.msg, "");
	assert_true(s->play.n_unsigned == 2 && s->play.n == 1);
	dns_records_clear(&r, 1);
}

static void adding_what_is_there_and_removing_what_is_not_are_fine(void **state)
{
	struct stage *s = *state;
	struct dns_record a = record(s, "example.net", "one"), b = a;

	present(&a, 1);
	present(&b, 1);
	cleanup(&a, 1);
	cleanup(&b, 1);
	assert_int_equal(a.err.kind, ERR_NONE);
	assert_int_equal(b.err.kind, ERR_NONE);
	assert_false(b.presented);
	dns_records_clear(&a, 1);
	dns_records_clear(&b, 1);
}

static void an_update_that_is_too_large_is_split(void **state)
{
	enum { N = 650 };
	struct stage *s = *state;
	struct dns_record *r = calloc(N, sizeof *r);
	char(*values)[44] = calloc(N, sizeof *values);

	s->config.zone = "example.net";
	for (int i = 0; i < N; i++) {
		snprintf(values[i], sizeof values[i], "%043d", i);
		r[i] = record(s, "www.example.net", values[i]);
	}
	present(r, N);
	assert_string_equal(r[N - 1].err.msg, "");
	assert_int_equal(s->play.n, N);
	assert_true(s->play.n_updates == 2 && s->play.n_most < N);
	dns_records_clear(r, N);
	free(values);
	free(r);
}

static void a_wildcard_alias_is_no_hindrance(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "www.example.net", "one");

	s->play.alias = "*";
	present(&r, 1);
	assert_string_equal(r.err.msg, "");
	assert_string_equal(r.zone, "example.net");
	dns_records_clear(&r, 1);
}

static void a_true_alias_fails_alone(void **state)
{
	struct stage *s = *state;
	struct dns_record r[] = { record(s, "www.example.net", "one"),
		record(s, "example.net", "two") };

	s->play.alias = "_acme-challenge.www.example.net";
	present(r, 2);
	assert_int_equal(r[0].err.kind, ERR_DNS);
	assert_non_null(strstr(r[0].err.msg,
		"_acme-challenge.www.example.net is an alias (CNAME) of target.example.net"));
	assert_false(r[0].presented);
	assert_true(r[1].presented);
	dns_records_clear(r, 2);
}

enum trouble {
	REFUSED,
	NOTZONE,
	BADKEY,
	BADTIME,
	NOT_SERVED,
	OUTSIDE,
	LAME,
	DELEGATED,
	GARBAGE,
	NOBODY,
	NO_NAME,
	BAD_SERVER,
	BAD_KEY
};

static void what_goes_wrong_is_told(void **state)
{
	static const struct {
		enum trouble trouble;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ REFUSED, ERR_DNS, "update of zone example.net: REFUSED" },
		{ NOTZONE, ERR_DNS, "NOTZONE: the name isn't in that zone" },
		{ BADKEY, ERR_DNS, "BADKEY: the server doesn't know TSIG key acme" },
		{ BADTIME, ERR_DNS, "s ahead of ours" },
		{ NOT_SERVED, ERR_DNS, "SOA of _acme-challenge.example.org: REFUSED" },
		{ OUTSIDE, ERR_CONFIG,
			"_acme-challenge.www.example.net isn't in zone example.org" },
		{ LAME, ERR_DNS,
			"has authority for no zone of _acme-challenge.www.example.net" },
		{ DELEGATED, ERR_DNS,
			"www.example.net is delegated to ns.elsewhere: the record must be "
			"added there, by a dns entry with 'zones: [www.example.net]'" },
		{ GARBAGE, ERR_DNS, "isn't signed" },
		{ NOBODY, ERR_NET, "Connection refused" },
		{ NO_NAME, ERR_DNS, "can't be a domain name" },
		{ BAD_SERVER, ERR_DNS, "name server '127.0.0.1:0'" },
		{ BAD_KEY, ERR_CONFIG, "RFC 8945 forbids it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum trouble t = rows[i].trouble;
		void *own;
		struct stage *s;
		struct dns_record r;

		raise_curtain(&own);
		s = own;
		r = record(s, "www.example.net", "one");
		s->play.rcode = t == REFUSED ? LDNS_RCODE_REFUSED
			: t == NOTZONE       ? LDNS_RCODE_NOTZONE
					     : LDNS_RCODE_NOERROR;
		s->fake.tsig_error = t == BADKEY ? 17 : t == BADTIME ? 18 : 0;
		s->fake.shift = 3600;
		if (t == NOT_SERVED)
			r.domain = "example.org";
		if (t == OUTSIDE)
			s->config.zone = "example.org";
		s->play.lame = t == LAME;
		if (t == DELEGATED)
			s->play.delegated = "www.example.net";
		if (t == GARBAGE)
			s->fake.raw = "HTTP/1.1 400 Bad Request\r\n\r\n";
		if (t == NOBODY)
			s->primaries[0] = "127.0.0.1:1";
		if (t == NO_NAME)
			r.domain = "a..b";
		if (t == BAD_SERVER)
			s->primaries[0] = "127.0.0.1:0";
		if (t == BAD_KEY)
			s->config.tsig_algorithm = "hmac-md5";
		present(&r, 1);
		if (r.err.kind != rows[i].kind || !strstr(r.err.msg, rows[i].says))
			fail_msg("row %zu: kind %d: %s", i, r.err.kind, r.err.msg);
		assert_false(r.presented);
		dns_records_clear(&r, 1);
		drop_curtain(&own);
	}
}

static void a_lost_answer_leaves_the_record_to_be_cleaned_up(void **state)
{
	struct stage *s = *state;
	struct dns_record r = record(s, "www.example.net", "one");

	s->play.silent_updates = true;
	present(&r, 1);
	assert_int_equal(r.err.kind, ERR_NET);
	assert_true(r.presented);
	s->play.silent_updates = false;
	cleanup(&r, 1);
	assert_false(r.presented);
	assert_int_equal(r.err.kind, ERR_NET); /* the first failure stays */
	dns_records_clear(&r, 1);
}

static void of_several_primaries_the_first_that_answers_is_used(void **state)
{
	static const char *const firsts[] = { "127.0.0.1:1", "nowhere.invalid" };
	struct stage *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
		struct dns_record r = record(s, "www.example.net", "value");

		s->primaries[0] = firsts[i];
		s->primaries[1] = s->fake.spec;
		s->config.n_primaries = 2;
		present(&r, 1);
		assert_string_equal(r.err.msg, "");
		assert_int_equal(s->play.n, 1);
		cleanup(&r, 1);
		assert_int_equal(s->play.n, 0);
		dns_records_clear(&r, 1);
	}
}

static void the_serial_is_the_primarys(void **state)
{
	struct stage *s = *state;
	uint32_t serial = 0;
	struct err e;

	assert_ok(provider_rfc2136.serial(&s->config, "example.net", &serial, &e), &e);
	assert_int_equal(serial, 17);
	assert_err(provider_rfc2136.serial(&s->config, "www.example.net", &serial, &e), &e,
		ERR_DNS, "shows no SOA");
	assert_err(provider_rfc2136.serial(&s->config, "example.org", &serial, &e), &e,
		ERR_DNS, "REFUSED");
}

#define staged(f) cmocka_unit_test_setup_teardown(f, raise_curtain, drop_curtain)

int main(void)
{
	const struct CMUnitTest tests[] = {
		staged(one_update_carries_all_records_of_a_zone),
		staged(tlsa_records_go_in_and_out_by_value),
		staged(without_a_key_nothing_is_signed),
		staged(adding_what_is_there_and_removing_what_is_not_are_fine),
		staged(an_update_that_is_too_large_is_split),
		staged(a_wildcard_alias_is_no_hindrance),
		staged(a_true_alias_fails_alone),
		cmocka_unit_test(what_goes_wrong_is_told),
		staged(a_lost_answer_leaves_the_record_to_be_cleaned_up),
		staged(of_several_primaries_the_first_that_answers_is_used),
		staged(the_serial_is_the_primarys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
