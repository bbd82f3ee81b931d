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
	const struct due_facts now = { .now = 1000 };
	const struct due d = due_of(&wanted, NULL, &now);

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
		{ -24 * 51, 24 * 39 + 1, 39, false, NULL },
		{ -24 * 51, 24 * 39 + 1, 40, true, NULL },
		{ -24 * 61, 24 * 29 + 1, 10, false, NULL },
		{ -24 * 11, 24 * 79 + 1, 80, true, NULL },
		/* more than it lives: half, or it would be due at once again */
		{ -24 * 10, 24 * 80 + 1, 100000, false, NULL },
		{ -24 * 46, 24 * 44 + 1, 100000, true, NULL },
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
		const struct due_facts facts = { .renew_days = rows[i].renew_days,
			.now = time(NULL) };
		const struct due d = due_of(&wanted, &chain, &facts);

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
		const struct due_facts facts = { .now = time(NULL) };
		const struct due d = due_of(&wanted, &chain, &facts);

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

	const struct due_facts facts = { .now = time(NULL) };

	(void)state;
	assert_false(due_of(&wanted, &chain, &facts).due);
}

/* RFC 9773 4.2. Ninety days; all times are hours from now. */
static void the_cas_window_comes_first(void **state)
{
	static const struct {
		long left; /* of the lifetime */
		int renew_days;
		long start, end, at, next;
		bool due, by_window;
	} rows[] = {
		{ 24 * 80, 0, 5, 9, 6, 8, false, false },
		/* the next run comes when it is over */
		{ 24 * 80, 0, 5, 9, 6, 24, true, true },
		{ 24 * 80, 0, -1, 9, 6, 1, false, false },
		/* before the next run, and in the window now */
		{ 24 * 80, 0, -1, 9, 6, 24, true, true },
		{ 24 * 80, 0, -9, 9, -1, 1, true, true },
		/* revoked: the window is over */
		{ 24 * 80, 0, -2, -1, -2, 1, true, true },
		/* the CA wants it later than we would; half of our margin is the end of it
		 */
		{ 24 * 20, 0, 50, 60, 55, 1, false, false },
		{ 24 * 14, 0, 50, 60, 55, 1, true, false },
		/* days that are set hold */
		{ 24 * 20, 25, 50, 60, 55, 1, true, false },
		{ 24 * 20, 15, 50, 60, 55, 1, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct made_wish w = { "www", "DNS:www.example.net,DNS:example.net",
			(rows[i].left - 24 * 90) * 3600, rows[i].left * 3600, NULL };
		AUTO(made) struct made m = made_cert(&w, NULL);
		AUTO(chain) struct chain chain = MADE_CHAIN(&m);
		const time_t now = time(NULL);
		const struct due_facts facts = {
			.renew_days = rows[i].renew_days,
			.now = now,
			.next = now + rows[i].next * 3600,
			.start = now + rows[i].start * 3600,
			.end = now + rows[i].end * 3600,
			.at = now + rows[i].at * 3600,
		};
		const struct due d = due_of(&wanted, &chain, &facts);

		if (d.due != rows[i].due || d.by_window != rows[i].by_window)
			fail_msg("row %zu: %s, %s", i, d.due ? "due" : "not due",
				d.by_window ? "by window" : "by itself");
	}
}

static void what_the_settings_no_longer_say_is_due(void **state)
{
	const struct made_wish w = { "www", "DNS:www.example.net,DNS:example.net", 0, 0,
		NULL };
	struct certificate rsa = wanted;
	static const struct {
		struct due_facts facts;
		bool rsa;
		const char *why;
	} rows[] = {
		{ { .ours = true }, false, NULL },
		{ { .ours = true }, true, "the key type in the settings has changed" },
		{ { .ours = false }, true, NULL }, /* another program's, taken over */
		{ { .other_ca = true }, false, "the CA in the settings has changed" },
		{ { .other_profile = true }, false,
			"the profile in the settings has changed" },
		{ { .revoked = true }, false, "revoked" },
		{ { .replaced = true }, false, "it is being replaced" },
	};
	AUTO(made) struct made m = made_cert(&w, NULL);
	AUTO(chain) struct chain chain = MADE_CHAIN(&m);

	(void)state;
	rsa.key = "rsa2048";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct due_facts facts = rows[i].facts;
		struct due d;

		facts.now = time(NULL);
		d = due_of(rows[i].rsa ? &rsa : &wanted, &chain, &facts);
		assert_int_equal(d.due, rows[i].why != NULL);
		if (!text_eq(d.why, rows[i].why))
			fail_msg("row %zu: '%s'", i, d.why ? d.why : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_is_due),
		cmocka_unit_test(a_certificate_is_due_by_its_lifetime_or_by_days),
		cmocka_unit_test(other_names_are_due),
		cmocka_unit_test(order_and_case_of_names_do_not_matter),
		cmocka_unit_test(the_cas_window_comes_first),
		cmocka_unit_test(what_the_settings_no_longer_say_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
