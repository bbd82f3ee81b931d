/* Records of dns-persist-01 (RFC 8659 4.2 has their grammar). */
#include "check.h"
#include "dns/private/standing.h"

#include <stdio.h>

#define ACCOUNT "https://ca.example/acct/7"
#define NOW     1800000000

static const char *const issuers[] = { "ca.example", "ca.test" };

static bool gives(const char *rdata, bool wildcard)
{
	const struct dns_standing s = { issuers, 2, ACCOUNT, wildcard };
	AUTO(rr) ldns_rr *rr = NULL;
	char text[1000];

	snprintf(text, sizeof text, "_validation-persist.a.example. TXT %s", rdata);
	if (ldns_rr_new_frm_str(&rr, text, 60, NULL, NULL) != LDNS_STATUS_OK)
		fail_msg("%s", text);
	return standing_in(rr, &s, NOW);
}

static void records_permit_what_the_draft_says(void **state)
{
	static const struct {
		const char *rdata;
		bool plain, wild;
	} rows[] = {
		{ "\"ca.example; accounturi=" ACCOUNT "\"", true, false },
		{ "\" CA.test. ;AccountURI = " ACCOUNT " \"", true, false },
		{ "\"ca.exa\" \"mple; accounturi=https:\" \"//ca.example/acct/7\"", true,
			false },
		{ "\"ca.example; accounturi=" ACCOUNT "; policy=wildcard\"", true, true },
		{ "\"ca.example; policy=WILDCARD; accounturi=" ACCOUNT "\"", true, true },
		{ "\"ca.example; accounturi=" ACCOUNT "; policy=other\"", true, false },
		{ "\"ca.example; accounturi=" ACCOUNT "; new=thing\"", true, false },
		{ "\"ca.example; accounturi=" ACCOUNT "; persistUntil=1800000001\"", true,
			false },
		{ "\"ca.example; accounturi=" ACCOUNT "; persistUntil=1800000000\"", false,
			false },
		{ "\"ca.example; accounturi=" ACCOUNT "; persistUntil=soon\"", false,
			false },
		{ "\"ca.example; accounturi=" ACCOUNT
		  "; persistUntil=99999999999999999999999\"",
			false, false },
		{ "\"ca.example\"", false, false },
		{ "\"ca.example; accounturi=" ACCOUNT "8\"", false, false },
		{ "\"ca.example; accounturi=HTTPS://ca.example/acct/7\"", false, false },
		{ "\"other.example; accounturi=" ACCOUNT "\"", false, false },
		{ "\"; accounturi=" ACCOUNT "\"", false, false },
		{ "\"\"", false, false },
		{ "\"ca.example accounturi=" ACCOUNT "\"", false, false },
		{ "\"ca.example; accounturi=" ACCOUNT ";\"", false, false },
		{ "\"ca.example; accounturi=" ACCOUNT "; policy=\"", false, false },
		{ "\"ca.example; accounturi=" ACCOUNT "; policy\"", false, false },
		{ "\"ca.example; accounturi=" ACCOUNT "; accounturi=" ACCOUNT "\"", false,
			false },
		{ "\"ca.example; accounturi=" ACCOUNT " more\"", false, false },
		{ "\"ca.example; accounturi=" ACCOUNT "\\000; policy=wildcard\"", false,
			false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (gives(rows[i].rdata, false) != rows[i].plain ||
			gives(rows[i].rdata, true) != rows[i].wild)
			fail_msg("row %zu: %s", i, rows[i].rdata);
}

static void what_is_to_be_published_permits(void **state)
{
	(void)state;
	for (int wildcard = 0; wildcard < 2; wildcard++) {
		const struct dns_standing s = { issuers, 2, ACCOUNT, wildcard };
		AUTO(buf) struct buf text = BUF_EMPTY, rdata = BUF_EMPTY;

		dns_standing_text(&s, &text);
		assert_string_equal(text.data,
			wildcard ? "ca.example; accounturi=" ACCOUNT "; policy=wildcard"
				 : "ca.example; accounturi=" ACCOUNT);
		buf_printf(&rdata, "\"%s\"", text.data);
		assert_true(gives(rdata.data, wildcard));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_permit_what_the_draft_says),
		cmocka_unit_test(what_is_to_be_published_permits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
