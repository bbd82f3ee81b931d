#include "conf/private/schema.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

bool reading_fail(const struct reading *r, const struct err *e)
{
	*errs_next(r->all) = *e;
	return false;
}

bool reading_error(const struct reading *r, const struct node *n, const char *fmt, ...)
{
	char text[sizeof((struct err *)0)->msg];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_at(errs_next(r->all), n->pos, "%s", text);
}

static void *slot(void *base, size_t offset)
{
	return (char *)base + offset;
}

static const struct field *find(const struct schema *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->fields[i].key, key))
			return &s->fields[i];
	return NULL;
}

static bool unknown(const struct reading *r, const struct schema *s, const char *what,
	const struct node *key)
{
	AUTO(buf) struct buf known = BUF_EMPTY;
	const char **words = xcalloc(s->n + 1, sizeof *words);
	const char *nearest;

	for (size_t i = 0; i < s->n; i++) {
		words[i] = s->fields[i].key;
		buf_printf(&known, "%s%s", i ? ", " : "", words[i]);
	}
	nearest = text_nearest(key->text, words);
	free(words);
	if (nearest)
		return reading_error(r, key, "%s: unknown key '%.60s': did you mean '%s'?",
			what, key->text, nearest);
	return reading_error(r, key, "%s: unknown key '%.60s': there are %s", what,
		key->text, known.data);
}

static bool all_there(const struct reading *r, const struct schema *s, const char *what,
	const struct node *n)
{
	bool ok = true;

	for (size_t i = 0; i < s->n; i++)
		if (s->fields[i].required && !node_at(n, s->fields[i].key))
			ok = reading_error(
				r, n, "%s: '%s' is missing", what, s->fields[i].key);
	return ok;
}

bool schema_read(const struct reading *r, const struct schema *s, const char *what,
	const struct node *n, void *base)
{
	struct err e;
	bool ok = true;

	if (!node_is_mapping(n, what, s->what, &e))
		return reading_fail(r, &e);
	for (size_t i = 0; i < n->n; i++) {
		const struct field *f = find(s, n->pairs[i].key->text);

		if (!f)
			ok = unknown(r, s, what, n->pairs[i].key);
		else if (!f->read(r, f, n->pairs[i].value, base))
			ok = false;
	}
	return all_there(r, s, what, n) && ok;
}

static bool text_of(const struct reading *r, const char *key, const struct node *value,
	const char **out)
{
	struct err e;

	if (!node_string(value, key, out, &e))
		return reading_fail(r, &e);
	if (**out)
		return true;
	return reading_error(r, value, "%s: expected a text, found an empty one", key);
}

static const char *resolve(const struct reading *r, const char *path)
{
	AUTO(str) char *whole = fs_join(r->dir, path);

	return arena_strdup(r->a, whole);
}

bool field_string(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	return text_of(r, f->key, value, slot(base, f->offset));
}

bool field_path(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const char **path = slot(base, f->offset);

	if (!text_of(r, f->key, value, path))
		return false;
	*path = resolve(r, *path);
	return true;
}

bool field_strings(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	bool list = value->type == NODE_SEQUENCE && !value->tag, ok = true;
	size_t n = list ? value->n : 1;
	const char **texts = arena_calloc(r->a, n, sizeof *texts);

	for (size_t i = 0; i < n; i++)
		if (!text_of(r, f->key, list ? value->items[i] : value, &texts[i]))
			ok = false;
	*(const char *const **)slot(base, f->offset) = texts;
	*(size_t *)slot(base, f->count) = n;
	return ok;
}

bool field_paths(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const char *const *texts;
	const char **paths;
	size_t n;

	if (!field_strings(r, f, value, base))
		return false;
	texts = *(const char *const **)slot(base, f->offset);
	n = *(size_t *)slot(base, f->count);
	paths = arena_calloc(r->a, n, sizeof *paths);
	for (size_t i = 0; i < n; i++)
		paths[i] = resolve(r, texts[i]);
	*(const char *const **)slot(base, f->offset) = paths;
	return true;
}

bool field_bool(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	struct err e;

	return node_bool(value, f->key, slot(base, f->offset), &e) || reading_fail(r, &e);
}

bool field_port(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	struct err e;

	return node_port(value, f->key, slot(base, f->offset), &e) || reading_fail(r, &e);
}

bool field_seconds(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	struct err e;

	return node_seconds(value, f->key, slot(base, f->offset), &e) ||
		reading_fail(r, &e);
}

bool field_seconds_some(const struct reading *r, const struct field *f,
	const struct node *value, void *base)
{
	const int *seconds = slot(base, f->offset);

	if (!field_seconds(r, f, value, base))
		return false;
	return *seconds > 0 ||
		reading_error(r, value, "%s: expected at least one second", f->key);
}

bool field_int(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const struct range *range = f->arg;
	struct err e;

	return node_int(value, f->key, range->expected, range->min, range->max,
		       slot(base, f->offset), &e) ||
		reading_fail(r, &e);
}

static const struct choice *choose(
	const struct reading *r, const struct field *f, const struct node *value)
{
	AUTO(buf) struct buf expected = BUF_EMPTY;
	const struct choice *c;
	struct err e;

	for (c = f->arg; c->word; c++) {
		if (value->text && !value->tag && text_eq(c->word, value->text))
			return c;
		buf_printf(&expected, "%s%s",
			!expected.len       ? ""
				: c[1].word ? ", "
					    : " or ",
			c->word);
	}
	node_unexpected(value, f->key, expected.data, &e);
	reading_fail(r, &e);
	return NULL;
}

bool field_choice(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const struct choice *c = choose(r, f, value);

	if (c)
		*(int *)slot(base, f->offset) = c->value;
	return c;
}

bool field_word(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const struct choice *c = choose(r, f, value);

	if (c)
		*(const char **)slot(base, f->offset) = c->word;
	return c;
}

bool field_struct(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	return schema_read(r, f->arg, f->key, value, slot(base, f->offset));
}

bool field_list(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const struct list_of *of = f->arg;
	bool ok = true;
	struct err e;
	char *items;

	if (!node_is_sequence(value, f->key, "a list", &e))
		return reading_fail(r, &e);
	items = arena_calloc(r->a, value->n, of->size);
	for (size_t i = 0; i < value->n; i++) {
		void *item = items + i * of->size;

		memcpy(item, of->initial, of->size);
		if (!schema_read(r, of->schema, of->what, value->items[i], item) ||
			(of->check && !of->check(r, value->items[i], item)))
			ok = false;
	}
	*(void **)slot(base, f->offset) = items;
	*(size_t *)slot(base, f->count) = value->n;
	return ok;
}
