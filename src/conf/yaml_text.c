#include "conf/private/yaml_text.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

static bool continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes of the UTF-8 sequence at p, its code point in *point; 0 if it is none (RFC 3629).
 */
static size_t decode(const unsigned char *p, size_t left, uint32_t *point)
{
	static const struct {
		size_t len;
		uint32_t least;
		unsigned char mask, lead;
	} forms[] = {
		{ 1, 0, 0x80, 0x00 },
		{ 2, 0x80, 0xe0, 0xc0 },
		{ 3, 0x800, 0xf0, 0xe0 },
		{ 4, 0x10000, 0xf8, 0xf0 },
	};

	for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
		size_t i = 1;

		if ((p[0] & forms[f].mask) != forms[f].lead)
			continue;
		*point = p[0] & (unsigned char)~forms[f].mask;
		for (; i < forms[f].len && i < left && continuation(p[i]); i++)
			*point = *point << 6 | (p[i] & 0x3f);
		if (i < forms[f].len || *point < forms[f].least || *point > 0x10ffff ||
			(*point >= 0xd800 && *point <= 0xdfff))
			return 0;
		return forms[f].len;
	}
	return 0;
}

/* The characters that libyaml's lines end with; a CR before an LF ends none. */
static bool breaks_line(const struct text *t, size_t at, uint32_t point)
{
	if (point == '\r')
		return at + 1 == t->len || t->data[at + 1] != '\n';
	return point == '\n' || point == 0x85 || point == 0x2028 || point == 0x2029;
}

/* YAML 1.1, 5.1: what a stream may hold. */
static bool printable(uint32_t point)
{
	return point == '\t' || point == '\n' || point == '\r' || point == 0x85 ||
		(point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xfffd) ||
		point >= 0x10000;
}

bool text_check(const struct text *t, struct err *e)
{
	struct pos pos = { t->name, 1, 1 };
	uint32_t point = 0;
	size_t n;

	for (size_t i = 0; i < t->len; i += n) {
		const unsigned char *p = (const unsigned char *)t->data + i;

		n = decode(p, t->len - i, &point);
		if (!n)
			return err_at(e, pos,
				"not UTF-8 (byte 0x%02x): the file must be saved as UTF-8",
				*p);
		if (!point)
			return err_at(e, pos, "a NUL byte: this is no text file");
		if (!printable(point))
			return err_at(e, pos, "control character 0x%02x", (unsigned)point);
		pos.col++;
		if (breaks_line(t, i, point)) {
			pos.line++;
			pos.col = 1;
		}
	}
	return true;
}

/* The offset at which the line after the one at `offset` begins; t->len if there is none.
 */
static size_t next_line(const struct text *t, size_t offset)
{
	uint32_t point = 0;
	size_t n;

	while (offset < t->len) {
		n = decode(
			(const unsigned char *)t->data + offset, t->len - offset, &point);
		offset += n;
		if (!n || breaks_line(t, offset - n, point))
			break;
	}
	return offset;
}

/* Column of the first tab in a line's indentation, -1 if there is none, or nothing else. */
static int tab_column(const struct text *t, size_t offset)
{
	int tab = -1;

	for (int col = 0; offset < t->len; col++, offset++) {
		if (t->data[offset] == '\t' && tab < 0)
			tab = col;
		else if (t->data[offset] == '\n' || t->data[offset] == '\r')
			return -1;
		else if (t->data[offset] != ' ' && t->data[offset] != '\t')
			return tab;
	}
	return -1;
}

bool text_tab_indent(
	const struct text *t, struct text_cursor *c, int from, int to, int *line, int *col)
{
	for (; c->line <= to && c->offset < t->len; c->line++) {
		*line = c->line;
		*col = c->line < from ? -1 : tab_column(t, c->offset);
		if (*col >= 0)
			return true;
		if (c->line == to) /* the next question may begin here */
			return false;
		c->offset = next_line(t, c->offset);
	}
	return false;
}

