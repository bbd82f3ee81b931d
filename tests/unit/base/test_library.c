#include "base/library.h"
#include "check.h"

#include <math.h>

static const char *const names[] = { "cos", "sin" };

static void what_it_was_asked_for_is_there(void **state)
{
	struct {
		__typeof__(cos) *cos;
		__typeof__(sin) *sin;
	} calls;
	struct err e = { 0 };

	(void)state;
	assert_ok(library_load("libm.so.6", names, ARRAY_LEN(names), &calls, &e), &e);
	assert_true(calls.cos(0) == 1);
	assert_true(calls.sin(0) == 0);
}

static void what_is_missing_is_named(void **state)
{
	static const char *const none[] = { "cos", "no_such_call" };
	void *calls[2];
	struct err e = { 0 };

	(void)state;
	assert_err(library_load("libnone.so.1", names, ARRAY_LEN(names), calls, &e), &e,
		ERR_IO, "libnone.so.1: cannot open");
	assert_err(library_load("libm.so.6", none, ARRAY_LEN(none), calls, &e), &e, ERR_IO,
		"no_such_call");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_was_asked_for_is_there),
		cmocka_unit_test(what_is_missing_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
