/* RFC 8659 and RFC 8657. */
#include "base/macros.h"
#include "check.h"
#include "dns/private/caa.h"

static const char *const issuers[] = { "ca.example", "ca.test" };
static const struct dns_caa who = { issuers, 2, "https://ca.example/acct/7", "dns-01" };

static ldns_rr_list *parse(const char *const *texts)
{
	ldns_rr_list *list = ldns_rr_list_new();

	for (; *texts; texts++) {
		ldns_rr *rr = NULL;

		if (ldns_rr_new_frm_str(&rr, *texts, 60, NULL, NULL) != LDNS_STATUS_OK)
			fail_msg("%s", *texts);
		ldns_rr_list_push_rr(list, rr);
	}
	return list;
}

static void sets_permit_what_the_rfcs_say(void **state)
{
#define CAA(rest) "a.example. CAA " rest
	static const struct {
		const char *set[4];
		bool plain, wild;
	} rows[] = {
		{ { NULL }, true, true },
		{ { CAA("0 issue \"ca.example\"") }, true, true },
		{ { CAA("0 ISSUE \" CA.test ; x=y\"") }, true, true },
		{ { CAA("0 issue \"other.example\"") }, false, false },
		{ { CAA("0 issue \"other.example\""), CAA("0 issue \"ca.test\"") }, true,
			true },
		{ { CAA("0 issue \";\"") }, false, false },
		{ { CAA("0 issue \"\"") }, false, false },
		{ { CAA("0 issue \"ca.example.net\"") }, false, false },
		{ { CAA("0 issuewild \"other.example\"") }, true, false },
		{ { CAA("0 issue \"ca.example\""), CAA("0 issuewild \";\"") }, true,
			false },
		{ { CAA("0 issue \";\""), CAA("0 issuewild \"ca.example\"") }, false,
			true },
		{ { CAA("0 iodef \"mailto:a@b\"") }, true, true },
		{ { CAA("0 future \"x\"") }, true, true },
		{ { CAA("128 future \"x\"") }, false, false },
		{ { CAA("128 issue \"ca.example\"") }, true, true },
		{ { CAA("0 issue \"ca.example; accounturi=https://ca.example/acct/7\"") },
			true, true },
		{ { CAA("0 issue \"ca.example; accounturi=https://ca.example/acct/8\"") },
			false, false },
		{ { CAA("0 issue \"ca.example;validationmethods=http-01,dns-01\"") }, true,
			true },
		{ { CAA("0 issue \"ca.example;validationmethods=http-01\"") }, false,
			false },
		{ { CAA("0 issue \"ca.example; accounturi=https://ca.example/acct/7; "
			"validationmethods=http-01\"") },
			false, false },
		{ { CAA("0 issue \"ca.example; accounturi = https://ca.example/acct/7\"") },
			true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(rrs) ldns_rr_list *set = parse(rows[i].set);

		if (caa_permits(set, false, &who) != rows[i].plain ||
			caa_permits(set, true, &who) != rows[i].wild)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_permit_what_the_rfcs_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
