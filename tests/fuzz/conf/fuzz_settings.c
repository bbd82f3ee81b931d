#include "conf/settings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* settings_load reads a file: one of this process's own, in memory. */
static void load(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	struct errs all = { 0 };
	char path[64];
	FILE *f = tmpfile();

	if (!f || fwrite(data, 1, len, f) != len || fflush(f))
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(f));
	if (!settings_load(a, path, &all) != (all.n > 0))
		abort();
	fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(tsig_key) struct tsig_key k = TSIG_KEY_EMPTY;
	struct err e;

	load(data, len);
	if (tsig_key_parse(
		    (const char *)data, len, len & 1 ? "acme" : NULL, NULL, &k, &e) &&
		(!k.name.len || !k.secret.len))
		abort();
	return 0;
}
