#include "conf/private/inventory_json.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "conf/private/vars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_string(struct buf *b, const char *s)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	const char *known;

	buf_putc(b, '"');
	for (; *s; s++) {
		known = strchr(from, *s);
		if (known)
			buf_printf(b, "\\%c", to[known - from]);
		else if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)(unsigned char)*s);
		else
			buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

void json_line(struct buf *b, int level)
{
	buf_printf(b, "\n%*s", 4 * level, "");
}

static void put_float(struct buf *b, const char *text)
{
	double d = vars_float(text);

	if (isnan(d))
		buf_puts(b, "NaN");
	else if (isinf(d))
		buf_puts(b, d < 0 ? "-Infinity" : "Infinity");
	else
		vars_print_float(d, b);
}

static void put_list(struct buf *b, const struct node *n, int level)
{
	size_t i;

	buf_putc(b, '[');
	for (i = 0; i < n->n; i++) {
		buf_puts(b, i ? "," : "");
		json_line(b, level + 1);
		json_node(b, n->items[i], level + 1);
	}
	if (n->n)
		json_line(b, level);
	buf_putc(b, ']');
}

static int by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return strcmp(x->key->text, y->key->text);
}

static void put_mapping(struct buf *b, const struct node *n, int level)
{
	struct pair *sorted = xcalloc(n->n + 1, sizeof *sorted);

	if (n->n)
		memcpy(sorted, n->pairs, n->n * sizeof *sorted);
	qsort(sorted, n->n, sizeof *sorted, by_key);
	json_pairs(b, sorted, n->n, level);
	free(sorted);
}

/* {"__ansible_vault": "…"}: how Ansible tells that a text is no plain one. */
static void put_tagged(struct buf *b, const char *tag, const char *text, int level)
{
	buf_putc(b, '{');
	json_line(b, level + 1);
	buf_printf(b, "\"__ansible_%s\": ", tag);
	json_string(b, text);
	json_line(b, level);
	buf_putc(b, '}');
}

void json_node(struct buf *b, const struct node *n, int level)
{
	if (n->type == NODE_STRING &&
		(text_eq(n->tag, "!vault") || text_eq(n->tag, "!unsafe")))
		put_tagged(b, n->tag + 1, n->text, level);
	else if (n->type == NODE_NULL)
		buf_puts(b, "null");
	else if (n->type == NODE_BOOL)
		buf_puts(b, n->number ? "true" : "false");
	else if (n->type == NODE_INT)
		buf_printf(b, "%lld", (long long)n->number);
	else if (n->type == NODE_FLOAT)
		put_float(b, n->text);
	else if (n->type == NODE_STRING)
		json_string(b, n->text);
	else if (n->type == NODE_SEQUENCE)
		put_list(b, n, level);
	else
		put_mapping(b, n, level);
}

void json_pairs(struct buf *b, const struct pair *pairs, size_t n, int level)
{
	size_t i;

	buf_putc(b, '{');
	for (i = 0; i < n; i++) {
		buf_puts(b, i ? "," : "");
		json_line(b, level + 1);
		json_string(b, pairs[i].key->text);
		buf_puts(b, ": ");
		json_node(b, pairs[i].value, level + 1);
	}
	if (n)
		json_line(b, level);
	buf_putc(b, '}');
}
