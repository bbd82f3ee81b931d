/* Questions and answers: only the right answer is taken, and no wait is endless. */
#include "base/clock.h"
#include "dns/private/ask.h"
#include "dns/private/resolve.h"
#include "dns/private/wire.h"

#include "fake.h"

static void addresses_are_read_as_users_write_them(void **state)
{
	static const struct {
		const char *spec, *text; /* NULL: refused */
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1:53", "192.0.2.1" },
		{ "192.0.2.1:5353", "192.0.2.1:5353" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "[2001:db8::1]", "2001:db8::1" },
		{ "[2001:db8::1]:5353", "[2001:db8::1]:5353" },
		{ "", NULL },
		{ ":53", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:+53", NULL },
		{ "192.0.2.1:53x", NULL },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8::1]53", NULL },
		{ "[]:53", NULL },
		{ "ns.example.net", NULL },
		{ "192.0.2.256", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct endpoint ep;
		bool ok = endpoint_parse(rows[i].spec, 53, &ep);

		if (ok != (rows[i].text != NULL))
			fail_msg("'%s': %d", rows[i].spec, ok);
		if (ok)
			assert_string_equal(ep.text, rows[i].text);
	}
}

static void resolv_conf_is_read_as_resolv_conf_5_says(void **state)
{
	static const char text[] = "# nameserver 192.0.2.9\n"
				   "search example.net\n"
				   "nameserver 192.0.2.1\n"
				   "nameserver\t2001:db8::1 # ours\r\n"
				   "nameserver not-an-address\n"
				   "nameservers 192.0.2.7\n"
				   "nameserver192.0.2.8\n"
				   "nameserver\n"
				   " nameserver 192.0.2.6\n"
				   "nameserver 192.0.2.2";
	AUTO(endpoints) struct endpoints all = { 0 };

	(void)state;
	resolv_conf_parse(text, &all);
	assert_int_equal(all.n, 3);
	assert_string_equal(all.list[0].text, "192.0.2.1");
	assert_string_equal(all.list[1].text, "2001:db8::1");
	assert_string_equal(all.list[2].text, "192.0.2.2");
}

static ldns_pkt *answer_after(struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len)
{
	(void)wire;
	(void)len;
	if (f->ctx) /* only over TCP */
		return f->over_tcp ? fake_answer(q, LDNS_RCODE_NOERROR, true) : NULL;
	return fake_answer(q, LDNS_RCODE_NOERROR, true);
}

/* Puts wrong answers before the right one. */
static ldns_pkt *answer_with_forgeries(
	struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len)
{
	ldns_pkt *a = fake_answer(q, LDNS_RCODE_NOERROR, true);
	ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_question(a), 0);

	(void)wire;
	(void)len;
	switch (f->n_udp % 4) {
	case 1:
		ldns_pkt_set_id(a, (uint16_t)(ldns_pkt_id(a) ^ 1));
		break;
	case 2:
		ldns_pkt_set_qr(a, false);
		break;
	case 3:
		ldns_rr_set_type(rr, LDNS_RR_TYPE_A);
		break;
	default:
		break;
	}
	return a;
}

static struct buf question(void)
{
	struct buf b = BUF_EMPTY;
	struct err e;

	assert_ok(query_build(&b, "example.net", LDNS_RR_TYPE_SOA, true, &e), &e);
	return b;
}

/* Ask a fake server of this part. */
static ldns_pkt *ask_fake(struct fake *f, int ms, struct err *e)
{
	AUTO(buf) struct buf q = question();
	struct endpoint ep;
	ldns_pkt *p;

	fake_start(f, 1, 0);
	assert_true(endpoint_parse(f->spec, 53, &ep));
	p = ask(&ep, &q, deadline_in_ms(ms), e);
	fake_stop(f);
	return p;
}

static void an_answer_is_taken_and_a_cut_one_asked_again(void **state)
{
	static const bool cut[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cut); i++) {
		struct fake f = { .part = answer_after, .truncate = cut[i] };
		struct err e;
		AUTO(pkt) ldns_pkt *p = ask_fake(&f, 5000, &e);

		assert_ok(p, &e);
		assert_int_equal(f.n_tcp, cut[i]);
	}
}

