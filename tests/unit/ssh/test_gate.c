/*
 * How many logins to one address may be under way.
 */
#include "check.h"
#include "ssh/private/gate.h"

#include "base/clock.h"

#include <pthread.h>

static void full_for_one_address_only(void **state)
{
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < GATE_WIDTH; i++)
		assert_ok(gate_enter("a", 22, deadline_in(1), &e), &e);
	assert_err(
		gate_enter("a", 22, deadline_in_ms(10), &e), &e, ERR_TIMEOUT, "a port 22");
	assert_ok(gate_enter("a", 23, deadline_in(1), &e), &e);
	assert_ok(gate_enter("b", 22, deadline_in(1), &e), &e);
	gate_leave("a", 22);
	assert_ok(gate_enter("a", 22, deadline_in_ms(10), &e), &e);
	for (int i = 0; i < GATE_WIDTH; i++)
		gate_leave("a", 22);
	gate_leave("a", 23);
	gate_leave("b", 22);
}

static void *leave_soon(void *unused)
{
	(void)unused;
	usleep(20000);
	gate_leave("a", 22);
	return NULL;
}

static void the_next_one_gets_the_place(void **state)
{
	struct err e = { 0 };
	pthread_t other;

	(void)state;
	for (int i = 0; i < GATE_WIDTH; i++)
		assert_ok(gate_enter("a", 22, deadline_in(1), &e), &e);
	pthread_create(&other, NULL, leave_soon, NULL);
	assert_ok(gate_enter("a", 22, deadline_in(5), &e), &e);
	pthread_join(other, NULL);
	for (int i = 0; i < GATE_WIDTH; i++)
		gate_leave("a", 22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_for_one_address_only),
		cmocka_unit_test(the_next_one_gets_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
