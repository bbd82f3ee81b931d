/* Against AWS's own examples, the "aws4_testsuite". */
#include "check.h"
#include "dns/private/sigv4.h"

static void examples_of_aws_are_signed_alike(void **state)
{
	static const struct {
		const char *method, *query, *signature;
	} rows[] = {
		/* get-vanilla */
		{ "GET", "",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		/* post-vanilla */
		{ "POST", "",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
		/* get-vanilla-query-order-key-case */
		{ "GET", "Param1=value1&Param2=value2",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	};
	AUTO(buf) struct buf secret = BUF_EMPTY;
	const struct sigv4 by = { .key_id = "AKIDEXAMPLE",
		.secret = &secret,
		.region = "us-east-1",
		.service = "service",
		.date = "20150830T123600Z" };

	(void)state;
	buf_puts(&secret, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sigv4_request q = { rows[i].method, "example.amazonaws.com",
			"/", rows[i].query, NULL };
		AUTO(buf) struct buf got = BUF_EMPTY, want = BUF_EMPTY;

		buf_printf(&want,
			"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/"
			"aws4_request, SignedHeaders=host;x-amz-date, Signature=%s",
			rows[i].signature);
		sigv4_authorize(&by, &q, &got);
		assert_string_equal(got.data, want.data);
	}
}

/* The value is of another implementation: a few lines of Python's hmac. */
static void the_body_is_signed_too(void **state)
{
	AUTO(buf) struct buf secret = BUF_EMPTY, body = BUF_EMPTY, got = BUF_EMPTY;
	const struct sigv4 by = { "AKID", &secret, "us-east-1", "route53",
		"20261124T192631Z" };
	const struct sigv4_request q = { "POST", "route53.amazonaws.com",
		"/2013-04-01/hostedzone/Z1/rrset/", "", &body };

	(void)state;
	buf_puts(&secret, "secret");
	buf_puts(&body, "<a>&amp;</a>");
	sigv4_authorize(&by, &q, &got);
	assert_string_equal(got.data,
		"AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/route53/aws4_request, "
		"SignedHeaders=host;x-amz-date, Signature="
		"781aeca166a91628f409af2ea994069467d1f6a7dc30521a11a76ea830e979cc");
}

static void a_date_is_utc_without_marks(void **state)
{
	AUTO(buf) struct buf date = BUF_EMPTY;

	(void)state;
	sigv4_date(1440938160, &date);
	assert_string_equal(date.data, "20150830T123600Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_aws_are_signed_alike),
		cmocka_unit_test(the_body_is_signed_too),
		cmocka_unit_test(a_date_is_utc_without_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
