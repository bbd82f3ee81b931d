#include "dns/private/xml.h"
#include "base/alloc.h"
#include "base/text.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16, MOST_NODES = 20000 };

struct reader {
	struct xml *x;
	XML_Parser parser;
	size_t open[DEEPEST]; /* nodes whose end is to come */
	size_t depth;
};

static struct xml_node *top(struct reader *r)
{
	return r->depth ? &r->x->nodes[r->open[r->depth - 1]] : NULL;
}

static void XMLCALL begins(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = ctx;
	struct xml_node *parent = top(r);

	(void)attributes;
	if (r->depth == DEEPEST || r->x->n == MOST_NODES) {
		XML_StopParser(r->parser, XML_FALSE);
		return;
	}
	if (parent) {
		parent->parent = true;
		buf_reset(&parent->text); /* what stands between elements is layout */
	}
	GROW(r->x->nodes, r->x->n);
	r->open[r->depth++] = r->x->n;
	r->x->nodes[r->x->n++] =
		(struct xml_node){ .name = xstrdup(name), .text = BUF_EMPTY };
}

static void XMLCALL ends(void *ctx, const XML_Char *name)
{
	struct reader *r = ctx;

	(void)name;
	top(r)->end = r->x->n;
	r->depth--;
}

static void XMLCALL says(void *ctx, const XML_Char *text, int len)
{
	struct reader *r = ctx;

	if (!top(r)->parent)
		buf_add(&top(r)->text, text, (size_t)len);
}

/* Entities come from nowhere else. */
static void XMLCALL has_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
	const XML_Char *public, int internal)
{
	const struct reader *r = ctx;

	(void)name, (void)system, (void)public, (void)internal;
	XML_StopParser(r->parser, XML_FALSE);
}

bool xml_parse(struct xml *x, const char *data, size_t len, struct err *e)
{
	struct reader r = { .x = x, .parser = XML_ParserCreate("UTF-8") };
	bool ok;

	if (!r.parser)
		abort();
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, begins, ends);
	XML_SetCharacterDataHandler(r.parser, says);
	XML_SetStartDoctypeDeclHandler(r.parser, has_doctype);
	ok = (len <= INT_MAX &&
		     XML_Parse(r.parser, data, (int)len, XML_TRUE) == XML_STATUS_OK) ||
		err_set(e, ERR_PROTOCOL, "the answer can't be read as XML (line %lu: %s)",
			XML_GetCurrentLineNumber(r.parser),
			XML_ErrorString(XML_GetErrorCode(r.parser)));
	XML_ParserFree(r.parser);
	return ok;
}

void xml_clear(struct xml *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->nodes[i].name);
		buf_clear(&x->nodes[i].text);
	}
	free(x->nodes);
	*x = (struct xml){ 0 };
}

bool xml_is(const struct xml *x, size_t i, const char *name)
{
	return text_eq(x->nodes[i].name, name);
}

size_t xml_first(const struct xml *x, size_t parent)
{
	return parent + 1 < x->nodes[parent].end ? parent + 1 : 0;
}

size_t xml_after(const struct xml *x, size_t parent, size_t i)
{
	return x->nodes[i].end < x->nodes[parent].end ? x->nodes[i].end : 0;
}

size_t xml_child(const struct xml *x, size_t parent, const char *name)
{
	for (size_t i = xml_first(x, parent); i; i = xml_after(x, parent, i))
		if (xml_is(x, i, name))
			return i;
	return 0;
}

size_t xml_find(const struct xml *x, const char *name)
{
	for (size_t i = 1; i < x->n; i++)
		if (xml_is(x, i, name))
			return i;
	return 0;
}

const char *xml_text(const struct xml *x, size_t parent, const char *name)
{
	const size_t i = xml_child(x, parent, name);

	return i && !x->nodes[i].parent ? x->nodes[i].text.data : NULL;
}

void xml_escape(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '&')
			buf_puts(out, "&amp;");
		else if (*text == '<')
			buf_puts(out, "&lt;");
		else if (*text == '>')
			buf_puts(out, "&gt;");
		else
			buf_putc(out, *text);
}
