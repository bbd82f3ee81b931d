#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/text.h"
#include "check.h"

static void set(struct buf *b, const char *text)
{
	buf_reset(b);
	buf_puts(b, text);
}

static void known_cas_have_a_directory(void **state)
{
	static const struct {
		const char *ca, *url;
	} rows[] = {
		{ "letsencrypt", "https://acme-v02.api.letsencrypt.org/directory" },
		{ "letsencrypt-staging",
			"https://acme-staging-v02.api.letsencrypt.org/directory" },
		{ "zerossl", "https://acme.zerossl.com/v2/DV90" },
		{ "globalsign", "https://emea.acme.atlas.globalsign.com/directory" },
		{ "https://ca.example:14000/dir", "https://ca.example:14000/dir" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(acme_directory_url(rows[i].ca, &e), rows[i].url);
	for (size_t i = 0; acme_ca_names[i]; i++)
		assert_non_null(acme_directory_url(acme_ca_names[i], &e));
}

static void other_cas_are_refused_with_advice(void **state)
{
	static const struct {
		const char *ca, *words;
	} rows[] = {
		{ "letsencript", "unknown CA 'letsencript': did you mean 'letsencrypt'?" },
		{ "letsencrypt-stagin", "did you mean 'letsencrypt-staging'?" },
		{ "something-else-altogether",
			"give letsencrypt, letsencrypt-staging, zerossl, " },
		{ "something-else-altogether", "or the URL of an ACME directory" },
		{ "", "unknown CA ''" },
		{ "buypass", "ended in October 2025" },
		{ "http://ca.example/directory", "by https:// only" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_err(
			acme_directory_url(rows[i].ca, &e), &e, ERR_CONFIG, rows[i].words);
}

static void problems_are_told_in_one_line(void **state)
{
	static const struct {
		const char *json, *word, *line;
	} rows[] = {
		{ "{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many\"}",
			"rateLimited", "rateLimited: too many" },
		{ "{\"type\":\"https://ca.example/errors#odd\",\"title\":\"Odd\"}", "odd",
			"odd: Odd" },
		{ "{\"type\":\"about:blank\",\"title\":\"Bad Gateway\"}", "",
			"Bad Gateway" },
		{ "{\"type\":\"urn:ietf:params:acme:error:dns\"}", "dns", "dns" },
		{ "{\"detail\":\"d\",\"title\":\"t\"}", "", "d" },
		{ "{\"type\":\"a:compound\",\"detail\":\"Errors\",\"subproblems\":["
		  "{\"type\":\"a:caa\",\"detail\":\"forbidden\",\"identifier\":{\"type\":\"dns\","
		  "\"value\":\"a.example\"}},{\"type\":\"a:dns\",\"detail\":\"NXDOMAIN\","
		  "\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"}}]}",
			"compound",
			"compound: Errors (a.example: caa: forbidden; b.example: dns: NXDOMAIN)" },
		{ "{\"type\":\"x:userActionRequired\",\"detail\":\"New terms\","
		  "\"instance\":\"https://ca.example/terms\"}",
			"userActionRequired",
			"userActionRequired: New terms (see https://ca.example/terms)" },
		{ "{\"type\":\"a:b\\u001b[31m<\",\"detail\":\"d\",\"subproblems\":[]}",
			"b??31m?", "b??31m?: d" },
		{ "{\"type\":\"x:badSignatureAlgorithm\",\"detail\":\"EdDSA\","
		  "\"algorithms\":[\"ES256\",3,\"RS256\"]}",
			"badSignatureAlgorithm",
			"badSignatureAlgorithm: EdDSA (taken are ES256, RS256)" },
		{ "{\"type\":\"x:y\",\"algorithms\":[]}", "y", "y" },
		{ "{\"type\":7,\"detail\":[\"x\"],\"subproblems\":[1]}", "", "" },
		{ "{\"status\":\"pending\"}", "", "" },
		{ "{}", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf json = BUF_EMPTY;
		AUTO(buf) struct buf line = BUF_EMPTY;
		AUTO(json) cJSON *o = NULL;
		char word[48];

		set(&json, rows[i].json);
		o = json_read(&json);
		assert_non_null(o);
		problem_word(o, word, sizeof word);
		problem_tell(o, &line);
		assert_string_equal(word, rows[i].word);
		assert_string_equal(line.data, rows[i].line);
	}
}

#define ORDER(status)                                                                      \
	"{\"status\":\"" status                                                            \
	"\",\"authorizations\":[\"https://c/a/1\",\"https://c/a/2\"],"                     \
	"\"finalize\":\"https://c/f\""

static void orders_are_read(void **state)
{
	AUTO(acme_order) struct acme_order o = { .url = xstrdup("https://c/o") };
	AUTO(buf) struct buf json = BUF_EMPTY;
	struct err e;

	(void)state;
	set(&json, ORDER("valid") ",\"certificate\":\"https://c/c\",\"new\":{\"x\":[1]}}");
	assert_ok(order_read(&json, &o, &e), &e);
	assert_int_equal(o.status, ACME_VALID);
	assert_int_equal(o.n_authorizations, 2);
	assert_string_equal(o.authorizations[1], "https://c/a/2");
	assert_string_equal(o.finalize, "https://c/f");
	assert_string_equal(o.certificate, "https://c/c");
	assert_int_equal(o.problem.kind, ERR_NONE);

	set(&json,
		ORDER("invalid") ",\"error\":{\"type\":\"u:badCSR\",\"detail\":\"weak\"}}");
	assert_ok(order_read(&json, &o, &e), &e);
	assert_int_equal(o.status, ACME_INVALID);
	assert_null(o.certificate);
	assert_string_equal(o.problem.msg, "badCSR: weak");
	assert_string_equal(o.url, "https://c/o");
}

static void what_is_no_order_is_refused(void **state)
{
	static const struct {
		const char *json, *words;
	} rows[] = {
		{ "", "no JSON object" },
		{ "[]", "no JSON object" },
		{ ORDER("ready"), "no JSON object" },
		{ ORDER("ready") "} and more", "no JSON object" },
		{ "{}", "'status' is missing" },
		{ ORDER("done") "}", "unknown status 'done'" },
		{ "{\"Status\":\"ready\"}", "'status' is missing" },
		{ "{\"status\":1}", "'status' is missing" },
		{ "{\"status\":\"ready\"}", "'authorizations' is missing" },
		{ "{\"status\":\"ready\",\"authorizations\":{}}",
			"'authorizations' is missing" },
		{ "{\"status\":\"ready\",\"authorizations\":[1]}", "no list of https" },
		{ "{\"status\":\"ready\",\"authorizations\":[\"http://c/a\"]}",
			"no list of https" },
		{ "{\"status\":\"ready\",\"authorizations\":[]}", "'finalize' is missing" },
		{ "{\"status\":\"ready\",\"authorizations\":[],\"finalize\":\"ftp://c/f\"}",
			"'finalize' is no https URL: 'ftp://c/f'" },
		{ "{\"status\":\"ready\",\"authorizations\":[],\"finalize\":\"https://c\"}",
			"'finalize' is no https URL" },
		{ "{\"status\":\"ready\",\"authorizations\":[],"
		  "\"finalize\":\"https://c/\\r\\nX: y\"}",
			"'finalize' is no https URL" },
		{ ORDER("valid") "}", "'certificate' is missing" },
	};
	AUTO(buf) struct buf json = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(acme_order) struct acme_order o = { 0 };
		struct err e;

		set(&json, rows[i].json);
		assert_err(order_read(&json, &o, &e), &e, ERR_PROTOCOL, rows[i].words);
	}
}

