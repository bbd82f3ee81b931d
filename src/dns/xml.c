#include "dns/private/xml.h"
#include "base/alloc.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16, MOST_NODES = 20000 };

struct reader {
	struct xml *x;
	const char *at, *end;
	size_t open[DEEPEST]; /* nodes whose end is to come */
	size_t depth;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool all_blank(const char *text, size_t len)
{
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return len == 0;
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

static bool take(struct reader *r, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '_' || c == ':' || c == '.';
}

/* 0: there is none. */
static size_t take_name(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && is_name_char(*r->at))
		r->at++;
	return (size_t)(r->at - start);
}

static bool skip_quoted(struct reader *r)
{
	const char *close;

	if (r->at == r->end || (*r->at != '"' && *r->at != '\''))
		return false;
	close = memchr(r->at + 1, *r->at, (size_t)(r->end - r->at) - 1);
	if (!close || memchr(r->at, '<', (size_t)(close - r->at)))
		return false;
	r->at = close + 1;
	return true;
}

/* Up to the > or /> of their element. */
static bool skip_attributes(struct reader *r)
{
	for (;;) {
		skip_blanks(r);
		if (r->at == r->end || *r->at == '>' || *r->at == '/')
			return true;
		if (take_name(r) == 0 || !take(r, "=") || !skip_quoted(r))
			return false;
	}
}

static struct xml_node *top(struct reader *r)
{
	return r->depth ? &r->x->nodes[r->open[r->depth - 1]] : NULL;
}

/* An element begins in the one that is open: that has no text of its own, then. */
static bool enter_parent(struct reader *r)
{
	struct xml_node *parent = top(r);

	if (!parent)
		return true;
	if (!all_blank(parent->text, parent->text_len))
		return false;
	parent->parent = true;
	parent->text_len = 0;
	return true;
}

/* After its "<". */
static bool open_element(struct reader *r)
{
	struct xml_node node = { .name = r->at };

	node.name_len = take_name(r);
	if (node.name_len == 0 || r->x->n == MOST_NODES || r->depth == DEEPEST ||
		!enter_parent(r) || !skip_attributes(r))
		return false;
	GROW(r->x->nodes, r->x->n);
	node.end = r->x->n + 1;
	node.text = r->at;
	r->x->nodes[r->x->n++] = node;
	if (take(r, "/>"))
		return true;
	r->open[r->depth++] = r->x->n - 1;
	return take(r, ">");
}

/* After its "</". */
static bool close_element(struct reader *r)
{
	struct xml_node *node = top(r);
	const char *name = r->at;
	const size_t len = take_name(r);

	if (!node || len != node->name_len || memcmp(name, node->name, len) != 0)
		return false;
	skip_blanks(r);
	node->end = r->x->n;
	r->depth--;
	return take(r, ">");
}

static bool text(struct reader *r)
{
	struct xml_node *node = top(r);
	const char *stop = memchr(r->at, '<', (size_t)(r->end - r->at));
	const size_t len = stop ? (size_t)(stop - r->at) : 0;

	if (!stop || (node->parent && !all_blank(r->at, len)))
		return false;
	if (!node->parent) {
		node->text = r->at;
		node->text_len = len;
	}
	r->at = stop;
	return true;
}

static bool piece(struct reader *r)
{
	if (take(r, "</"))
		return close_element(r);
	return take(r, "<") ? open_element(r) : text(r);
}

static bool skip_declaration(struct reader *r)
{
	skip_blanks(r);
	if (!take(r, "<?xml "))
		return true;
	while (r->at < r->end && *r->at != '?' && *r->at != '<')
		r->at++;
	if (!take(r, "?>"))
		return false;
	skip_blanks(r);
	return true;
}

static bool document(struct reader *r)
{
	if (memchr(r->at, '\0', (size_t)(r->end - r->at)) || !skip_declaration(r) ||
		!take(r, "<") || !open_element(r))
		return false;
	while (r->depth > 0)
		if (!piece(r))
			return false;
	skip_blanks(r);
	return r->at == r->end;
}

bool xml_parse(struct xml *x, const char *data, size_t len, struct err *e)
{
	struct reader r = { .x = x, .at = data, .end = data + len };

	return document(&r) ||
		err_set(e, ERR_PROTOCOL, "the answer can't be read as XML (at byte %zu)",
			(size_t)(r.at - data));
}

void xml_clear(struct xml *x)
{
	free(x->nodes);
	*x = (struct xml){ 0 };
}

bool xml_is(const struct xml *x, size_t i, const char *name)
{
	return strlen(name) == x->nodes[i].name_len &&
		memcmp(name, x->nodes[i].name, x->nodes[i].name_len) == 0;
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

/* ---- text ---- */

/* "#39" or "#x27" */
static bool put_number(const char *digits, struct buf *out)
{
	const bool hex = digits[0] == 'x';
	char *end;
	long c;

	digits += hex;
	if (!digits[0] || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return false;
	c = strtol(digits, &end, hex ? 16 : 10);
	if (*end || c < ' ' || c > '~')
		return false;
	buf_putc(out, (char)c);
	return true;
}

static bool put_reference(const char *name, struct buf *out)
{
	static const struct {
		const char *name;
		char c;
	} rows[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
		{ "apos", '\'' } };

	if (name[0] == '#')
		return put_number(name + 1, out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!text_eq(name, rows[i].name))
			continue;
		buf_putc(out, rows[i].c);
		return true;
	}
	return false;
}

/* The name of the reference at text, which is behind its &; "" if it is none. */
struct reference {
	char s[8];
};
static struct reference reference_at(const char *text, size_t len)
{
	struct reference name = { "" };
	const char *stop = memchr(text, ';', len < sizeof name.s ? len : sizeof name.s);

	if (stop)
		memcpy(name.s, text, (size_t)(stop - text));
	return name;
}

static bool decode(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		struct reference name;

		if (text[i] != '&') {
			buf_putc(out, text[i]);
			continue;
		}
		name = reference_at(text + i + 1, len - i - 1);
		if (!put_reference(name.s, out))
			return false;
		i += strlen(name.s) + 1;
	}
	return true;
}

bool xml_text(const struct xml *x, size_t i, struct buf *out)
{
	const size_t start = out->len;

	if (!x->nodes[i].parent && decode(x->nodes[i].text, x->nodes[i].text_len, out))
		return true;
	buf_truncate(out, start);
	return false;
}

bool xml_says(const struct xml *x, size_t parent, const char *name, const char *text)
{
	AUTO(buf) struct buf got = BUF_EMPTY;
	const size_t i = xml_child(x, parent, name);

	return i && xml_text(x, i, &got) && text_eq(got.data, text);
}

void xml_escape(struct buf *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		default:
			buf_putc(out, *text);
		}
}
