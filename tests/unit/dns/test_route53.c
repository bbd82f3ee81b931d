/* Against https://docs.aws.amazon.com/Route53/latest/APIReference/. */
#include "scripted_api.h"

#include "base/clock.h"
#include "dns/private/route53.h"
#include "dns/private/sigv4.h"

#define XML       "<?xml version=\"1.0\"?>\n"
#define XMLNS     " xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\""
#define BY_NAME   "GET /2013-04-01/hostedzonesbyname?dnsname="
#define SET(name) "GET /2013-04-01/hostedzone/Z1/rrset?maxitems=1&name=" name ".&type=TXT"
#define CHANGE    "POST /2013-04-01/hostedzone/Z1/rrset/"

#define ZONE(id, name, is_private)                                                         \
	"<HostedZone><Id>/hostedzone/" id "</Id><Name>" name                               \
	"</Name><CallerReference>x &amp; y</CallerReference><Config><Comment>a &#13; b"    \
	"</Comment><PrivateZone>" is_private "</PrivateZone></Config>"                     \
	"<ResourceRecordSetCount>3</ResourceRecordSetCount></HostedZone>"
#define ZONES(zones)                                                                       \
	XML "<ListHostedZonesByNameResponse" XMLNS "><HostedZones>" zones                  \
	    "</HostedZones><DNSName>x.</DNSName><IsTruncated>false</IsTruncated>"          \
	    "<MaxItems>100</MaxItems></ListHostedZonesByNameResponse>"
#define NO_ZONE ZONES(ZONE("Z9", "zzz.net.", "false"))
#define OURS    ZONES(ZONE("Z1", "example.net.", "false"))

#define VALUE(text) "<ResourceRecord><Value>" text "</Value></ResourceRecord>"
#define RECORDS(name, ttl, values)                                                         \
	"<ResourceRecordSet><Name>" name ".</Name><Type>TXT</Type><TTL>" ttl               \
	"</TTL><ResourceRecords>" values "</ResourceRecords></ResourceRecordSet>"
#define SETS(sets)                                                                         \
	XML "<ListResourceRecordSetsResponse" XMLNS "><ResourceRecordSets>" sets           \
	    "</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>"  \
	    "</ListResourceRecordSetsResponse>"

#define CHANGES(changes)                                                                     \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ChangeResourceRecordSetsRequest" XMLNS \
	"><ChangeBatch><Changes>" changes                                                    \
	"</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
#define ONE(action, set)   "<Change><Action>" action "</Action>" set "</Change>"
#define BATCH(action, set) CHANGES(ONE(action, set))
#define PENDING                                                                            \
	XML "<ChangeResourceRecordSetsResponse" XMLNS "><ChangeInfo><Id>/change/C1</Id>"   \
	    "<Status>PENDING</Status></ChangeInfo></ChangeResourceRecordSetsResponse>"
#define REFUSED(code, message)                                                             \
	XML "<ErrorResponse" XMLNS "><Error><Type>Sender</Type><Code>" code                \
	    "</Code><Message>" message "</Message></Error><RequestId>r</RequestId>"        \
	    "</ErrorResponse>"
#define BAD_BATCH(message)                                                                 \
	XML "<InvalidChangeBatch" XMLNS "><Messages><Message>" message                     \
	    "</Message></Messages><RequestId>r</RequestId></InvalidChangeBatch>"

#define WWW "_acme-challenge.www.example.net"

/* ---- what every request must carry ---- */

static char *header_of(const struct asked *q, const char *name)
{
	AUTO(str) char *start = xasprintf("\r\n%s: ", name);
	const char *at = strstr(q->head.data, start);

	at = at ? at + strlen(start) : "";
	return xstrndup(at, strcspn(at, "\r"));
}

static bool is_now(const char *date)
{
	struct tm tm = { 0 };

	return strptime(date, "%Y%m%dT%H%M%SZ", &tm) && strlen(date) == 16 &&
		llabs((long long)timegm(&tm) - (long long)clock_now()) < 60;
}

static char prefix_seen[32];