#define IDENTIFIER(name) "\"identifier\":{\"type\":\"dns\",\"value\":\"" name "\"}"
#define DNS01(more)      "{\"type\":\"dns-01\",\"url\":\"https://c/ch/2\"," more "}"

static void authorizations_are_read(void **state)
{
	static const struct {
		const char *json;
		bool wildcard;
		const char *domain, *token, *problem;
	} rows[] = {
		/* Challenges of other types, known to us or not, with a token or without.
		 */
		{ "{\"status\":\"pending\"," IDENTIFIER(
			  "a.example") ",\"challenges\":["
				       "{\"type\":\"http-01\",\"url\":\"https://c/ch/1\",\"token\":\"h\"},"
				       "{\"type\":\"dns-persist-01\",\"url\":\"https://c/ch/3\","
				       "\"issuer-domain-names\":[\"c\"]},{\"type\":[]},{},null," DNS01(
					       "\"token\":\"t-_0\"") "]}",
			false, "a.example", "t-_0", "" },
		{ "{\"status\":\"pending\"," IDENTIFIER(
			  "A.example") ",\"wildcard\":true,\"challenges\":[" DNS01("\"token\":\"t\"") "]}",
			true, "a.example", "t", "" },
		{ "{\"status\":\"pending\"," IDENTIFIER(
			  "*.a.example") ",\"challenges\":[" DNS01("\"token\":\"t\"") "]}",
			true, "a.example", "t", "" },
		{ "{\"status\":\"pending\"," IDENTIFIER(
			  "a.example") ",\"challenges\":[" DNS01("\"x\":1") "]}",
			false, "a.example", NULL, "" },
		{ "{\"status\":\"pending\"," IDENTIFIER("a.example") ",\"challenges\":[" DNS01(
			  "\"token\":\"not base64url\"") "]}",
			false, "a.example", NULL, "" },
		{ "{\"status\":\"pending\"," IDENTIFIER(
			  "a.example") ",\"challenges\":[{\"type\":\"dns-01\",\"token\":\"t\"}]}",
			false, "a.example", NULL, "" },
		{ "{\"status\":\"valid\"," IDENTIFIER("a.example") ",\"challenges\":[]}",
			false, "a.example", NULL, "" },
		/* Our challenge's problem goes before that of another. */
		{ "{\"status\":\"invalid\"," IDENTIFIER(
			  "a.example") ",\"challenges\":["
				       "{\"type\":\"http-01\",\"error\":{\"type\":\"u:connection\"}}," DNS01(
					       "\"token\":\"t\",\"error\":{\"type\":\"u:dns\",\"detail\":\"NXDOMAIN\"}") ",{\"type\":\"tls-alpn-01\",\"error\":{\"type\":\"u:tls\"}}]}",
			false, "a.example", "t", "dns: NXDOMAIN" },
	};
	AUTO(buf) struct buf json = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(acme_authorization) struct acme_authorization z = { 0 };
		struct err e;

		set(&json, rows[i].json);
		assert_ok(authorization_read(&json, &z, &e), &e);
		assert_int_equal(z.wildcard, rows[i].wildcard);
		assert_string_equal(z.domain, rows[i].domain);
		assert_string_equal(z.problem.msg, rows[i].problem);
		if (rows[i].token) {
			assert_string_equal(z.challenges[ACME_DNS_01].token, rows[i].token);
			assert_string_equal(
				z.challenges[ACME_DNS_01].url, "https://c/ch/2");
		} else {
			assert_null(z.challenges[ACME_DNS_01].token);
			assert_null(z.challenges[ACME_DNS_01].url);
		}
	}
}

