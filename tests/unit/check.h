/*
 * check - what every unit test needs: cmocka, a scratch directory, errors that tell
 * themselves.
 */
#pragma once

#include "base/err.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int main(void); /* each file of tests has one; the build gives it another name */

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

/* Whether what takes long is wanted too: every step of a walk, every shell. */
static inline bool thorough(void)
{
	return getenv("CERTPUSH_TEST_THOROUGH") != NULL;
}

/*
 * cmocka's set-up and tear-down for tests that want files: *state is the path of a
 * directory, in memory where there is such a place: a sync takes long on a disk.
 */
static inline int scratch_setup(void **state)
{
	const char *parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
	char path[64];

	snprintf(path, sizeof path, "%s/certpush-unit-XXXXXX", parent);
	if (!mkdtemp(path))
		return -1;
	*state = strdup(path);
	return *state ? 0 : -1;
}

static inline int scratch_remove(
	const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int scratch_teardown(void **state)
{
	int status = nftw(*state, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return status;
}

#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