/* Signed for the date that it carries, as it came. */
static void check_signature(void *ctx, const struct asked *q, struct told *t)
{
	AUTO(str) char *date = header_of(q, "X-Amz-Date");
	AUTO(str) char *got = header_of(q, "Authorization");
	AUTO(str) char *host = header_of(q, "Host");
	AUTO(str) char *path = xstrndup(q->path, strcspn(q->path, "?"));
	AUTO(buf) struct buf secret = BUF_EMPTY, want = BUF_EMPTY;
	const struct sigv4 by = { "AKID", &secret, "us-east-1", "route53", date };
	const struct sigv4_request signs = { q->method, host, path,
		q->path[strlen(path)] ? q->path + strlen(path) + 1 : "",
		q->body.len ? &q->body : NULL };

	buf_puts(&secret, "secret-key");
	sigv4_authorize(&by, &signs, &want);
	if (strcmp(got, want.data) != 0)
		api_trouble("signature", want.data, got);
	if (!is_now(date))
		api_trouble("date", "now", date);
	if (strstr(q->head.data, "secret-key"))
		api_trouble("head", "without the secret", q->head.data);
	if (strstr(q->head.data, "\r\nAccept: application/json"))
		api_trouble("head", "without a wish for JSON", q->head.data);
	snprintf(prefix_seen, sizeof prefix_seen, "%.31s", path);
	api_hear(ctx, q, t);
}

static int setup(void **state)
{
	const int rc = api_setup(state);

	api_server.answer = check_signature;
	return rc;
}

static struct dns_config config(const char *zone)
{
	struct dns_config c = api_config("route53", "secret-key");

	c.user = "AKID";
	c.zone = zone;
	return c;
}

/* ---- records ---- */

static void a_set_is_made_and_deleted_as_it_stands(void **state)
{
	const struct turn in[] = {
		{ .ask = BY_NAME WWW ".&maxitems=100", .answer = NO_ZONE },
		{ .ask = BY_NAME "www.example.net.&maxitems=100", .answer = ZONES("") },
		{ .ask = BY_NAME "example.net.&maxitems=100",
			.answer = ZONES(ZONE("Z0", "example.net.", "true")
					ZONE("Z1", "example.net.", "false")) },
		{ .ask = SET(WWW),
			.answer = SETS(RECORDS("a.example.net", "5", VALUE("\"x\""))) },
		{ .ask = CHANGE,
			.header = "Content-Type: application/xml",
			.body = BATCH("UPSERT", RECORDS(WWW, "60", VALUE("\"one\""))),
			.answer = PENDING },
	};
	const struct turn out[] = {
		{ .ask = BY_NAME "example.net.&maxitems=100", .answer = OURS },
		{ .ask = SET(WWW),
			.answer = SETS(RECORDS(WWW, "60", VALUE("&quot;one&quot;"))) },
		{ .ask = CHANGE,
			.body = BATCH("DELETE", RECORDS(WWW, "60", VALUE("\"one\""))),
			.answer = PENDING },
	};
	AUTO(api_config) struct dns_config c = config(NULL);
	struct dns_record r = api_record(&c, "www.example.net", "one");

	(void)state;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	assert_string_equal(r.zone, "example.net");
	c.zone = "example.net";
	api_removes(out, ARRAY_LEN(out), &r, 1);
	no_error(&r, 1);
	assert_false(r.presented);
	dns_records_clear(&r, 1);
}

/* Of others: their TTL and any characters of theirs. */
#define THEIRS      VALUE("\"a &lt;&amp;&gt; \\\"b\\\"\" \"\\303\\244\"")
#define THEIRS_SENT VALUE("&quot;a &lt;&amp;&gt; \\&quot;b\\&quot;&quot; \"\\303\\244\"")

static void values_of_others_stay(void **state)
{
	const struct turn in[] = {
		{ .ask = BY_NAME "example.net.&maxitems=100", .answer = OURS },
		/* \145 is an e; it has the value already */
		{ .ask = SET("_acme-challenge.example.net"),
			.answer = SETS(RECORDS("_ACME-challeng\\145.example.net", "60",
				VALUE("\"three\""))) },
		{ .ask = SET(WWW), .answer = SETS(RECORDS(WWW, "300", THEIRS_SENT)) },
		{ .ask = CHANGE,
			.body = BATCH("UPSERT",
				RECORDS(WWW, "300",
					THEIRS VALUE("\"one\"") VALUE("\"two\""))),
			.answer = PENDING },
	};
	const struct turn out[] = {
		{ .ask = BY_NAME "example.net.&maxitems=100", .answer = OURS },
		{ .ask = SET("_acme-challenge.example.net"),
			.answer = SETS(RECORDS("_acme-challenge.example.net", "60",
				VALUE("\"threes\""))) },
		{ .ask = SET(WWW),
			.answer = SETS(RECORDS(WWW, "300",
				VALUE("\"one\"") THEIRS_SENT VALUE("\"two\""))) },
		{ .ask = CHANGE,
			.body = BATCH("UPSERT", RECORDS(WWW, "300", THEIRS)),
			.answer = PENDING },
	};
	AUTO(api_config) struct dns_config c = config("example.net");
	struct dns_record r[] = { api_record(&c, "www.example.net", "one"),
		api_record(&c, "example.net", "three"),
		api_record(&c, "www.example.net", "two") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 3);
	no_error(r, 3);
	api_removes(out, ARRAY_LEN(out), r, 3);
	no_error(r, 3);
	dns_records_clear(r, 3);
}