bool text_tab_error(const struct text *t, int line, int col, struct err *e)
{
	return err_at(e, (struct pos){ t->name, line + 1, col + 1 },
		"a tab at the beginning of the line: YAML is indented by spaces only");
}

struct wording {
	const char *problem, *context; /* libyaml's; a context of NULL fits any */
	bool at_context;               /* the place to show is where it began */
	const char *told;
};

static const struct wording wordings[] = {
	{ "found character that cannot start any token", NULL, false,
		"a character that no value may begin with (%, @ or `): put the text in quotes" },
	{ "could not find expected ':'", NULL, true,
		"expected 'key: value', but there is no ':' after this" },
	{ "block sequence entries are not allowed in this context", NULL, false,
		"a '- item' can't begin here: it wants a line of its own" },
	{ "mapping keys are not allowed in this context", NULL, false,
		"a key can't begin here: it wants a line of its own" },
	{ "mapping values are not allowed in this context", NULL, false,
		"a ':' can't stand here: the indentation is wrong, or a text wants quotes" },
	{ "did not find expected key", NULL, false,
		"expected a key indented like those above it" },
	{ "did not find expected '-' indicator", NULL, false,
		"expected '- ' indented like the items above it" },
	{ "did not find expected ',' or ']'", NULL, false,
		"expected ',' or ']' in the list that begins" },
	{ "did not find expected ',' or '}'", NULL, false,
		"expected ',' or '}' in the mapping that begins" },
	{ "did not find expected node content", NULL, false, "expected a value" },
	{ "did not find expected <document start>", NULL, false,
		"expected the document to begin or to have ended here" },
	{ "found unexpected end of stream", "while scanning a quoted scalar", true,
		"a quote that is never closed" },
	{ "found unexpected document indicator", NULL, true,
		"a quote that is never closed" },
	{ "found unknown escape character", NULL, false,
		"an unknown escape in double quotes: write \\\\ for a backslash, or use single quotes" },
	{ "did not find expected alphabetic or numeric character", NULL, false,
		"expected the name of an anchor after '&' or '*': a text that begins so wants quotes" },
	{ "found undefined tag handle", NULL, false, "a tag (!…!) that isn't defined" },
};

static const struct wording *wording_for(const struct complaint *c)
{
	for (size_t i = 0; i < ARRAY_LEN(wordings); i++)
		if (text_eq(wordings[i].problem, c->problem) &&
			(!wordings[i].context || text_eq(wordings[i].context, c->context)))
			return &wordings[i];
	return NULL;
}

/* Whether the character at a column (from 0) of the line that begins at offset is a tab. */
static bool tab_at(const struct text *t, size_t offset, int col)
{
	uint32_t point = 0;

	for (size_t n; offset < t->len; offset += n) {
		n = decode(
			(const unsigned char *)t->data + offset, t->len - offset, &point);
		if (!n || !col--)
			break;
	}
	return offset < t->len && t->data[offset] == '\t';
}

bool text_complain(const struct text *t, const struct complaint *c, struct err *e)
{
	const struct wording *w = wording_for(c);
	struct pos pos = { t->name, c->line + 1, c->col + 1 };
	struct text_cursor cursor = { 0 };
	int line = 0, col = 0;

	if (text_tab_indent(t, &cursor, c->line, c->line, &line, &col))
		return text_tab_error(t, line, col, e);
	if (tab_at(t, cursor.offset, c->col))
		return err_at(e, pos, "a tab: YAML wants spaces here");
	if (!w)
		return err_at(e, pos, "not YAML: %s", c->problem);
	if (w->at_context)
		pos = (struct pos){ t->name, c->context_line + 1, c->context_col + 1 };
	if (text_ends(w->told, " begins"))
		return err_at(e, pos, "%s in line %d", w->told, c->context_line + 1);
	return err_at(e, pos, "%s", w->told);
}
