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

bool select_certificates(
	const struct context *c, const struct certificate ***list, size_t *n, struct err *e)
{
	const struct settings *s = c->settings;
	const struct options *o = c->options;

	*list = xcalloc(s->n_certificates * (o->n_words + 1), sizeof **list);
	*n = 0;
	for (size_t i = 0; o->n_words == 0 && i < s->n_certificates; i++)
		(*list)[(*n)++] = &s->certificates[i];
	for (size_t i = 0; i < o->n_words; i++) {
		const size_t before = *n;

		for (size_t k = 0; k < s->n_certificates; k++)
			if (text_eq(s->certificates[k].name, o->words[i]) ||
				text_eq(s->certificates[k].entry, o->words[i]))
				(*list)[(*n)++] = &s->certificates[k];
		if (*n == before) {
			free(*list);
			*list = NULL;
			return unknown(c, o->words[i], e);
		}
	}
	return true;
}
