/* How near to its end a certificate may come. */
#include "check.h"
#include "conf/limit.h"

#define HOUR ((time_t)3600)
#define DAY  (24 * HOUR)

static void limits_are_read(void **state)
{
	static const struct {
		const char *text;
		bool fine;
		int percent;
		time_t seconds;
	} rows[] = {
		{ "25%", true, 25, -1 },
		{ "0%", true, 0, -1 },
		{ "100%", true, 100, -1 },
		{ "20d", true, -1, 20 * DAY },
		{ "0d", true, -1, 0 },
		{ "12h", true, -1, 12 * HOUR },
		{ "25%,20d", true, 25, 20 * DAY },
		{ "20d,25%", true, 25, 20 * DAY },
		{ "", false, 0, 0 },
		{ "20", false, 0, 0 }, /* days, or seconds? */
		{ "d", false, 0, 0 },
		{ "%", false, 0, 0 },
		{ "-1d", false, 0, 0 },
		{ "-1%", false, 0, 0 },
		{ "101%", false, 0, 0 },
		{ "9999%", false, 0, 0 },
		{ "1/4", false, 0, 0 },
		{ "25%%", false, 0, 0 },
		{ "25 %", false, 0, 0 },
		{ "20days", false, 0, 0 },
		{ "20d ", false, 0, 0 },
		{ "25%,", false, 0, 0 },
		{ ",20d", false, 0, 0 },
		{ "25%,10%", false, 0, 0 },
		{ "20d,10d", false, 0, 0 },
		{ "25%,20d,10%", false, 0, 0 },
		{ "99999999999d", false, 0, 0 },
		{ "00000000000000000001%", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct limit l;

		if (limit_parse(rows[i].text, &l) != rows[i].fine)
			fail_msg("'%s'", rows[i].text);
		if (rows[i].fine &&
			(!l.given || l.percent != rows[i].percent ||
				l.seconds != rows[i].seconds))
			fail_msg("'%s': %d%%, %lld s", rows[i].text, l.percent,
				(long long)l.seconds);
	}
}

/* What is to be left of certificates of 90, 45 and 6 days, in hours. */
static void the_lesser_counts(void **state)
{
	static const struct {
		const char *warn, *crit; /* NULL: not given */
		struct {
			time_t warn, crit;
		} hours[3];
	} rows[] = {
		{ NULL, NULL, { { 480, 168 }, { 270, 108 }, { 36, 14 } } },
		{ "50%", NULL, { { 1080, 168 }, { 540, 108 }, { 72, 14 } } },
		{ "20d", NULL, { { 480, 168 }, { 480, 108 }, { 480, 14 } } },
		{ "50%,30d", "20%", { { 720, 432 }, { 540, 216 }, { 72, 28 } } },
		/* what isn't given is never more than the other */
		{ "3d", NULL, { { 72, 72 }, { 72, 72 }, { 72, 14 } } },
		{ "0d", NULL, { { 0, 0 }, { 0, 0 }, { 0, 0 } } },
		/* what is given counts */
		{ NULL, "30d", { { 480, 720 }, { 270, 720 }, { 36, 720 } } },
	};
	static const time_t lifetimes[] = { 90 * DAY, 45 * DAY, 6 * DAY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < ARRAY_LEN(lifetimes); k++) {
			struct limit warn = { 0 }, crit = { 0 };
			struct margins m;

			assert_true(!rows[i].warn || limit_parse(rows[i].warn, &warn));
			assert_true(!rows[i].crit || limit_parse(rows[i].crit, &crit));
			m = limit_margins(&warn, &crit, lifetimes[k]);
			if (m.warn / HOUR != rows[i].hours[k].warn ||
				m.crit / HOUR != rows[i].hours[k].crit)
				fail_msg("row %zu, lifetime %zu: %lld and %lld hours", i, k,
					(long long)m.warn / HOUR, (long long)m.crit / HOUR);
		}
}

static void days_are_the_same_for_every_lifetime(void **state)
{
	const struct limit days = limit_days(100000);

	(void)state;
	assert_true(days.given);
	assert_int_equal(limit_of(&days, 6 * DAY), (time_t)100000 * DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_read),
		cmocka_unit_test(the_lesser_counts),
		cmocka_unit_test(days_are_the_same_for_every_lifetime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
