#include "conf/private/yaml.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/yaml_text.h"
#include "conf/private/yaml_type.h"

#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

struct anchor {
	const char *name;
	const struct node *node; /* NULL until its end is read */
};

struct loader {
	yaml_parser_t parser;
	struct arena *a;
	struct text text;
	struct text_cursor cursor;
	struct anchor *anchors;
	size_t n_anchors;
	const struct node **stack; /* children of the collections that are open */
	size_t n_stack, size;
	int nodes; /* aliases counted each time */
	struct err *e;
};

DEFINE_AUTO_VALUE(yaml_event_t, event, yaml_event_delete)

static void loader_clear(struct loader *l)
{
	yaml_parser_delete(&l->parser);
	free(l->anchors);
	free(l->stack);
}

DEFINE_AUTO_VALUE(struct loader, loader, loader_clear)

static const struct node *value(struct loader *l, const yaml_event_t *ev, int depth);

static struct pos place(const struct loader *l, yaml_mark_t mark)
{
	return (struct pos){ l->text.name, (int)mark.line + 1, (int)mark.column + 1 };
}

static bool next(struct loader *l, yaml_event_t *ev)
{
	const yaml_parser_t *p = &l->parser;

	if (yaml_parser_parse(&l->parser, ev))
		return true;
	return text_complain(&l->text,
		&(struct complaint){ p->problem, p->context, (int)p->problem_mark.line,
			(int)p->problem_mark.column, (int)p->context_mark.line,
			(int)p->context_mark.column },
		l->e);
}

static bool count(struct loader *l, struct pos pos, int nodes)
{
	l->nodes += nodes;
	if (l->nodes <= YAML_MAX_NODES)
		return true;
	return err_at(l->e, pos,
		"more than %d values, aliases counted each time they are used",
		YAML_MAX_NODES);
}

static bool too_deep(struct loader *l, struct pos pos)
{
	return err_at(l->e, pos, "nested more than %d levels deep", YAML_MAX_DEPTH);
}

/* "!!binary" for YAML's own; those that the types here stand for are left out. */
static const char *tag_text(struct loader *l, const char *tag)
{
	static const char own[] = "tag:yaml.org,2002:";
	static const char *const known[] = { "str", "int", "float", "bool", "null", "seq",
		"map" };

	if (!tag || text_eq(tag, "!"))
		return NULL;
	if (!text_starts(tag, own))
		return arena_strdup(l->a, tag);
	tag += strlen(own);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (text_eq(tag, known[i]))
			return NULL;
	return arena_printf(l->a, "!!%s", tag);
}

static void remember(struct loader *l, const char *name)
{
	if (!name)
		return;
	GROW(l->anchors, l->n_anchors);
	l->anchors[l->n_anchors++] = (struct anchor){ arena_strdup(l->a, name), NULL };
}

static const struct node *anchored(
	struct loader *l, const struct node *n, size_t anchor, const char *name)
{
	if (name)
		l->anchors[anchor].node = n;
	return n;
}

/* libyaml takes "- a\n\t- b" for one text of two lines. */
static bool tabs_inside(struct loader *l, const yaml_event_t *ev)
{
	int from = (int)ev->start_mark.line + 1, to = (int)ev->end_mark.line, line = 0,
	    col = 0;

	return from <= to && text_tab_indent(&l->text, &l->cursor, from, to, &line, &col) &&
		!text_tab_error(&l->text, line, col, l->e);
}

/* A plain scalar's type is guessed; a tag says it; quotes make it a text. */
static bool is_plain(const yaml_event_t *ev)
{
	const char *tag = (const char *)ev->data.scalar.tag;

	if (tag)
		return text_starts(tag, "tag:") && !text_ends(tag, ":str");
	return ev->data.scalar.plain_implicit;
}

static const struct node *scalar(struct loader *l, const yaml_event_t *ev)
{
	const char *data = (const char *)ev->data.scalar.value;
	const char *anchor = (const char *)ev->data.scalar.anchor;
	struct pos pos = place(l, ev->start_mark);
	struct node *n;

	if (strlen(data) != ev->data.scalar.length) {
		err_at(l->e, pos, "a NUL character in a text");
		return NULL;
	}
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && tabs_inside(l, ev))
		return NULL;
	remember(l, anchor);
	n = arena_calloc(l->a, 1, sizeof *n);
	n->pos = pos;
	n->text = arena_strdup(l->a, data);
	n->tag = tag_text(l, (const char *)ev->data.scalar.tag);
	n->type = NODE_STRING;
	if (is_plain(ev) && !n->tag)
		n->type = yaml_type(n->text, &n->number);
	if (ev->data.scalar.plain_implicit && !n->tag && text_eq(n->text, "<<"))
		n->tag = "!!merge";
	n->weight = n->height = 1;
	return anchored(l, n, l->n_anchors - 1, anchor);
}

