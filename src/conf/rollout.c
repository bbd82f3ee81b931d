#include "conf/rollout.h"

#include <stdlib.h>
#include <string.h>

bool rollout_batch_parse(const char *text, struct batch *b)
{
	const size_t digits = strspn(text, "0123456789");
	const bool percent = strcmp(text + digits, "%") == 0;
	const long n = strtol(text, NULL, 10);

	if (digits == 0 || digits > 6 || (text[digits] && !percent) || n < 1 ||
		(percent && n > 100))
		return false;
	*b = (struct batch){ 0 };
	*(percent ? &b->percent : &b->hosts) = (int)n;
	return true;
}

bool rollout_serial_parse(
	struct arena *a, const char *text, struct rollout *r, struct err *e)
{
	struct batch *list = arena_calloc(a, strlen(text) + 1, sizeof *list);
	size_t n = 0;

	for (const char *at = text; at; n++) {
		const size_t len = strcspn(at, ",");

		if (!rollout_batch_parse(arena_strndup(a, at, len), &list[n]))
			return err_set(e, ERR_USAGE,
				"--serial: expected numbers of hosts or percents, as 1,25%%, found '%s'",
				text);
		at = at[len] ? at + len + 1 : NULL;
	}
	r->serial = list;
	r->n_serial = n;
	return true;
}

size_t rollout_batch_size(const struct rollout *r, size_t i, size_t n)
{
	const struct batch *b;
	size_t size;

	if (r->n_serial == 0)
		return n;
	b = &r->serial[i < r->n_serial ? i : r->n_serial - 1];
	size = b->percent ? n * (size_t)b->percent / 100 : (size_t)b->hosts;
	return size > 0 ? size : 1;
}

bool rollout_gives_up(const struct rollout *r, size_t failed, size_t n)
{
	if (failed == 0)
		return false;
	return failed == n ||
		(r->max_fail_percentage >= 0 &&
			failed * 100 > (size_t)r->max_fail_percentage * n);
}
