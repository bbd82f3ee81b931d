/*
 * scratch - a store in a directory of its own, for targets whose input is a file in it.
 */
#pragma once

#include "base/fs.h"
#include "store/private/store.h"

#include <stdio.h>
#include <stdlib.h>

static char scratch[] = "/tmp/certpush-fuzz-XXXXXX";

static void scratch_end(void)
{
	sweep(scratch);
}

/* Made at the first call, with the directory www/order in it. */
static inline struct store *scratch_store(void)
{
	static struct store *s;
	char path[64];
	struct err e;

	if (s)
		return s;
	if (!mkdtemp(scratch))
		abort();
	atexit(scratch_end);
	s = store_open(scratch, true, &e);
	snprintf(path, sizeof path, "%s/www/order", scratch);
	if (!s || !fs_mkdirs(path, 0700, &e))
		abort();
	return s;
}

/* Written in place: a sync for each input would be all that the fuzzer waits for. */
static inline void scratch_put(const char *file, const void *data, size_t len)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "%s/www/%s", scratch, file);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		abort();
}