static void what_other_methods_want_is_read(void **state)
{
#define PERSIST(more) "{\"type\":\"dns-persist-01\",\"url\":\"https://c/ch/5\"" more "}"
	static const struct {
		const char *challenge;
		enum acme_method method;
		const char *token, *issuer, *account;
		size_t n_issuers;
	} good[] = {
		{ "{\"type\":\"dns-account-01\",\"url\":\"https://c/ch/5\",\"token\":\"t\"}",
			ACME_DNS_ACCOUNT_01, "t", NULL, NULL, 0 },
		{ PERSIST(",\"issuer-domain-names\":[\"ca.example\",\"ca.test\"]"),
			ACME_DNS_PERSIST_01, NULL, "ca.example", NULL, 2 },
		{ PERSIST(",\"issuer-domain-names\":[\"ca.example\"],\"accounturi\":\"tag:7\""),
			ACME_DNS_PERSIST_01, NULL, "ca.example", "tag:7", 1 },
	};
	static const char *const bad[] = {
		"{\"type\":\"dns-account-01\",\"url\":\"https://c/ch/5\"}",
		PERSIST(""),
		PERSIST(",\"issuer-domain-names\":[]"),
		PERSIST(",\"issuer-domain-names\":\"ca.example\""),
		PERSIST(",\"issuer-domain-names\":[7]"),
		PERSIST(",\"issuer-domain-names\":[\"ca.example; x=y\"]"),
		PERSIST(",\"issuer-domain-names\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
			"\"9\",\"10\",\"11\"]"),
		PERSIST(",\"issuer-domain-names\":[\"c\"],\"accounturi\":\"a; policy=wildcard\""),
	};
	AUTO(buf) struct buf json = BUF_EMPTY;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good) + ARRAY_LEN(bad); i++) {
		AUTO(acme_authorization) struct acme_authorization z = { 0 };
		const bool is_good = i < ARRAY_LEN(good);
		const struct acme_challenge *c = &z.challenges[ACME_DNS_PERSIST_01];

		buf_reset(&json);
		buf_printf(&json,
			"{\"status\":\"pending\"," IDENTIFIER(
				"a.example") ",\"challenges\":[%s]}",
			is_good ? good[i].challenge : bad[i - ARRAY_LEN(good)]);
		assert_ok(authorization_read(&json, &z, &e), &e);
		assert_null(z.challenges[ACME_DNS_01].url);
		if (!is_good) {
			assert_null(c->url);
			assert_null(c->issuers);
			assert_null(z.challenges[ACME_DNS_ACCOUNT_01].url);
			continue;
		}
		c = &z.challenges[good[i].method];
		assert_string_equal(c->url, "https://c/ch/5");
		assert_int_equal(c->n_issuers, good[i].n_issuers);
		assert_true(text_eq(c->token, good[i].token));
		assert_true(text_eq(c->account, good[i].account));
		assert_true(text_eq(c->n_issuers ? c->issuers[0] : NULL, good[i].issuer));
	}
}

