/* Verdicts and warnings, on chains that nobody has to serve. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cert/tlsa.h"
#include "check.h"
#include "made_cert.h"
#include "probe/private/judge.h"
#include "probe/private/remark.h"

#define WWW "www.example.net"

/* CAs, each by the one that is named, and leaves. */
static struct made root, ca, brief_ca, lapsed_ca, other_root, old_root, cross, below,
	test_ca;
static struct made leaf, renewed, lapsed, early, by_brief, by_lapsed, by_below, by_test,
	addresses, mapped, nameless, for_servers, for_both, tiny, sha1;
static struct trust *trust, *other_trust;

static struct made issuer(const char *cn, const struct made *by)
{
	return made_cert(
		&(const struct made_wish){
			.cn = cn, .from = -MADE_DAY, .to = 900 * MADE_DAY },
		by);
}

static void make_cas(void)
{
	root = issuer("Root", NULL);
	old_root = issuer("Old", NULL);
	other_root = issuer("Other", NULL);
	ca = issuer("R10", &root);
	below = issuer("Sub", &ca);
	brief_ca = made_cert(
		&(const struct made_wish){
			.cn = "Brief", .from = -MADE_DAY, .to = 5 * MADE_DAY },
		&root);
	lapsed_ca = made_cert(
		&(const struct made_wish){
			.cn = "Lapsed", .from = -9 * MADE_DAY, .to = -MADE_DAY },
		&root);
	cross = made_cert(&(const struct made_wish){ .cn = "Root",
				  .from = -9 * MADE_DAY,
				  .to = -MADE_DAY,
				  .same = &root },
		&old_root);
	test_ca = issuer("(STAGING) Ersatz Edamame E1", &root);
}

static struct made www(struct made_wish w, const struct made *by)
{
	w.cn = "www";
	w.san = w.san ? w.san : "DNS:" WWW;
	return made_cert(&w, by);
}

static struct made special(struct made_special special)
{
	const struct made_wish w = { .cn = "www", .san = "DNS:" WWW };

	return made_special_cert(&w, &ca, &special);
}

static void make_leaves(void)
{
	leaf = www((struct made_wish){ .cn = NULL }, &ca);
	renewed = www((struct made_wish){ .from = -MADE_DAY, .to = 89 * MADE_DAY }, &ca);
	lapsed = www((struct made_wish){ .from = -89 * MADE_DAY, .to = -MADE_DAY }, &ca);
	early = www((struct made_wish){ .from = MADE_DAY, .to = 89 * MADE_DAY }, &ca);
	by_brief = www((struct made_wish){ .cn = NULL }, &brief_ca);
	by_lapsed = www((struct made_wish){ .cn = NULL }, &lapsed_ca);
	by_below = www((struct made_wish){ .cn = NULL }, &below);
	by_test = www((struct made_wish){ .cn = NULL }, &test_ca);
	addresses = www((struct made_wish){ .san = "IP:192.0.2.7,IP:2001:db8::7" }, &ca);
	mapped = www((struct made_wish){ .san = "IP:::ffff:192.0.2.7" }, &ca);
	nameless = made_cert(
		&(const struct made_wish){ .cn = WWW, .san = "email:a@example.net" }, &ca);
	for_servers = special((struct made_special){ .eku = "serverAuth" });
	for_both = special((struct made_special){ .eku = "serverAuth,clientAuth" });
	tiny = special((struct made_special){ .rsa = 1024 });
	sha1 = special((struct made_special){ .sha1 = true });
}

static int setup(void **state)
{
	(void)state;
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	make_cas();
	make_leaves();
	trust = made_trust(&root);
	other_trust = made_trust(&other_root);
	return 0;
}

