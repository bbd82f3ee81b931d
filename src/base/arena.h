/*
 * arena - memory that is freed whole: the model and the plan live in one each.
 *
 * Filled by one thread, then read by all.
 */
#pragma once

#include "base/macros.h"

#include <stdarg.h>

struct arena;

struct arena *arena_new(void) NODISCARD;
void arena_free(struct arena *a);
DEFINE_AUTO(struct arena, arena, arena_free)

void *arena_calloc(struct arena *a, size_t n, size_t size) NODISCARD;
char *arena_strdup(struct arena *a, const char *s) NODISCARD;
char *arena_strndup(struct arena *a, const char *s, size_t len) NODISCARD;
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3) NODISCARD;
/* A copy of n * size bytes: to move a finished array in. */
void *arena_copy(struct arena *a, const void *data, size_t n, size_t size) NODISCARD;
