#include "cli/plan_file.h"
#include "base/fs.h"
#include "cli/deploy.h"

#define MOST ((size_t)64 << 20)

static bool is_file(const char *word)
{
	return fs_exists(word) && !fs_is_dir(word);
}

bool plan_file_named(const struct context *c, const char **file, struct err *e)
{
	const struct options *o = c->options;

	*file = NULL;
	for (size_t i = 0; i < o->n_words && !*file; i++)
		if (!deploy_knows(c, o->words[i]) && is_file(o->words[i]))
			*file = o->words[i];
	if (*file && (o->n_words > 1 || o->limit || o->start_at))
		return err_set(e, ERR_USAGE,
			"%s: a plan says itself which hosts and services: no --limit, no --start-at, no other words",
			*file);
	return true;
}

/*
 * Others may be able to read or write it, as with a build's artefacts: nothing secret is in
 * it, and nothing in it is obeyed (planned.h).
 */
struct planned *plan_file_read(const struct context *c, const char *file, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct planned *p;

	if (!fs_read(file, MOST, &text, e)) {
		e->kind = ERR_USAGE;
		return NULL;
	}
	p = planned_parse(c->arena, text.data, text.len, store_id(c->store), e);
	if (!p)
		err_wrap(e, "%s", file);
	return p;
}

bool plan_file_write(const struct planned *p, const char *file, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	planned_print(p, &text);
	return fs_write(file, text.data, text.len, 0600, e);
}
