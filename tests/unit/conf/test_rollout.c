/* Batches of hosts, as Ansible counts them. */
#include "check.h"
#include "conf/rollout.h"

static void batches_are_read(void **state)
{
	static const struct {
		const char *text;
		int hosts, percent; /* both 0: refused */
	} rows[] = {
		{ "1", 1, 0 },
		{ "250", 250, 0 },
		{ "25%", 0, 25 },
		{ "100%", 0, 100 },
		{ "", 0, 0 },
		{ "0", 0, 0 },
		{ "0%", 0, 0 },
		{ "101%", 0, 0 },
		{ "-1", 0, 0 },
		{ "5 %", 0, 0 },
		{ "5%%", 0, 0 },
		{ "1.5", 0, 0 },
		{ "%", 0, 0 },
		{ "99999999999", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct batch b = { 0 };

		if (rollout_batch_parse(rows[i].text, &b) !=
				(rows[i].hosts + rows[i].percent > 0) ||
			b.hosts != rows[i].hosts || b.percent != rows[i].percent)
			fail_msg("'%s': %d hosts, %d%%", rows[i].text, b.hosts, b.percent);
	}
}

static void the_last_batch_is_repeated(void **state)
{
	static const struct {
		const char *serial;
		size_t n, sizes[4];
	} rows[] = {
		{ "1", 3, { 1, 1, 1, 1 } }, { "1,3", 10, { 1, 3, 3, 3 } },
		{ "1,25%,100%", 10, { 1, 2, 10, 10 } },
		{ "10%", 3, { 1, 1, 1, 1 } }, /* at least one */
	};
	AUTO(arena) struct arena *a = arena_new();
	struct rollout none = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rollout r = { 0 };

		assert_ok(rollout_serial_parse(a, rows[i].serial, &r, &e), &e);
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(
				rollout_batch_size(&r, k, rows[i].n), rows[i].sizes[k]);
	}
	assert_int_equal(rollout_batch_size(&none, 0, 7), 7);
	assert_err(rollout_serial_parse(a, "1,,2", &none, &e), &e, ERR_USAGE,
		"--serial: expected numbers of hosts or percents, as 1,25%, found '1,,2'");
}

static void too_much_fails(void **state)
{
	static const struct {
		int most; /* percent */
		size_t failed, n;
		bool gives_up;
	} rows[] = {
		{ -1, 0, 4, false },
		{ -1, 3, 4, false },
		{ -1, 4, 4, true },
		{ 0, 0, 4, false },
		{ 0, 1, 4, true },
		{ 25, 1, 4, false },
		{ 25, 2, 4, true },
		{ 100, 4, 4, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rollout r = { .max_fail_percentage = rows[i].most };

		if (rollout_gives_up(&r, rows[i].failed, rows[i].n) != rows[i].gives_up)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_are_read),
		cmocka_unit_test(the_last_batch_is_repeated),
		cmocka_unit_test(too_much_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
