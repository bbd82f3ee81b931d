/* TSIG against ldns's own where that works, and every way an answer can be wrong. */
#include "dns/dns.h"
#include "dns/private/tsig.h"

#include "fake.h"

#define SECRET "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"

static struct dns_config config(const char *algorithm)
{
	struct dns_config c = { .provider = "rfc2136",
		.tsig_name = "Acme.Example",
		.tsig_algorithm = algorithm,
		.tsig_secret = BUF_EMPTY };

	assert_true(base64_decode(&c.tsig_secret, SECRET, strlen(SECRET)));
	return c;
}

static struct tsig_key key_of(struct dns_config *c)
{
	struct tsig_key k;
	struct err e;

	assert_ok(tsig_key_from(c, &k, &e), &e);
	return k;
}

static ldns_pkt *question(void)
{
	ldns_pkt *q = ldns_pkt_query_new(ldns_dname_new_frm_str("example.net"),
		LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN, 0);

	ldns_pkt_set_id(q, 4711);
	return q;
}

static void add_packet(struct buf *out, ldns_pkt *p)
{
	uint8_t *wire;
	size_t len;

	assert_int_equal(ldns_pkt2wire(&wire, p, &len), LDNS_STATUS_OK);
	buf_add(out, wire, len);
	free(wire);
	ldns_pkt_free(p);
}

/* A signed question, as ldns reads it. */
static ldns_pkt *signed_question(
	const struct tsig_key *k, struct buf *msg, struct tsig_mac *mac)
{
	ldns_pkt *q;
	struct err e;

	add_packet(msg, question());
	assert_ok(tsig_sign(msg, k, time(NULL), mac, &e), &e);
	assert_int_equal(
		ldns_wire2pkt(&q, (const uint8_t *)msg->data, msg->len), LDNS_STATUS_OK);
	return q;
}

/* The answer to it, signed by ldns. */
static void signed_answer(
	ldns_pkt *q, const char *algorithm, const char *key, struct buf *out)
{
	ldns_pkt *a = fake_answer(q, LDNS_RCODE_NOERROR, true);

	fake_add(a, LDNS_SECTION_ANSWER, "example.net. SOA ns. host. 17 1 1 1 1");
	assert_int_equal(ldns_pkt_tsig_sign(a, key, SECRET, 300, algorithm,
				 ldns_rr_rdf(ldns_pkt_tsig(q), 3)),
		LDNS_STATUS_OK);
	add_packet(out, a);
}

static void ldns_verifies_what_we_sign_and_we_what_it_signs(void **state)
{
	static const char *const known_to_ldns[] = { "hmac-sha1", "hmac-sha256",
		"hmac-sha512", "hmac-md5.sig-alg.reg.int" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known_to_ldns); i++) {
		struct dns_config c = config(known_to_ldns[i]);
		struct tsig_key k;
		AUTO(buf) struct buf msg = BUF_EMPTY;
		AUTO(buf) struct buf answer = BUF_EMPTY;
		struct tsig_mac mac;
		ldns_pkt *q;
		struct err e;

		c.allow_md5 = true;
		k = key_of(&c);
		q = signed_question(&k, &msg, &mac);
		assert_true(ldns_pkt_tsig_verify(q, (const uint8_t *)msg.data, msg.len,
			"acme.example.", SECRET, NULL));
		signed_answer(q, known_to_ldns[i], "acme.example.", &answer);
		assert_ok(tsig_verify((const uint8_t *)answer.data, answer.len, &k, &mac,
				  time(NULL), &e),
			&e);
		ldns_pkt_free(q);
		buf_clear(&c.tsig_secret);
	}
}

