#include "conf/private/inventory_window.h"

static bool read_one(
	const struct node *n, const char *name, struct window *w, struct err *e)
{
	const char *text, *expected;
	size_t at;

	if (!node_string(n, name, &text, e))
		return false;
	if (window_parse(text, w, &expected, &at))
		return true;
	return err_at(e, n->pos, "%s: '%.60s': expected %s, at character %zu", name, text,
		expected, at + 1);
}

static bool read_all(const struct vars *v, struct host *h, struct err *e)
{
	static const char *const names[] = { "certpush_window", NULL };
	const struct node *value;
	const char *name;
	struct window *list;
	bool several;

	if (!vars_first(v, names, &name, &value, e))
		return false;
	if (!value)
		return true;
	several = value->type == NODE_SEQUENCE && !value->tag;
	h->n_windows = several ? value->n : 1;
	list = arena_calloc(v->arena, h->n_windows, sizeof *list);
	h->windows = list;
	for (size_t i = 0; i < h->n_windows; i++)
		if (!read_one(several ? value->items[i] : value, name, &list[i], e))
			return false;
	return true;
}

bool windows_read(const struct vars *v, struct host *h, struct errs *all)
{
	struct err e;

	if (read_all(v, h, &e))
		return true;
	if (all)
		*errs_next(all) = e;
	return false;
}
