/*
 * How many logins to one address may be under way.
 */
#include "check.h"
#include "ssh/private/gate.h"

#include "base/clock.h"

#include <pthread.h>

static const char *const by_jump[] = { "j:22", NULL },
			 *const by_two[] = { "j:22", "k:22", NULL };

static const struct ssh_config a22 = { .address = "a", .port = 22 },
			       a23 = { .address = "a", .port = 23 },
			       b22 = { .address = "b", .port = 22 };

static void fill(const struct ssh_config *c)
{
	struct err e = { 0 };

	for (int i = 0; i < GATE_WIDTH; i++)
		assert_ok(gate_enter(c, deadline_in(1), &e), &e);
}

static void clear(const struct ssh_config *c)
{
	for (int i = 0; i < GATE_WIDTH; i++)
		gate_leave(c);
}

static void full_for_one_address_only(void **state)
{
	struct err e = { 0 };

	(void)state;
	fill(&a22);
	assert_err(gate_enter(&a22, deadline_in_ms(10), &e), &e, ERR_TIMEOUT, "a port 22");
	assert_ok(gate_enter(&a23, deadline_in(1), &e), &e);
	assert_ok(gate_enter(&b22, deadline_in(1), &e), &e);
	gate_leave(&a22);
	assert_ok(gate_enter(&a22, deadline_in_ms(10), &e), &e);
	clear(&a22);
	gate_leave(&a23);
	gate_leave(&b22);
}

/* Hosts of their own behind one jump host count together there. */
static void full_for_a_jump_host(void **state)
{
	char names[GATE_WIDTH][16];
	struct ssh_config hosts[GATE_WIDTH];
	struct ssh_config one_more = { .address = "z", .port = 22, .through = by_two };
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < GATE_WIDTH; i++) {
		snprintf(names[i], sizeof names[i], "h%d", i);
		hosts[i] = (struct ssh_config){
			.address = names[i], .port = 22, .through = by_jump
		};
		assert_ok(gate_enter(&hosts[i], deadline_in(1), &e), &e);
	}
	assert_err(gate_enter(&one_more, deadline_in_ms(10), &e), &e, ERR_TIMEOUT, "j:22");
	/* who waits there takes no place elsewhere */
	one_more.through = by_two + 1;
	fill(&one_more);
	clear(&one_more);
	one_more.through = NULL;
	assert_ok(gate_enter(&one_more, deadline_in(1), &e), &e);
	gate_leave(&one_more);
	for (int i = 0; i < GATE_WIDTH; i++)
		gate_leave(&hosts[i]);
	one_more.through = by_two;
	assert_ok(gate_enter(&one_more, deadline_in(1), &e), &e);
	gate_leave(&one_more);
}

static void *leave_soon(void *unused)
{
	(void)unused;
	usleep(20000);
	gate_leave(&a22);
	return NULL;
}

static void the_next_one_gets_the_place(void **state)
{
	struct err e = { 0 };
	pthread_t other;

	(void)state;
	fill(&a22);
	pthread_create(&other, NULL, leave_soon, NULL);
	assert_ok(gate_enter(&a22, deadline_in(5), &e), &e);
	pthread_join(other, NULL);
	clear(&a22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_for_one_address_only),
		cmocka_unit_test(full_for_a_jump_host),
		cmocka_unit_test(the_next_one_gets_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