static void what_is_no_authorization_is_refused(void **state)
{
	static const struct {
		const char *json, *words;
	} rows[] = {
		{ "null", "no JSON object" },
		{ "{}", "'status' is missing" },
		{ "{\"status\":\"pending\"}", "'identifier' is missing" },
		{ "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\"}}",
			"'identifier' is missing" },
		{ "{\"status\":\"pending\",\"identifier\":{\"type\":\"ip\",\"value\":\"192.0.2.1\"}}",
			"no DNS name: '192.0.2.1'" },
		{ "{\"status\":\"pending\"," IDENTIFIER("") "}", "no DNS name" },
		{ "{\"status\":\"pending\"," IDENTIFIER("*.") "}", "no DNS name" },
		{ "{\"status\":\"pending\"," IDENTIFIER("a.example. IN NS evil") "}",
			"no DNS name" },
		{ "{\"status\":\"pending\"," IDENTIFIER("a.*.example") "}", "no DNS name" },
		{ "{\"status\":\"pending\"," IDENTIFIER("a.example") "}",
			"'challenges' is missing" },
		{ "{\"status\":\"odd\"," IDENTIFIER("a.example") "}",
			"unknown status 'odd'" },
	};
	AUTO(buf) struct buf json = BUF_EMPTY;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(acme_authorization) struct acme_authorization z = { 0 };
		struct err e;

		set(&json, rows[i].json);
		assert_err(
			authorization_read(&json, &z, &e), &e, ERR_PROTOCOL, rows[i].words);
	}
}

#define BLOCK(kind, text) "-----BEGIN " kind "-----\n" text "\n-----END " kind "-----\n"

static void chains_are_only_certificates(void **state)
{
	static const struct {
		const char *in, *words; /* words NULL: good */
	} rows[] = {
		{ BLOCK("CERTIFICATE", "QUJD"), NULL },
		{ "subject=x\n" BLOCK("CERTIFICATE", "QUJD") "issuer=y\n\n", NULL },
		{ "-----BEGIN CERTIFICATE-----\r\nQUJD\r\n-----END CERTIFICATE-----\r\n",
			NULL },
		{ "", "holds no certificate" },
		{ "<html>", "holds no certificate" },
		{ BLOCK("PRIVATE KEY", "QUJD"), "'-----BEGIN PRIVATE KEY-----'" },
		{ BLOCK("CERTIFICATE", "QUJD") BLOCK("PRIVATE KEY", "QUJD"),
			"'-----BEGIN PRIVATE KEY-----'" },
		{ BLOCK("CERTIFICATE", "QUJD") "-----BEGIN\n", "'-----BEGIN'" },
		{ BLOCK("TRUSTED CERTIFICATE", "QUJD"), "TRUSTED" },
		{ BLOCK("X509 CRL", "QUJD"), "X509 CRL" },
		{ "-----BEGIN CERTIFICATE-----\nQUJD\n", "no PEM" },
		{ BLOCK("CERTIFICATE", "Proc-Type: 4"), "no PEM" },
		{ "-----BEGIN CERTIFICATE-----\n" BLOCK("PRIVATE KEY", "QUJD"), "no PEM" },
	};
	AUTO(buf) struct buf in = BUF_EMPTY;
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set(&in, rows[i].in);
		if (rows[i].words) {
			assert_err(
				chain_read(&in, &pem, &e), &e, ERR_PROTOCOL, rows[i].words);
			continue;
		}
		assert_ok(chain_read(&in, &pem, &e), &e);
		assert_string_equal(pem.data, BLOCK("CERTIFICATE", "QUJD"));
	}
	set(&in, BLOCK("CERTIFICATE", "QUJD"));
	buf_add(&in, "\0" BLOCK("PRIVATE KEY", "QUJD"), 20);
	assert_err(chain_read(&in, &pem, &e), &e, ERR_PROTOCOL, "no text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_cas_have_a_directory),
		cmocka_unit_test(other_cas_are_refused_with_advice),
		cmocka_unit_test(problems_are_told_in_one_line),
		cmocka_unit_test(orders_are_read),
		cmocka_unit_test(what_is_no_order_is_refused),
		cmocka_unit_test(authorizations_are_read),
		cmocka_unit_test(what_other_methods_want_is_read),
		cmocka_unit_test(what_is_no_authorization_is_refused),
		cmocka_unit_test(chains_are_only_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