static const struct node *alias(struct loader *l, const yaml_event_t *ev, int depth)
{
	const char *name = (const char *)ev->data.alias.anchor;
	struct pos pos = place(l, ev->start_mark);

	for (size_t i = l->n_anchors; i-- > 0;) {
		const struct node *n = l->anchors[i].node;

		if (!text_eq(l->anchors[i].name, name))
			continue;
		if (!n)
			err_at(l->e, pos, "*%s stands inside of its own anchor", name);
		else if (depth + n->height > YAML_MAX_DEPTH)
			too_deep(l, pos);
		else if (count(l, pos, n->weight))
			return n;
		return NULL;
	}
	err_at(l->e, pos, "*%s: there is no anchor '&%s' before it", name, name);
	return NULL;
}

static void push(struct loader *l, const struct node *n)
{
	if (l->n_stack == l->size) {
		l->size = l->size ? l->size * 2 : 64;
		l->stack = xreallocarray(l->stack, l->size, sizeof(const struct node *));
	}
	l->stack[l->n_stack++] = n;
}

/* Push everything up to the event that ends the collection. */
static bool children(struct loader *l, yaml_event_type_t end, int depth)
{
	for (;;) {
		AUTO(event) yaml_event_t ev = { 0 };
		const struct node *n;

		if (!next(l, &ev))
			return false;
		if (ev.type == end)
			return true;
		n = value(l, &ev, depth + 1);
		if (!n)
			return false;
		push(l, n);
	}
}

static void measure(struct node *n, const struct node *const *children, size_t count)
{
	n->weight = 1;
	for (size_t i = 0; i < count; i++) {
		n->weight += children[i]->weight;
		if (children[i]->height > n->height)
			n->height = children[i]->height;
	}
	n->height++;
}

/* The children above `base`; NULL if there are none. */
static const struct node *const *above(const struct loader *l, size_t base)
{
	return l->n_stack > base ? l->stack + base : NULL;
}

static bool sequence(struct loader *l, struct node *n, int depth)
{
	size_t base = l->n_stack;

	n->type = NODE_SEQUENCE;
	if (!children(l, YAML_SEQUENCE_END_EVENT, depth))
		return false;
	n->n = l->n_stack - base;
	n->items = arena_copy(l->a, above(l, base), n->n, sizeof(const struct node *));
	measure(n, n->items, n->n);
	l->n_stack = base;
	return true;
}

/* A pair on its way into a mapping: the mapping's own come before those that << merges. */
struct candidate {
	struct pair pair;
	size_t rank;
	bool own, dropped;
};

