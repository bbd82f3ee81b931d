/* The file of push FILE: what was read whole is printed, and read again, as the same. */
#include "base/text.h"
#include "plan/planned.h"

#include <stdlib.h>
#include <string.h>

static const char store[] = "0123456789abcdef";

static char *printed(const struct planned *p)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	planned_print(p, &text);
	return buf_take(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(buf) struct buf text = BUF_EMPTY;
	const struct planned *p, *again;
	char *first, *second;
	struct err e;

	if (len > 65536)
		return 0;
	buf_add(&text, data, len);
	p = planned_parse(a, text.data, text.len, store, &e);
	if (!p)
		return 0;
	first = printed(p);
	again = planned_parse(a, first, strlen(first), store, &e);
	if (!again)
		abort();
	second = printed(again);
	if (!text_eq(first, second))
		abort();
	free(first);
	free(second);
	return 0;
}
