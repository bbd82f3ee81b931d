/*
 * crew - a parallel for over blocking jobs.
 *
 * The body can't fail: whatever goes wrong lives in item i. Workers share only constant
 * data and the report.
 */
#pragma once

#include <stddef.h>

/*
 * fn(ctx, 0) .. fn(ctx, n - 1), at most `width` at a time, each job on one thread; returns
 * when all have returned. Stacks are 512 KiB.
 */
void crew_run(size_t width, size_t n, void (*fn)(void *ctx, size_t i), void *ctx);
