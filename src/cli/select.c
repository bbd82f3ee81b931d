#include "cli/select.h"
#include "base/alloc.h"
#include "base/text.h"

static bool unknown(const struct context *c, const char *word, struct err *e)
{
	const char *near = nearest_certificate(c, word);

	return err_set(e, ERR_USAGE, "no certificate '%s' in %s%s%s%s", word,
		c->settings->file, near ? ": did you mean " : "", near ? near : "",
		near ? "?" : "");
}

/* Each once, however often it is named: no two may write one. */
static void add(const struct certificate **list, size_t *n, const struct certificate *c)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i] == c)
			return;
	list[(*n)++] = c;
}

static bool is_called(const struct certificate *c, const char *word)
{
	return text_eq(c->name, word) || text_eq(c->entry, word);
}

/* Those of that name; false if there is none. */
static bool add_called(const struct settings *s, const char *word,
	const struct certificate **list, size_t *n)
{
	bool any = false;

	for (size_t i = 0; i < s->n_certificates; i++) {
		if (!is_called(&s->certificates[i], word))
			continue;
		add(list, n, &s->certificates[i]);
		any = true;
	}
	return any;
}

bool select_certificates(
	const struct context *c, const struct certificate ***list, size_t *n, struct err *e)
{
	const struct settings *s = c->settings;
	const struct options *o = c->options;

	*list = xcalloc(s->n_certificates, sizeof **list);
	*n = 0;
	for (size_t i = 0; o->n_words == 0 && i < s->n_certificates; i++)
		(*list)[(*n)++] = &s->certificates[i];
	for (size_t i = 0; i < o->n_words; i++) {
		if (add_called(s, o->words[i], *list, n))
			continue;
		free(*list);
		*list = NULL;
		return unknown(c, o->words[i], e);
	}
	return true;
}