static void silence_and_garbage_end_at_the_deadline(void **state)
{
	static const char *const raw[] = { NULL, "x", "garbage that is no message" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(raw); i++) {
		struct fake f = { .part = answer_after, .ctx = &f, .raw = raw[i] };
		int64_t start = clock_ms();
		struct err e;

		assert_null(ask_fake(&f, 20, &e));
		assert_int_equal(e.kind, ERR_TIMEOUT);
		assert_true(clock_ms() - start < 30000);
	}
}

static void a_closed_port_is_told_at_once(void **state)
{
	AUTO(buf) struct buf q = question();
	struct endpoint ep;
	struct err e;

	(void)state;
	assert_true(endpoint_parse("127.0.0.1:1", 53, &ep));
	assert_null(ask(&ep, &q, deadline_in(5), &e));
	assert_int_equal(e.kind, ERR_NET);
	assert_null(ask_tcp(&ep, &q, deadline_in(5), &e));
	assert_int_equal(e.kind, ERR_NET);
	assert_non_null(strstr(e.msg, "connect to 127.0.0.1:1: Connection refused"));
}

static void forged_answers_are_passed_over(void **state)
{
	AUTO(buf) struct buf q = question();
	struct fake f = { .part = answer_with_forgeries };
	struct endpoint ep;
	bool no_route;
	struct err e;

	(void)state;
	fake_start(&f, 1, 0);
	assert_true(endpoint_parse(f.spec, 53, &ep));
	{
		AUTO(fd) int fd = udp_open(&ep, &no_route, &e);
		AUTO(buf) struct buf got = BUF_EMPTY;

		for (int i = 1; i <= 4; i++) {
			AUTO(pkt) ldns_pkt *p = NULL;

			assert_true(send(fd, q.data, q.len, 0) > 0);
			assert_ok(udp_receive(fd, &got, deadline_in(5), &e), &e);
			p = answer_parse(got.data, got.len, &q, &e);
			assert_int_equal(p != NULL, i == 4);
		}
	}
	fake_stop(&f);
}

static void a_message_over_64_kib_is_not_sent(void **state)
{
	AUTO(stream) struct stream s;
	AUTO(buf) struct buf big = BUF_EMPTY;
	AUTO(buf) struct buf answer = BUF_EMPTY;
	struct endpoint ep;
	struct err e;

	(void)state;
	assert_true(endpoint_parse("127.0.0.1:1", 53, &ep));
	stream_init(&s, &ep);
	buf_reserve(&big, 70000);
	big.len = 70000;
	assert_err(
		stream_ask(&s, &big, &answer, deadline_in(5), &e), &e, ERR_DNS, "too long");
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const names[] = { "", "a..b", ".a",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.net" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(buf) struct buf b = BUF_EMPTY;
		struct err e;

		assert_err(query_build(&b, names[i], LDNS_RR_TYPE_TXT, false, &e), &e,
			ERR_DNS, "can't be a domain name");
	}
}

static void a_txt_is_compared_whole(void **state)
{
	static const struct {
		const char *rr, *value;
		bool same;
	} rows[] = {
		{ "x. TXT \"value\"", "value", true },
		{ "x. TXT \"val\" \"ue\"", "value", true },
		{ "x. TXT \"\" \"value\"", "value", true },
		{ "x. TXT \"value\"", "Value", false },
		{ "x. TXT \"valu\"", "value", false },
		{ "x. TXT \"values\"", "value", false },
		{ "x. TXT \"value\" \"s\"", "value", false },
		{ "x. TXT \"\"", "value", false },
		{ "x. A 192.0.2.1", "value", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(rr) ldns_rr *rr = NULL;

		assert_int_equal(ldns_rr_new_frm_str(&rr, rows[i].rr, 60, NULL, NULL),
			LDNS_STATUS_OK);
		if (txt_is(rr, rows[i].value) != rows[i].same)
			fail_msg("%s: %s", rows[i].rr, rows[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_as_users_write_them),
		cmocka_unit_test(resolv_conf_is_read_as_resolv_conf_5_says),
		cmocka_unit_test(an_answer_is_taken_and_a_cut_one_asked_again),
		cmocka_unit_test(silence_and_garbage_end_at_the_deadline),
		cmocka_unit_test(a_closed_port_is_told_at_once),
		cmocka_unit_test(forged_answers_are_passed_over),
		cmocka_unit_test(a_message_over_64_kib_is_not_sent),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(a_txt_is_compared_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