static int teardown(void **state)
{
	struct made *const all[] = { &root, &ca, &brief_ca, &lapsed_ca, &other_root,
		&old_root, &cross, &below, &test_ca, &leaf, &renewed, &lapsed, &early,
		&by_brief, &by_lapsed, &by_below, &by_test, &addresses, &mapped, &nameless,
		&for_servers, &for_both, &tiny, &sha1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		made_clear(all[i]);
	trust_free(trust);
	trust_free(other_trust);
	return 0;
}

#define MOST 6

struct row {
	const struct made *served[MOST],
		*stored[MOST]; /* ended by NULL; none: expects none */
	enum probe_verdict verdict;
	const char *says;  /* in the error */
	const char *warns; /* the whole warning; NULL: there is none */
	const char *name;  /* NULL: WWW */
	const char *tls;   /* NULL: 1.3 */
	bool client_auth;
};

static void judge_row(const struct row *w, const struct trust *t, const char *const *tlsa,
	struct probe_result *r)
{
	const struct probe_target target = { .protocol = "https",
		.name = w->name ? w->name : WWW,
		.client_auth = w->client_auth,
		.tlsa = tlsa };
	AUTO(chain) struct chain stored = { 0 };

	if (w->stored[0])
		stored = made_chain(w->stored);
	*r = (struct probe_result){ .served = made_chain(w->served) };
	snprintf(r->tls, sizeof r->tls, "%s", w->tls ? w->tls : "TLSv1.3 X");
	judge(t, &target, w->stored[0] ? &stored : NULL, r);
}

static void check_row(const char *which, size_t i, const struct row *w)
{
	AUTO(probe_result) struct probe_result r = { 0 };
	struct err unused;
	/* dates change: a warning ends where they begin */
	const size_t len = w->warns ? strlen(w->warns) : 0;

	judge_row(w, trust, NULL, &r);
	if (r.verdict != w->verdict)
		fail_msg("%s %zu: %s, not %s: %s", which, i, probe_verdict_word(r.verdict),
			probe_verdict_word(w->verdict), r.err.msg);
	assert_int_equal(r.err.kind == ERR_NONE, r.verdict == PROBE_OK);
	if (w->says && !strstr(r.err.msg, w->says))
		fail_msg("%s %zu: '%s' isn't in: %s", which, i, w->says, r.err.msg);
	if (strncmp(r.warning, w->warns ? w->warns : "", len) != 0 || (!len && *r.warning))
		fail_msg("%s %zu: warns of: %s", which, i, r.warning);
	assert_int_equal(r.chain_until > 0, chain_verify(&r.served, trust, &unused));
}

static void every_verdict(void **state)
{
	const struct row rows[] = {
		{ .served = { &leaf, &ca } },
		{ .served = { &leaf, &ca }, .stored = { &leaf, &ca } },
		{ .served = { &leaf, &ca },
			.stored = { &renewed, &ca },
			.verdict = PROBE_OLDER,
			.says = "the store has that of" },
		{ .served = { &renewed, &ca },
			.stored = { &leaf, &ca },
			.verdict = PROBE_NEWER },
		/* what else is wrong is told beside it */
		{ .served = { &renewed, &ca },
			.stored = { &leaf, &ca },
			.name = "mail.example.net",
			.verdict = PROBE_NEWER,
			.warns = "the certificate isn't for mail.example.net" },
		{ .served = { &leaf },
			.stored = { &leaf, &ca },
			.verdict = PROBE_CHAIN,
			.says = "serves 1 certificate where the store has 2",
			.warns = "the server doesn't send the intermediate R10" },
		{ .served = { &leaf, &other_root },
			.stored = { &leaf, &ca },
			.verdict = PROBE_CHAIN,
			.says = "where the store has 2, and others",
			.warns =
				"the server doesn't send the intermediate R10, and it isn't a trusted root; certificate 1 (Other) has nothing to do with the others" },
		{ .served = { &other_root },
			.stored = { &leaf, &ca },
			.verdict = PROBE_FOREIGN,
			.says = "serves Other of Other" },
		{ .served = { &leaf },
			.verdict = PROBE_UNTRUSTED,
			.says = "the server doesn't send the intermediate R10" },
		{ .served = { &by_below, &below },
			.verdict = PROBE_UNTRUSTED,
			.says = "certificate 1 (Sub): its issuer (R10) is neither" },
		{ .served = { &lapsed, &ca },
			.verdict = PROBE_EXPIRED,
			.says = "expired on" },
		{ .served = { &early, &ca },
			.verdict = PROBE_EXPIRED,
			.says = "is this clock right?" },
		{ .served = { &by_lapsed, &lapsed_ca },
			.verdict = PROBE_EXPIRED,
			.says = "certificate 1 (Lapsed) expired on" },
		{ .served = { &leaf, &ca },
			.name = "mail.example.net",
			.verdict = PROBE_WRONG_NAME,
			.says = "isn't for mail.example.net; it has www.example.net" },
		{ .served = { &nameless, &ca },
			.verdict = PROBE_WRONG_NAME,
			.says = "no name at all: a CN doesn't count" },
		{ .served = { &for_servers, &ca },
			.client_auth = true,
			.verdict = PROBE_PURPOSE,
			.says = "clientAuth" },
		{ .served = { &for_servers, &ca } },
		{ .served = { &for_both, &ca }, .client_auth = true },
		{ .served = { &leaf, &ca }, .client_auth = true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row("verdict", i, &rows[i]);
}

static void every_warning(void **state)
{
	const struct row rows[] = {
		{ .served = { &by_brief, &brief_ca },
			.warns = "the chain ends before the certificate does: Brief on " },
		{ .served = { &leaf, &ca, &root },
			.warns = "certificate 2 (Root) is a root: it needn't be sent" },
		{ .served = { &leaf, &ca, &root }, .stored = { &leaf, &ca, &root } },
		{ .served = { &leaf, &ca, &root },
			.stored = { &leaf, &ca },
			.verdict = PROBE_CHAIN,
			.says = "serves 3 certificates where the store has 2",
			.warns = "certificate 2 (Root) is a root: it needn't be sent" },
		{ .served = { &leaf, &ca, &ca },
			.warns = "certificate 2 (R10) is sent a second time" },
		{ .served = { &leaf, &ca, &leaf },
			.warns = "certificate 2 (www) is sent a second time" },
		{ .served = { &leaf, &ca, &other_root },
			.warns =
				"certificate 2 (Other) has nothing to do with the others" },
		{ .served = { &leaf, &ca, &cross },
			.warns = "certificate 2 (Root), which isn't needed, expired on " },
		{ .served = { &by_below, &ca, &below },
			.warns = "certificate 1 (R10) comes before what it has issued" },
		{ .served = { &by_below, &below, &ca } },
		{ .served = { &by_below, &root, &ca, &below, &below, &brief_ca },
			.warns =
				"certificate 1 (Root) is a root: it needn't be sent; "
				"certificate 2 (R10) comes before what it has issued; "
				"certificate 4 (Sub) is sent a second time; "
				"certificate 5 (Brief) has nothing to do with the others" },
		{ .served = { &by_test, &test_ca },
			.warns =
				"a certificate for tests, of the staging CA (STAGING) Ersatz" },
		{ .served = { &by_test },
			.verdict = PROBE_UNTRUSTED,
			.warns =
				"a certificate for tests, of the staging CA (STAGING) Ersatz" },
		{ .served = { &tiny, &ca },
			.warns = "the key of certificate 0 (www) is too weak: rsa1024" },
		{ .served = { &sha1, &ca },
			.warns =
				"certificate 0 (www) is signed too weakly: ecdsa-with-SHA1" },
		{ .served = { &leaf, &ca }, .tls = "TLSv1.2 X" },
		{ .served = { &leaf, &ca },
			.tls = "TLSv1.1 X",
			.warns = "no newer TLS than TLSv1.1" },
		{ .served = { &leaf, &ca },
			.tls = "TLSv1 X",
			.warns = "no newer TLS than TLSv1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row("warning", i, &rows[i]);
}

static void addresses_are_compared_in_binary(void **state)
{
	const struct {
		const struct made *cert;
		const char *name;
		bool covered;
	} rows[] = {
		{ &addresses, "192.0.2.7", true },
		{ &addresses, "192.0.2.8", false },
		{ &addresses, "2001:db8::7", true },
		{ &addresses, "2001:DB8:0:0::7", true },
		{ &addresses, "2001:0db8:0000:0000:0000:0000:0000:0007", true },
		{ &addresses, "2001:db8::0.0.0.7", true },
		{ &addresses, "2001:db8::8", false },
		{ &addresses, "::ffff:192.0.2.7", false },
		{ &addresses, "www", false },
		{ &mapped, "::ffff:192.0.2.7", true },
		{ &mapped, "::FFFF:c000:207", true },
		{ &mapped, "192.0.2.7", false },
		{ &leaf, "192.0.2.7", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row w = { .served = { rows[i].cert, &ca },
			.name = rows[i].name,
			.verdict = rows[i].covered ? PROBE_OK : PROBE_WRONG_NAME };

		check_row("address", i, &w);
	}
}

/* ---- the end of the chain ---- */

static void the_chains_end_is_that_of_its_first_member_to_end(void **state)
{
	const struct row rows[] = { { .served = { &by_brief, &brief_ca } },
		{ .served = { &leaf, &ca, &cross } } };
	AUTO(probe_result) struct probe_result brief = { 0 }, crossed = { 0 };

	(void)state;
	judge_row(&rows[0], trust, NULL, &brief);
	assert_int_equal(brief.chain_until, cert_not_after(brief.served.certs[1]));
	judge_row(&rows[1], trust, NULL, &crossed);
	assert_int_equal(crossed.chain_until, cert_not_after(crossed.served.certs[0]));
}

/* ---- what was verified before ---- */

static enum probe_verdict again(
	const struct made *a, const struct made *b, const struct trust *t)
{
	const struct row w = { .served = { a, b } };
	AUTO(probe_result) struct probe_result r = { 0 };

	judge_row(&w, t, NULL, &r);
	return r.verdict;
}

/* Of the same names and issuer as the one that was verified, and signed by nobody. */
static void what_was_verified_speaks_for_nothing_else(void **state)
{
	AUTO(made) struct made fake_ca = { 0 }, forged = { 0 };

	(void)state;
	fake_ca = issuer("R10", &other_root);
	forged = www((struct made_wish){ .cn = NULL }, &fake_ca);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(again(&leaf, &ca, trust), PROBE_OK);
		assert_int_equal(again(&forged, &ca, trust), PROBE_UNTRUSTED);
		assert_int_equal(again(&forged, &fake_ca, trust), PROBE_UNTRUSTED);
		assert_int_equal(again(&leaf, &fake_ca, trust), PROBE_UNTRUSTED);
		assert_int_equal(again(&leaf, NULL, trust), PROBE_UNTRUSTED);
		assert_int_equal(again(&leaf, &ca, other_trust), PROBE_UNTRUSTED);
		assert_int_equal(again(&forged, &fake_ca, other_trust), PROBE_OK);
	}
}

/* ---- TLSA records ---- */

static void records_that_count_must_fit(void **state)
{
	static const struct {
		const char *says; /* with the digest of the leaf's key, R10's, or none */
		char of;
		enum probe_verdict verdict;
	} rows[] = {
		{ "3 1 1 ", 'l', PROBE_OK },
		{ "2 1 1 ", 'c', PROBE_OK },
		{ "3 1 1 ", 'c', PROBE_TLSA },
		{ "2 1 1 ", 'l', PROBE_TLSA },
		{ "1 1 1 ", 'c', PROBE_OK }, /* of a usage that no mail client goes by */
		{ "3 1 1 00", '-', PROBE_TLSA },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row w = { .served = { &leaf, &ca } };
		AUTO(probe_result) struct probe_result r = { 0 };
		AUTO(chain) struct chain c = MADE_CHAIN(&leaf, &ca);
		const struct sha256 key = cert_key_sha256(c.certs[rows[i].of == 'c']);
		const struct sha256_hex hex = sha256_hex(&key);
		AUTO(str)
		char *one = xasprintf("%s%s", rows[i].says, rows[i].of == '-' ? "" : hex.s);
		AUTO(str) char *both = xasprintf("3 1 1 %s", hex.s);
		const char *const list[] = { one, NULL },
				  *const two[] = { "3 1 1 00", one, NULL };

		judge_row(&w, trust, list, &r);
		if (r.verdict != rows[i].verdict)
			fail_msg("row %zu: %s", i, probe_verdict_word(r.verdict));
		probe_result_clear(&r);
		judge_row(&w, trust, two, &r);
		assert_int_equal(r.verdict, tlsa_fits(one, &c) ? PROBE_OK : PROBE_TLSA);
	}
}

/* ---- room ---- */

static void what_there_is_no_room_for_is_left_out(void **state)
{
	AUTO(probe_result) struct probe_result r = { 0 };
	AUTO(str) char *filler = xcalloc(sizeof r.warning, 1);
	size_t len;

	(void)state;
	memset(filler, 'x', sizeof r.warning - 10);
	remark(&r, "%s", filler);
	len = strlen(r.warning);
	assert_int_equal(len, sizeof r.warning - 10);
	remark(&r, "too long by far");
	assert_int_equal(strlen(r.warning), len);
	remark(&r, "short");
	assert_string_equal(r.warning + len, "; short");
	remark(&r, "no");
	assert_string_equal(r.warning + len, "; short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict),
		cmocka_unit_test(every_warning),
		cmocka_unit_test(addresses_are_compared_in_binary),
		cmocka_unit_test(the_chains_end_is_that_of_its_first_member_to_end),
		cmocka_unit_test(what_was_verified_speaks_for_nothing_else),
		cmocka_unit_test(records_that_count_must_fit),
		cmocka_unit_test(what_there_is_no_room_for_is_left_out),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
