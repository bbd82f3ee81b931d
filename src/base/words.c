#include "base/words.h"
#include "base/alloc.h"

void words_add(struct words *w, const char *fmt, ...)
{
	AUTO(str) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	GROW(w->list, w->n);
	w->list[w->n++] = arena_strdup(w->arena, text);
}

const char *const *words_end(struct words *w)
{
	GROW(w->list, w->n);
	w->list[w->n++] = NULL;
	return w->list;
}

void words_clear(struct words *w)
{
	free(w->list);
}
