#include "conf/private/vars.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct node *vars_find(const struct vars *v, const char *name)
{
	const struct node *found = NULL;
	size_t i;

	for (i = v->n_layers; i-- > 0 && !found;)
		found = node_at(v->layers[i], name);
	return found;
}

/* --- {{ name }} --- */

/* One value being filled: how much it has cost so far. */
struct filling {
	const struct vars *vars;
	int depth, nodes;
};

static const struct node *fill(
	struct filling *f, const struct node *n, bool deep, struct err *e);

/* Those that Ansible sets itself. */
static const char *magic(const struct vars *v, const char *name)
{
	const char *host = v->host, *slash = v->file ? strrchr(v->file, '/') : NULL;

	if (text_eq(name, "inventory_hostname"))
		return host;
	if (text_eq(name, "inventory_hostname_short"))
		return text_is_address(host)
			? host
			: arena_strndup(v->arena, host, strcspn(host, "."));
	if (text_eq(name, "inventory_file"))
		return v->file;
	if (text_eq(name, "inventory_dir") && slash)
		return arena_strndup(v->arena, v->file, (size_t)(slash - v->file));
	return NULL;
}

static bool undefined(const struct vars *v, const char *name, struct pos pos, struct err *e)
{
	AUTO(buf) struct buf why = BUF_EMPTY;

	if (v->sealed)
		buf_printf(&why, " (%s is encrypted by ansible-vault and wasn't read)",
			v->sealed);
	return err_at(
		e, pos, "'%s' is no variable of host '%s'%s", name, v->host, why.data);
}

/* The value of a variable that a text at `pos` names. */
static const struct node *look(
	struct filling *f, const char *name, struct pos pos, struct err *e)
{
	const char *known = magic(f->vars, name);
	const struct node *n, *filled;

	if (known)
		return node_scalar(f->vars->arena, known, false, pos);
	n = vars_find(f->vars, name);
	if (!n) {
		undefined(f->vars, name, pos, e);
		return NULL;
	}
	if (f->depth == VARS_MAX_DEPTH) {
		err_at(e, n->pos, "'%s' is made of itself, or by more than %d steps", name,
			VARS_MAX_DEPTH);
		return NULL;
	}
	f->depth++;
	filled = fill(f, n, true, e);
	f->depth--;
	return filled;
}

/* "{{ name }}" at s: its length, and the name's place. 0: it is more than a name. */
static size_t placeholder(const char *s, const char **name, size_t *len)
{
	const char *p = s + 2 + strspn(s + 2, " \t\n");

	*name = p;
	if (isalpha((unsigned char)*p) || *p == '_')
		while (isalnum((unsigned char)*p) || *p == '_')
			p++;
	*len = (size_t)(p - *name);
	p += strspn(p, " \t\n");
	return *len && text_starts(p, "}}") ? (size_t)(p + 2 - s) : 0;
}

static bool too_much(const struct node *n, const char *at, struct err *e)
{
	const char *end = strstr(at, "}}");
	int len = end ? (int)(end + 2 - at) : (int)strlen(at);

	return err_at(e, n->pos,
		"only a plain {{ variable }} is understood here, no filter or expression: '%.*s'",
		len < 80 ? len : 80, at);
}

/* A variable's value inside a longer text. */
static bool put(const char *name, const struct node *n, struct pos pos, struct buf *out,
	struct err *e)
{
	if (n->tag)
		return err_at(e, n->pos,
			"%s: %s can't be read here, and is used at line %d", name, n->tag,
			pos.line);
	if (n->type == NODE_BOOL)
		buf_puts(out, n->number ? "True" : "False");
	else if (n->type == NODE_INT)
		buf_printf(out, "%lld", (long long)n->number);
	else if (n->type == NODE_FLOAT)
		vars_print_float(vars_float(n->text), out);
	else if (n->type == NODE_STRING)
		buf_puts(out, n->text);
	else
		return err_at(e, pos, "'%s' is %s, and can't be part of a text", name,
			node_found(n).s);
	if (out->len > VARS_MAX_LENGTH)
		return err_at(e, pos, "the value is longer than %d bytes with '%s' put in",
			VARS_MAX_LENGTH, name);
	return true;
}

