/*
 * run - what the runner needs to know of a file of tests or a fuzz target.
 *
 * The table is made by tests/CMakeLists.txt.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct suite {
	const char *name; /* ROOM.WHAT, fuzz.ROOM.WHAT */
	int (*run)(void); /* the main of a file of tests, or NULL */
	int (*target)(const uint8_t *data, size_t len);
	const char *inputs; /* directory of the target's */
};

extern const struct suite suites[];
extern const size_t n_suites;

/* Each file of the directory given to the target once. 0, or 1 if there is none to give. */
int replay(int (*target)(const uint8_t *data, size_t len), const char *inputs);