#define AT(letter)  "_acme-challenge." letter ".example.net"
#define NEW(letter) RECORDS(AT(letter), "60", VALUE("\"" letter "\""))

static void a_zone_is_changed_in_one_batch(void **state)
{
	const struct turn in[] = {
		{ .ask = BY_NAME AT("a") ".&maxitems=100", .answer = ZONES("") },
		{ .ask = BY_NAME "a.example.net.&maxitems=100", .answer = ZONES("") },
		{ .ask = BY_NAME "example.net.&maxitems=100", .answer = OURS },
		/* b is a zone of its own */
		{ .ask = BY_NAME AT("b") ".&maxitems=100", .answer = ZONES("") },
		{ .ask = BY_NAME "b.example.net.&maxitems=100",
			.answer = ZONES(ZONE("Z2", "b.example.net.", "false")) },
		{ .ask = BY_NAME AT("c") ".&maxitems=100", .answer = ZONES("") },
		{ .ask = BY_NAME "c.example.net.&maxitems=100", .answer = ZONES("") },
		{ .ask = "GET /2013-04-01/hostedzone/Z2/rrset?maxitems=1&name=" AT(
			  "b") ".&type=TXT",
			.answer = SETS("") },
		{ .ask = "POST /2013-04-01/hostedzone/Z2/rrset/", .answer = PENDING },
		{ .ask = SET(AT("a")), .answer = SETS("") },
		{ .ask = SET(AT("c")), .answer = SETS("") },
		{ .ask = CHANGE,
			.body = CHANGES(ONE("UPSERT", NEW("a")) ONE("UPSERT", NEW("c"))),
			.answer = PENDING },
	};
	const struct turn out[] = {
		{ .ask = BY_NAME "example.net.&maxitems=100", .answer = OURS },
		{ .ask = SET(AT("a")), .answer = SETS(NEW("a")) },
		{ .ask = SET(AT("b")),
			.answer = SETS(RECORDS(
				AT("b"), "9", VALUE("\"theirs\"") VALUE("\"b\""))) },
		{ .ask = SET(AT("c")), .answer = SETS(NEW("c")) },
		{ .ask = CHANGE,
			.body = CHANGES(ONE("DELETE", NEW("a")) ONE(
				"UPSERT", RECORDS(AT("b"), "9", VALUE("\"theirs\"")))
					ONE("DELETE", NEW("c"))),
			.answer = PENDING },
	};
	AUTO(api_config) struct dns_config c = config(NULL);
	struct dns_record r[] = { api_record(&c, "a.example.net", "a"),
		api_record(&c, "b.example.net", "b"),
		api_record(&c, "c.example.net", "c") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 3);
	no_error(r, 3);
	assert_string_equal(r[1].zone, "b.example.net");
	assert_string_equal(r[2].zone, "example.net");
	c.zone = "example.net";
	api_removes(out, ARRAY_LEN(out), r, 3);
	no_error(r, 3);
	dns_records_clear(r, 3);
}

/* One name in the batch has a routing policy: the others go on. */
static void a_set_to_be_left_alone_stops_no_other(void **state)
{
	static const char policy[] = SETS("<ResourceRecordSet><Name>" AT(
		"a") ".</Name><Type>TXT</Type>"
		     "<SetIdentifier>w</SetIdentifier><Weight>1</Weight><TTL>60</TTL>"
		     "<ResourceRecords>" VALUE("\"x\"") "</ResourceRecords>"
							"</ResourceRecordSet>");
	const struct turn in[] = {
		{ .ask = BY_NAME "example.net.&maxitems=100", .answer = OURS },
		{ .ask = SET(AT("a")), .answer = policy },
		{ .ask = SET(AT("c")), .answer = SETS("") },
		{ .ask = SET(AT("a")), .answer = policy },
		{ .ask = SET(AT("c")), .answer = SETS("") },
		{ .ask = CHANGE, .body = BATCH("UPSERT", NEW("c")), .answer = PENDING },
	};
	AUTO(api_config) struct dns_config c = config("example.net");
	struct dns_record r[] = { api_record(&c, "a.example.net", "a"),
		api_record(&c, "c.example.net", "c") };

	(void)state;
	api_adds(in, ARRAY_LEN(in), r, 2);
	assert_int_equal(r[0].err.kind, ERR_REFUSED);
	assert_non_null(strstr(r[0].err.msg, "(SetIdentifier): left alone"));
	no_error(&r[1], 1);
	dns_records_clear(r, 2);
}