static const struct node *fill_text(struct filling *f, const struct node *n, struct err *e)
{
	AUTO(buf) struct buf out = BUF_EMPTY;
	AUTO(buf) struct buf name = BUF_EMPTY;
	const char *p = n->text, *at, *start;
	const struct node *value;
	size_t len, whole;

	while ((at = strchr(p, '{'))) {
		if (!strchr("{%#", at[1]) || !at[1]) {
			buf_add(&out, p, (size_t)(at + 1 - p));
			p = at + 1;
			continue;
		}
		whole = at[1] == '{' ? placeholder(at, &start, &len) : 0;
		if (!whole) {
			too_much(n, at, e);
			return NULL;
		}
		buf_reset(&name);
		buf_add(&name, start, len);
		value = look(f, name.data, n->pos, e);
		if (!value || (at == n->text && !at[whole]))
			return value;
		buf_add(&out, p, (size_t)(at - p));
		if (!put(name.data, value, n->pos, &out, e))
			return NULL;
		p = at + whole;
	}
	if (p == n->text)
		return n;
	buf_puts(&out, p);
	return node_scalar(f->vars->arena, out.data, false, n->pos);
}

static const struct node *fill_list(struct filling *f, const struct node *n, struct err *e)
{
	const struct node **items = arena_calloc(f->vars->arena, n->n, sizeof(*items));
	struct node *copy = arena_copy(f->vars->arena, n, 1, sizeof *n);
	size_t i;

	for (i = 0; i < n->n; i++) {
		items[i] = fill(f, n->items[i], true, e);
		if (!items[i])
			return NULL;
	}
	copy->items = items;
	return copy;
}

static const struct node *fill_pairs(struct filling *f, const struct node *n, struct err *e)
{
	struct pair *pairs = arena_copy(f->vars->arena, n->pairs, n->n, sizeof *pairs);
	struct node *copy = arena_copy(f->vars->arena, n, 1, sizeof *n);
	size_t i;

	for (i = 0; i < n->n; i++) {
		pairs[i].value = fill(f, pairs[i].value, true, e);
		if (!pairs[i].value)
			return NULL;
	}
	copy->pairs = pairs;
	return copy;
}

static const struct node *untagged(struct arena *a, const struct node *n)
{
	struct node *copy = arena_copy(a, n, 1, sizeof *n);

	copy->tag = NULL;
	return copy;
}

/* What !vault hides stays as it is: whoever needs it says so. !unsafe is never filled. */
static const struct node *fill(
	struct filling *f, const struct node *n, bool deep, struct err *e)
{
	if (++f->nodes > VARS_MAX_NODES) {
		err_at(e, n->pos, "variables make this more than %d values",
			VARS_MAX_NODES);
		return NULL;
	}
	if (n->tag)
		return text_eq(n->tag, "!unsafe") ? untagged(f->vars->arena, n) : n;
	if (n->type == NODE_STRING)
		return fill_text(f, n, e);
	if (n->type == NODE_SEQUENCE && deep)
		return fill_list(f, n, e);
	if (n->type == NODE_MAPPING && deep)
		return fill_pairs(f, n, e);
	return n;
}

const struct node *vars_fill(const struct vars *v, const struct node *value, struct err *e)
{
	struct filling f = { v, 0, 0 };

	return fill(&f, value, true, e);
}

const struct node *vars_fill_top(
	const struct vars *v, const struct node *value, struct err *e)
{
	struct filling f = { v, 0, 0 };

	return fill(&f, value, false, e);
}

bool vars_first(const struct vars *v, const char *const *names, const char **name,
	const struct node **value, struct err *e)
{
	const struct node *n;

	*value = NULL;
	for (; *names; names++) {
		n = vars_find(v, *names);
		if (n && n->type != NODE_NULL) {
			*name = *names;
			*value = n;
		}
	}
	if (*value)
		*value = vars_fill(v, *value, e);
	else
		return true;
	return *value;
}

/* --- all of them --- */

struct layered {
	struct pair pair;
	size_t layer;
};

static int by_name(const void *a, const void *b)
{
	const struct layered *x = a, *y = b;
	int order = strcmp(x->pair.key->text, y->pair.key->text);

	return order ? order : (x->layer > y->layer) - (x->layer < y->layer);
}

struct pair *vars_all(const struct vars *v, size_t *n)
{
	size_t i, j, total = 0, kept = 0;
	struct layered *list;
	struct pair *all;

	for (i = 0; i < v->n_layers; i++)
		total += v->layers[i]->n;
	list = arena_calloc(v->arena, total, sizeof *list);
	all = arena_calloc(v->arena, total, sizeof *all);
	for (i = 0, total = 0; i < v->n_layers; i++)
		for (j = 0; j < v->layers[i]->n; j++)
			list[total++] = (struct layered){ v->layers[i]->pairs[j], i };
	qsort(list, total, sizeof *list, by_name);
	for (i = 0; i < total; i++)
		if (i + 1 == total ||
			!text_eq(list[i].pair.key->text, list[i + 1].pair.key->text))
			all[kept++] = list[i].pair;
	*n = kept;
	return all;
}
