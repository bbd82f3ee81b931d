#include "base/text.h"
#include "check.h"
#include "made_cert.h"
#include "renew/private/due.h"

static const char *const names[] = { "www.example.net", "example.net" };
static const struct certificate wanted = {
	.name = "www", .names = names, .n_names = 2, .key = "p256"
};

static void what_is_missing_is_due(void **state)
{
	const struct due d = due_of(&wanted, NULL, 0, 1000);

	(void)state;
	assert_true(d.due);
	assert_string_equal(d.why, "none yet");
	assert_int_equal(d.not_after, 0);
}

static void a_certificate_is_due_by_its_lifetime_or_by_days(void **state)
{
	static const struct {
		long from, to; /* days from now, in hours */
		int renew_days;
		bool due;
		const char *why;
	} rows[] = {
		/* ninety days: a third */
		{ -24 * 10, 24 * 80 + 1, 0, false, NULL },
		{ -24 * 59, 24 * 31 + 1, 0, false, NULL },
		{ -24 * 61, 24 * 29 + 1, 0, true, NULL },
		/* forty-five days: a third */
		{ -24 * 29, 24 * 16 + 1, 0, false, NULL },
		{ -24 * 31, 24 * 14 + 1, 0, true, NULL },
		/* six days: a half */
		{ -24 * 2, 24 * 4 + 1, 0, false, NULL },
		{ -24 * 4, 24 * 2 + 1, 0, true, NULL },
		/* days that are set */
		{ -24 * 10, 24 * 80 + 1, 80, false, NULL },
		{ -24 * 10, 24 * 80 + 1, 81, true, NULL },
		{ -24 * 61, 24 * 29 + 1, 10, false, NULL },
		{ -24 * 10, 24 * 80 + 1, 100000, true, NULL },
		/* the end */
		{ -24 * 89, 2, 0, true, NULL },
		{ -24 * 90, -1, 0, true, "expired" },
		{ -24 * 90, -24 * 30, 1, true, "expired" },
		/* not yet valid is no reason */
		{ 24, 24 * 91, 0, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct made_wish w = { "www", "DNS:www.example.net,DNS:example.net",
			rows[i].from * 3600, rows[i].to * 3600, NULL };
		AUTO(made) struct made m = made_cert(&w, NULL);
		AUTO(chain) struct chain chain = MADE_CHAIN(&m);
		const struct due d =
			due_of(&wanted, &chain, rows[i].renew_days, time(NULL));

		if (d.due != rows[i].due || !text_eq(d.why, rows[i].why))
			fail_msg("row %zu: %s, '%s'", i, d.due ? "due" : "not due",
				d.why ? d.why : "");
		assert_int_equal(d.not_after, cert_not_after(chain.certs[0]));
	}
}

static void other_names_are_due(void **state)
{
	static const char *const sans[] = {
		"DNS:www.example.net",
		"DNS:www.example.net,DNS:example.net,DNS:mail.example.net",
		"DNS:www.example.net,DNS:example.org",
		"DNS:*.example.net,DNS:example.net",
		"DNS:www.example.net,DNS:example.net,IP:192.0.2.1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sans); i++) {
		const struct made_wish w = { "www", sans[i], 0, 0, NULL };
		AUTO(made) struct made m = made_cert(&w, NULL);
		AUTO(chain) struct chain chain = MADE_CHAIN(&m);
		const struct due d = due_of(&wanted, &chain, 0, time(NULL));

		if (!d.due)
			fail_msg("%s isn't due", sans[i]);
		assert_string_equal(d.why, "the names in the settings have changed");
	}
}

static void order_and_case_of_names_do_not_matter(void **state)
{
	const struct made_wish w = { "www", "DNS:Example.NET,DNS:WWW.example.net", 0, 0,
		NULL };
	AUTO(made) struct made m = made_cert(&w, NULL);
	AUTO(chain) struct chain chain = MADE_CHAIN(&m);

	(void)state;
	assert_false(due_of(&wanted, &chain, 0, time(NULL)).due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_due),
		cmocka_unit_test(a_certificate_is_due_by_its_lifetime_or_by_days),
		cmocka_unit_test(other_names_are_due),
		cmocka_unit_test(order_and_case_of_names_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