/* ---- refusals ---- */

static const struct turn zone_there = { .ask = BY_NAME "a.net.&maxitems=100",
	.answer = ZONES(ZONE("Z1", "a.net.", "false")) };

#define A "_acme-challenge.a.net"

static void what_it_refuses_is_told_in_its_words(void **state)
{
	const struct {
		const char *zone;
		struct turn turns[4];
		size_t n;
		const char *words;
	} rows[] = {
		{ "a.net",
			{ { .ask = zone_there.ask,
				.status = 403,
				.answer = REFUSED("SignatureDoesNotMatch",
					"The request signature we calculated does not "
					"match") } },
			1, ": status 403: The request signature we calculated" },
		{ NULL,
			{ { .ask = BY_NAME A ".&maxitems=100", .answer = NO_ZONE },
				{ .ask = zone_there.ask,
					.answer = ZONES(ZONE("Z1", "a.net.", "true")) } },
			2, "this account has no zone that " A " is in" },
		{ "a.net", { { .ask = zone_there.ask, .answer = "{}" } }, 1,
			"can't be read as XML" },
		{ "a.net", { { .ask = zone_there.ask, .answer = "<a/>" } }, 1,
			"no list of zones" },
		{ "a.net",
			{ { .ask = zone_there.ask,
				.answer = ZONES(ZONE("../x", "a.net.", "false")) } },
			1, "an id that is none: '/hostedzone/../x'" },
		{ "a.net",
			{ zone_there,
				{ .ask = SET(A),
					.status = 404,
					.answer = REFUSED("NoSuchHostedZone",
						"No hosted zone found") } },
			2, "zone a.net: 127.0.0.1:" },
		{ "a.net", { zone_there, { .ask = SET(A), .answer = "<a/>" } }, 2,
			"zone a.net: the answer has no list of records" },
		{ "a.net",
			{ zone_there,
				{ .ask = SET(A),
					.answer = SETS("<ResourceRecordSet><Name>" A
						       "</Name><Type>TXT</Type>"
						       "<SetIdentifier>w</SetIdentifier>"
						       "</ResourceRecordSet>") } },
			2, "have more than values (SetIdentifier): left alone" },
		{ "a.net",
			{ zone_there,
				{ .ask = SET(A),
					.answer = SETS(
						RECORDS(A, "60", VALUE("\"&x;\""))) } },
			2, "can't be read" },
		{ "a.net",
			{ zone_there,
				{ .ask = SET(A),
					.answer = SETS(RECORDS(A, "4294967296", "")) } },
			2, "can't be read" },
		{ "a.net",
			{ zone_there, { .ask = SET(A), .answer = SETS("") },
				{ .ask = CHANGE,
					.status = 400,
					.answer = BAD_BATCH(
						"RRSet of type TXT conflicts with other "
						"records: [name=&apos;" A "&apos;]") } },
			3,
			"status 400: RRSet of type TXT conflicts with other records: "
			"[name='" A "']" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(api_config) struct dns_config c = config(rows[i].zone);
		struct dns_record r = api_record(&c, "a.net", "one");

		api_adds(rows[i].turns, rows[i].n, &r, 1);
		if (r.err.kind == ERR_NONE || !strstr(r.err.msg, rows[i].words) ||
			strstr(r.err.msg, "secret-key"))
			fail_msg("row %zu: %s", i, r.err.msg);
		/* what was neither sent nor tried needs no cleanup */
		assert_int_equal(r.presented, rows[i].n == 3 || r.err.kind == ERR_REFUSED);
		dns_records_clear(&r, 1);
	}
}

static void slower_is_what_it_says_with_a_400(void **state)
{
	const struct turn in[] = {
		{ .ask = zone_there.ask,
			.status = 400,
			.answer = REFUSED("Throttling", "Rate exceeded") },
		zone_there,
		{ .ask = SET(A), .answer = SETS("") },
		{ .ask = CHANGE,
			.status = 400,
			.answer = REFUSED("PriorRequestNotComplete",
				"The request was rejected because Route 53 was still "
				"processing a prior request.") },
		{ .ask = CHANGE,
			.body = BATCH("UPSERT", RECORDS(A, "60", VALUE("\"one\""))),
			.answer = PENDING },
	};
	AUTO(api_config) struct dns_config c = config("a.net");
	struct dns_record r = api_record(&c, "a.net", "one");

	(void)state;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	no_error(&r, 1);
	dns_records_clear(&r, 1);
}

static void a_set_that_went_meanwhile_is_deleted(void **state)
{
	static const struct {
		const char *after;
		bool ok;
	} rows[] = {
		{ SETS(""), true },
		{ SETS(RECORDS(A, "60", VALUE("\"theirs\""))), false },
		{ "<", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct turn out[] = {
			zone_there,
			{ .ask = SET(A),
				.answer = SETS(RECORDS(A, "60", VALUE("\"one\""))) },
			{ .ask = CHANGE,
				.status = 400,
				.answer = BAD_BATCH("but it was not found") },
			{ .ask = SET(A), .answer = rows[i].after },
		};
		AUTO(api_config) struct dns_config c = config("a.net");
		struct dns_record r = api_record(&c, "a.net", "one");

		r.name = xstrdup(A);
		r.presented = true;
		api_removes(out, ARRAY_LEN(out), &r, 1);
		assert_int_equal(r.err.kind == ERR_NONE, rows[i].ok);
		if (!rows[i].ok)
			assert_non_null(strstr(r.err.msg, "but it was not found"));
		assert_int_equal(r.presented, !rows[i].ok);
		dns_records_clear(&r, 1);
	}
}

static void a_path_before_all_others_is_signed(void **state)
{
	const struct turn in[] = {
		{ .ask = "GET /aws/2013-04-01/hostedzonesbyname?dnsname=a.net.&maxitems=100",
			.status = 403,
			.answer = REFUSED("AccessDenied", "not you") },
	};
	AUTO(api_config) struct dns_config c = config("a.net");
	AUTO(str) char *base = xasprintf("%s/aws", api_base);
	struct dns_record r = api_record(&c, "a.net", "one");

	(void)state;
	c.api = base;
	api_adds(in, ARRAY_LEN(in), &r, 1);
	assert_non_null(strstr(r.err.msg, "status 403: not you"));
	assert_string_equal(prefix_seen, "/aws/2013-04-01/hostedzonesbyna");
	dns_records_clear(&r, 1);
}

/* ---- names ---- */

static void a_name_is_the_whole_of_it(void **state)
{
	static const struct {
		const char *answer, *zone;
		bool has;
	} rows[] = {
		{ OURS, "example.net", true },
		{ OURS, "Example.NET", true },
		{ OURS, "example.ne", false },
		{ OURS, "example.net.x", false },
		{ OURS, "xample.net", false },
		{ ZONES(ZONE("Z1", "\\052.a.net.", "false")), "*.a.net", true },
		{ ZONES(ZONE("Z1", "\\05.a.net.", "false")), "*.a.net", false },
		{ ZONES(ZONE("Z1", "a.net\\000.", "false")), "a.net", false },
		{ ZONES(ZONE("Z1", "a\\056net.", "false")), "a.net", false },
		{ ZONES(ZONE("Z1", "a.net", "false")), "a.net", true },
		{ ZONES(ZONE("Z1", "a.net..", "false")), "a.net", false },
		{ ZONES("<HostedZone><Name>a.net.</Name><Id>Z1</Id></HostedZone>"), "a.net",
			true },
		{ ZONES("<HostedZone><Id>Z1</Id></HostedZone>"), "a.net", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf answer = BUF_EMPTY, id = BUF_EMPTY;
		struct err e;
		bool has;

		buf_puts(&answer, rows[i].answer);
		assert_true(route53_zone_in(&answer, rows[i].zone, &has, &id, &e));
		if (has != rows[i].has || strcmp(id.data, has ? "Z1" : "") != 0)
			fail_msg("row %zu: '%s'", i, id.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_is_made_and_deleted_as_it_stands),
		cmocka_unit_test(values_of_others_stay),
		cmocka_unit_test(a_zone_is_changed_in_one_batch),
		cmocka_unit_test(a_set_to_be_left_alone_stops_no_other),
		cmocka_unit_test(what_it_refuses_is_told_in_its_words),
		cmocka_unit_test(slower_is_what_it_says_with_a_400),
		cmocka_unit_test(a_set_that_went_meanwhile_is_deleted),
		cmocka_unit_test(a_path_before_all_others_is_signed),
		cmocka_unit_test(a_name_is_the_whole_of_it),
	};

	return cmocka_run_group_tests(tests, setup, api_teardown);
}