static int by_key(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = strcmp(x->pair.key->text, y->pair.key->text);

	return order ? order : x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* As PyYAML leaves them: merged pairs first, then the mapping's own. */
static int by_place(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->own != y->own)
		return x->own - y->own;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

struct candidates {
	struct candidate *list;
	size_t n;
};

static void candidates_clear(struct candidates *c)
{
	free(c->list);
}

DEFINE_AUTO_VALUE(struct candidates, candidates, candidates_clear)

static void propose(
	struct candidates *c, const struct node *key, const struct node *v, bool own)
{
	GROW(c->list, c->n);
	c->list[c->n] = (struct candidate){ { key, v }, c->n, own, false };
	c->n++;
}

static bool merge(struct loader *l, struct candidates *c, const struct node *from)
{
	if (from->type == NODE_SEQUENCE) {
		for (size_t i = 0; i < from->n; i++) {
			if (from->items[i]->type != NODE_MAPPING)
				return node_unexpected(
					from->items[i], "<<", "a mapping", l->e);
			if (!merge(l, c, from->items[i]))
				return false;
		}
		return true;
	}
	if (from->type != NODE_MAPPING)
		return node_unexpected(from, "<<", "a mapping or a list of mappings", l->e);
	for (size_t i = 0; i < from->n; i++)
		propose(c, from->pairs[i].key, from->pairs[i].value, false);
	return true;
}

static bool is_merge(const struct node *key)
{
	return key->text && text_eq(key->tag, "!!merge");
}

static bool check_key(struct loader *l, const struct node *key)
{
	if (!key->text)
		return err_at(l->e, key->pos,
			"%s as a key: only a word or a text can be one%s",
			node_found(key).s,
			key->type == NODE_MAPPING ? " (put {{ … }} in quotes)" : "");
	if (key->tag && !is_merge(key))
		return err_at(l->e, key->pos, "a key with the tag %s", key->tag);
	return true;
}

/* The keys and values on the stack, then what << merges, earlier ones first. */
static bool gather(struct loader *l, size_t base, struct candidates *c)
{
	const struct node *merged = NULL;

	for (size_t i = base; i + 1 < l->n_stack; i += 2) {
		const struct node *key = l->stack[i];

		if (!check_key(l, key))
			return false;
		if (!is_merge(key))
			propose(c, key, l->stack[i + 1], true);
		else if (merged)
			return err_at(l->e, key->pos,
				"a second '<<': write one with a list, <<: [*a, *b]");
		else
			merged = l->stack[i + 1];
	}
	return !merged || merge(l, c, merged);
}

static bool drop_doubles(struct loader *l, struct candidates *c)
{
	const struct candidate *first = c->list;

	if (c->n > 1)
		qsort(c->list, c->n, sizeof *c->list, by_key);
	for (size_t i = 1; i < c->n; i++) {
		struct candidate *x = &c->list[i];

		if (!text_eq(x->pair.key->text, first->pair.key->text))
			first = x;
		else if (x->own)
			return err_at(l->e, x->pair.key->pos,
				"'%.100s' is here a second time: the first is in line %d, column %d",
				x->pair.key->text, first->pair.key->pos.line,
				first->pair.key->pos.col);
		else
			x->dropped = true;
	}
	if (c->n > 1)
		qsort(c->list, c->n, sizeof *c->list, by_place);
	return true;
}

static bool mapping(struct loader *l, struct node *n, int depth)
{
	AUTO(candidates) struct candidates c = { 0 };
	size_t base = l->n_stack;
	struct pair *pairs;

	n->type = NODE_MAPPING;
	if (!children(l, YAML_MAPPING_END_EVENT, depth) || !gather(l, base, &c) ||
		!drop_doubles(l, &c))
		return false;
	pairs = arena_calloc(l->a, c.n, sizeof *pairs);
	for (size_t i = 0; i < c.n; i++)
		if (!c.list[i].dropped)
			pairs[n->n++] = c.list[i].pair;
	n->pairs = pairs;
	measure(n, above(l, base), l->n_stack - base);
	l->n_stack = base;
	return true;
}

static const struct node *collection(struct loader *l, const yaml_event_t *ev, int depth)
{
	bool list = ev->type == YAML_SEQUENCE_START_EVENT;
	const char *anchor = (const char *)(list ? ev->data.sequence_start.anchor
						 : ev->data.mapping_start.anchor);
	const char *tag = (const char *)(list ? ev->data.sequence_start.tag
					      : ev->data.mapping_start.tag);
	size_t slot = l->n_anchors;
	struct node *n;

	remember(l, anchor);
	n = arena_calloc(l->a, 1, sizeof *n);
	n->pos = place(l, ev->start_mark);
	n->tag = tag_text(l, tag);
	if (!(list ? sequence(l, n, depth) : mapping(l, n, depth)))
		return NULL;
	return anchored(l, n, slot, anchor);
}

static const struct node *value(struct loader *l, const yaml_event_t *ev, int depth)
{
	struct pos pos = place(l, ev->start_mark);

	if (ev->type == YAML_ALIAS_EVENT)
		return alias(l, ev, depth);
	if (!count(l, pos, 1))
		return NULL;
	if (ev->type == YAML_SCALAR_EVENT)
		return scalar(l, ev);
	if (depth >= YAML_MAX_DEPTH) {
		too_deep(l, pos);
		return NULL;
	}
	return collection(l, ev, depth);
}

/* Skip what frames a document: true with its first event in *ev, or with the stream's end.
 */
static bool open_document(struct loader *l, yaml_event_t *ev)
{
	for (;;) {
		if (!next(l, ev))
			return false;
		if (ev->type != YAML_STREAM_START_EVENT &&
			ev->type != YAML_DOCUMENT_START_EVENT)
			return true;
		yaml_event_delete(ev);
	}
}

static bool nothing_more(struct loader *l)
{
	for (;;) {
		AUTO(event) yaml_event_t ev = { 0 };

		if (!next(l, &ev))
			return false;
		if (ev.type == YAML_STREAM_END_EVENT)
			return true;
		if (ev.type != YAML_DOCUMENT_END_EVENT)
			return err_at(l->e, place(l, ev.start_mark),
				"a second document begins here ('---'): a file holds one");
	}
}

static const struct node *document(struct loader *l)
{
	AUTO(event) yaml_event_t ev = { 0 };
	const struct node *root;

	if (!open_document(l, &ev))
		return NULL;
	if (ev.type == YAML_STREAM_END_EVENT)
		return node_scalar(l->a, "", true, (struct pos){ l->text.name, 1, 1 });
	root = value(l, &ev, 0);
	return root && nothing_more(l) ? root : NULL;
}

static bool too_large(struct arena *a, const char *name, struct err *e)
{
	return err_at(e, (struct pos){ arena_strdup(a, name), 1, 1 },
		"larger than %d MiB, which is the most that is read",
		(int)(YAML_MAX_BYTES >> 20));
}

const struct node *yaml_load(
	struct arena *a, const void *text, size_t len, const char *name, struct err *e)
{
	AUTO(loader) struct loader l = { .a = a, .e = e };

	l.text = (struct text){ text, len, arena_strdup(a, name) };
	if (!yaml_parser_initialize(&l.parser))
		abort();
	if (len > YAML_MAX_BYTES) {
		too_large(a, name, e);
		return NULL;
	}
	if (!text_check(&l.text, e))
		return NULL;
	yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&l.parser, text, len);
	return document(&l);
}

const struct node *yaml_load_file(struct arena *a, const char *file, struct err *e)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct stat st;

	/* the size is looked at first, so that the error has a place */
	if (stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		(size_t)st.st_size > YAML_MAX_BYTES) {
		too_large(a, file, e);
		return NULL;
	}
	if (!fs_read(file, YAML_MAX_BYTES, &b, e))
		return NULL;
	return yaml_load(a, b.data, b.len, file, e);
}