static void keys_that_cannot_be_used_are_refused(void **state)
{
	static const struct {
		const char *name, *algorithm;
		bool secret;
		const char *says;
	} rows[] = {
		{ "k", "hmac-md5", true, "RFC 8945 forbids it" },
		{ "k", "HMAC-MD5.SIG-ALG.REG.INT", true, "RFC 8945 forbids it" },
		{ "k", "hmac-sha", true, "none of hmac-sha1" },
		{ "k", "hmac-sha2566", true, "none of hmac-sha1" },
		{ "k", "", true, "none of hmac-sha1" },
		{ "a..b", "hmac-sha256", true, "can't be a TSIG key's name" },
		{ "k", "hmac-sha256", false, "has no secret" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_config c = config(rows[i].algorithm);
		struct tsig_key k;
		struct err e;

		c.tsig_name = rows[i].name;
		if (!rows[i].secret)
			buf_reset(&c.tsig_secret);
		assert_err(tsig_key_from(&c, &k, &e), &e, ERR_CONFIG, rows[i].says);
		buf_clear(&c.tsig_secret);
	}
}

static void algorithms_are_found_in_any_spelling(void **state)
{
	static const struct {
		const char *name;
		size_t mac;
	} rows[] = { { "hmac-sha1", 20 }, { "hmac-sha224", 28 }, { "HMAC-SHA256", 32 },
		{ "hmac-sha384.", 48 }, { "hmac-sha512", 64 }, { NULL, 32 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_config c = config(rows[i].name);
		struct tsig_key k = key_of(&c);
		AUTO(buf) struct buf msg = BUF_EMPTY;
		struct tsig_mac mac;

		ldns_pkt_free(signed_question(&k, &msg, &mac));
		assert_int_equal(mac.len, rows[i].mac);
		buf_clear(&c.tsig_secret);
	}
}

enum spoil {
	FLIP_ID,
	FLIP_FLAGS,
	FLIP_RECORD,
	FLIP_TIME,
	FLIP_MAC,
	CUT,
	LENGTHEN,
	OTHER_KEY,
	OTHER_ALGORITHM,
	OTHER_REQUEST,
	TOO_OLD,
	TOO_NEW
};

static void a_changed_or_stale_answer_is_refused(void **state)
{
	static const struct {
		enum spoil spoil;
		const char *says;
	} rows[] = {
		{ FLIP_FLAGS, "somebody changed it" },
		{ FLIP_RECORD, "somebody changed it" },
		{ FLIP_TIME, "somebody changed it" },
		{ FLIP_MAC, "somebody changed it" },
		{ CUT, "isn't signed" },
		{ LENGTHEN, "isn't signed" },
		{ OTHER_KEY, "signed with another key than Acme.Example" },
		{ OTHER_ALGORITHM, "another algorithm" },
		{ OTHER_REQUEST, "somebody changed it" },
		{ TOO_OLD, "clock is 400 s behind ours" },
		{ TOO_NEW, "clock is 400 s ahead of ours" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_config c = config("hmac-sha256");
		struct tsig_key k = key_of(&c);
		AUTO(buf) struct buf msg = BUF_EMPTY;
		AUTO(buf) struct buf answer = BUF_EMPTY;
		struct tsig_mac mac;
		ldns_pkt *q = signed_question(&k, &msg, &mac);
		enum spoil how = rows[i].spoil;
		time_t now;
		struct err e;

		do {
			now = time(NULL);
			buf_reset(&answer);
			signed_answer(q,
				how == OTHER_ALGORITHM ? "hmac-sha512" : "hmac-sha256",
				how == OTHER_KEY ? "akme.example." : "acme.example.",
				&answer);
		} while (time(NULL) != now); /* signed in this very second */
		if (how == FLIP_FLAGS)
			answer.data[3] ^= 0x05; /* another RCODE */
		if (how == FLIP_RECORD)
			answer.data[50] ^= 1;
		if (how == FLIP_TIME) /* before fudge, MAC, ID, error, other */
			answer.data[answer.len - (2 + 2 + 2 + 32 + 2 + 2 + 1)] ^= 1;
		if (how == FLIP_MAC)
			answer.data[answer.len - 10] ^= 1;
		if (how == CUT)
			buf_truncate(&answer, answer.len - 1);
		if (how == LENGTHEN)
			buf_putc(&answer, 0);
		if (how == OTHER_REQUEST)
			mac.bytes[0] ^= 1;
		if (how == TOO_OLD)
			now += 400;
		if (how == TOO_NEW)
			now -= 400;
		assert_err(tsig_verify((const uint8_t *)answer.data, answer.len, &k, &mac,
				   now, &e),
			&e, ERR_DNS, rows[i].says);
		ldns_pkt_free(q);
		buf_clear(&c.tsig_secret);
	}
}

static void refusals_are_told_in_words(void **state)
{
	static const struct {
		ldns_pkt_rcode rcode;
		uint16_t error;
		time_t shift;
		const char *says;
	} rows[] = {
		{ LDNS_RCODE_NOTAUTH, 17, 0,
			"BADKEY: the server doesn't know TSIG key Acme.Example" },
		{ LDNS_RCODE_NOTAUTH, 16, 0, "BADSIG: the server has another secret" },
		{ LDNS_RCODE_NOTAUTH, 18, 5000,
			"the server's clock is 5000 s ahead of ours" },
		{ LDNS_RCODE_NOTAUTH, 18, -700, "the server's clock is 700 s behind ours" },
		{ LDNS_RCODE_NOTAUTH, 22, 0, "BADTRUNC" },
		{ LDNS_RCODE_NOTAUTH, 99, 0, "TSIG error 99" },
		{ LDNS_RCODE_NOTAUTH, 0, 0, "NOTAUTH: the server doesn't hold the zone" },
		{ LDNS_RCODE_REFUSED, 0, 0,
			"its rules forbid it (the answer isn't signed)" },
		{ LDNS_RCODE_NOERROR, 0, 0, "isn't signed with TSIG key Acme.Example" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_config c = config("hmac-sha256");
		struct tsig_key k = key_of(&c);
		AUTO(buf) struct buf msg = BUF_EMPTY;
		AUTO(buf) struct buf answer = BUF_EMPTY;
		struct tsig_mac mac;
		time_t now = time(NULL);
		ldns_pkt *q = signed_question(&k, &msg, &mac);
		struct err e;

		add_packet(&answer, fake_answer(q, rows[i].rcode, false));
		buf_reserve(&answer, 200);
		if (rows[i].error)
			answer.len = fake_tsig_error((uint8_t *)answer.data, answer.len,
				"acme.example.", rows[i].error,
				rows[i].shift ? now + rows[i].shift : 0);
		assert_err(tsig_verify((const uint8_t *)answer.data, answer.len, &k, &mac,
				   now, &e),
			&e, ERR_DNS, rows[i].says);
		ldns_pkt_free(q);
		buf_clear(&c.tsig_secret);
	}
}

static void scraps_are_no_answers(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "\x12\x67", 2 },
		{ "\x12\x67\x80\0\0\0\0\0\0\0\0\1", 12 },
		/* a name that points at itself */
		{ "\x12\x67\x80\0\0\0\0\0\0\0\0\1\xc0\x0c\0\xfa\0\xff\0\0\0\0\0\0", 24 },
		/* more records than there are */
		{ "\x12\x67\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\1\0\1", 17 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_config c = config("hmac-sha256");
		struct tsig_key k = key_of(&c);
		struct tsig_mac mac = { .len = 32 };
		struct err e;

		assert_err(tsig_verify((const uint8_t *)rows[i].bytes, rows[i].len, &k,
				   &mac, time(NULL), &e),
			&e, ERR_DNS, "isn't signed");
		buf_clear(&c.tsig_secret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ldns_verifies_what_we_sign_and_we_what_it_signs),
		cmocka_unit_test(keys_that_cannot_be_used_are_refused),
		cmocka_unit_test(algorithms_are_found_in_any_spelling),
		cmocka_unit_test(a_changed_or_stale_answer_is_refused),
		cmocka_unit_test(refusals_are_told_in_words),
		cmocka_unit_test(scraps_are_no_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
