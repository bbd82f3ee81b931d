/*
 * check - what every unit test needs: cmocka, a scratch directory, errors that tell themselves.
 */
#pragma once

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The call succeeds; else the test fails with what e says. */
#define assert_ok(call, e)                                                                 \
	do {                                                                               \
		if (!(call))                                                               \
			fail_msg("%s: %s", #call, (e)->msg);                               \
	} while (0)

/* The call fails, with this kind and this text somewhere in the message. */
#define assert_err(call, e, want_kind, text)                                               \
	do {                                                                               \
		if (call)                                                                  \
			fail_msg("%s: succeeded", #call);                                  \
		assert_int_equal((e)->kind, want_kind);                                    \
		if (!strstr((e)->msg, text))                                               \
			fail_msg("'%s' is not in: %s", text, (e)->msg);                    \
	} while (0)

/* cmocka's set-up and tear-down for tests that want files: *state is the path of a directory. */
static inline int scratch_setup(void **state)
{
	char *path = strdup("/tmp/certpush-unit-XXXXXX");

	*state = path;
	return path && mkdtemp(path) ? 0 : -1;
}

static inline int scratch_teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	free(*state);
	return system(command);
}

#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
