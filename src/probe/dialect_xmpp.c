#include "base/buf.h"
#include "base/text.h"
#include "probe/private/talks.h"

#include <stdio.h>
#include <string.h>

#define NS_TLS     "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_STREAM  "http://etherx.jabber.org/streams"
#define NS_ERRORS  "urn:ietf:params:xml:ns:xmpp-streams"
#define MAX_STREAM 32768
#define MAX_DEPTH  16

/*
 * As much XML as the start of a stream may have (RFC 6120 11): no comments, no document
 * types, no entities but for the five of XML itself, which stay as they are.
 */
struct reader {
	struct lines *lines;
	size_t left; /* of what a server may say */
};

enum tag_kind { TAG_OPEN, TAG_CLOSE, TAG_EMPTY };

struct tag {
	enum tag_kind kind;
	char prefix[32], name[64];
	char ns[96]; /* what it says of its own prefix; "" where that is said further up */
};

/* One element in the stream, and what counts in it. */
struct element {
	char name[64], ns[96];
	char child[64];  /* the first one's name */
	char text[200];  /* of the child <text/> */
	bool offers_tls; /* there is a child <starttls/> */
};

static bool nonsense(struct err *e)
{
	err_set(e, ERR_PROTOCOL, "an answer that is no XMPP");
	return false;
}

/* -1 with *e. A NUL is in no XML. */
static int next(struct reader *r, struct err *e)
{
	const unsigned char *c;

	if (r->left == 0) {
		err_set(e, ERR_PROTOCOL, "a stream's start of over %d bytes", MAX_STREAM);
		return -1;
	}
	r->left--;
	c = lines_bytes(r->lines, 1, e);
	if (c && *c == '\0')
		nonsense(e);
	return c && *c ? *c : -1;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80;
}

/* *c, and after it what belongs to a name; *c is what follows it. */
static bool name(struct reader *r, int *c, char *to, size_t size, struct err *e)
{
	size_t n = 0;

	for (; *c >= 0 && is_name(*c); *c = next(r, e)) {
		if (n + 1 == size)
			return nonsense(e);
		to[n++] = (char)*c;
	}
	to[n] = '\0';
	return *c >= 0 && (n > 0 || nonsense(e));
}

static int skip_blanks(struct reader *r, int c, struct err *e)
{
	while (c >= 0 && is_blank(c))
		c = next(r, e);
	return c;
}

/* ='value' or ="value": what fits of it, since most aren't looked at. */
static bool value(struct reader *r, int c, char *to, size_t size, struct err *e)
{
	size_t n = 0;
	int quote;

	c = skip_blanks(r, c, e);
	if (c != '=')
		return c < 0 ? false : nonsense(e);
	quote = skip_blanks(r, next(r, e), e);
	if (quote != '\'' && quote != '"')
		return quote < 0 ? false : nonsense(e);
	while ((c = next(r, e)) >= 0 && c != quote) {
		if (c == '<')
			return nonsense(e);
		if (n + 1 < size)
			to[n++] = (char)c;
	}
	to[n] = '\0';
	return c >= 0;
}

static bool is_ns_of(const struct tag *t, const char *attribute)
{
	return *t->prefix
		? text_starts(attribute, "xmlns:") && text_eq(attribute + 6, t->prefix)
		: text_eq(attribute, "xmlns");
}

/* All attributes, up to the end of the tag. */
static bool attributes(struct reader *r, int c, struct tag *t, struct err *e)
{
	char attribute[64], text[sizeof t->ns];

	while ((c = skip_blanks(r, c, e)) >= 0 && c != '>' && c != '/') {
		if (!name(r, &c, attribute, sizeof attribute, e) ||
			!value(r, c, text, sizeof text, e))
			return false;
		if (is_ns_of(t, attribute))
			memcpy(t->ns, text, sizeof text);
		c = next(r, e);
	}
	if (c == '/') {
		t->kind = TAG_EMPTY;
		c = next(r, e);
	}
	return c == '>' || (c >= 0 && nonsense(e));
}

/* What follows "<"; c is the first of it. */
static bool tag(struct reader *r, int c, struct tag *t, struct err *e)
{
	char whole[64], *colon;

	*t = (struct tag){ .kind = c == '/' ? TAG_CLOSE : TAG_OPEN };
	if (c == '/')
		c = next(r, e);
	if (!name(r, &c, whole, sizeof whole, e))
		return false;
	colon = strchr(whole, ':');
	if (colon) {
		*colon = '\0';
		if (strlen(whole) >= sizeof t->prefix)
			return nonsense(e);
		memcpy(t->prefix, whole, strlen(whole) + 1);
	}
	snprintf(t->name, sizeof t->name, "%s", colon ? colon + 1 : whole);
	if (t->kind == TAG_OPEN)
		return attributes(r, c, t, e);
	c = skip_blanks(r, c, e);
	return c == '>' || (c >= 0 && nonsense(e));
}

/* The next tag. What is before it goes to `text`; NULL: it may only be blank. */
static bool next_tag(
	struct reader *r, struct tag *t, char *text, size_t size, struct err *e)
{
	size_t n = 0;
	int c;

	while ((c = next(r, e)) >= 0 && c != '<') {
		if (!text && !is_blank(c))
			return nonsense(e);
		if (text && n + 1 < size)
			text[n++] = (char)c;
	}
	if (text)
		text[n] = '\0';
	c = c < 0 ? c : next(r, e);
	return c >= 0 && (c != '!' && c != '?' ? tag(r, c, t, e) : nonsense(e));
}

/* "?xml … ?>", whose "<" has been read. */
static bool declaration(struct reader *r, struct err *e)
{
	int before = 0, c;

	while ((c = next(r, e)) >= 0 && !(before == '?' && c == '>'))
		before = c;
	return c >= 0;
}

/* "<?xml …?>", or none, and "<stream:stream …>". */
static bool stream_start(struct reader *r, struct err *e)
{
	struct tag t;
	int c = skip_blanks(r, next(r, e), e);

	if (c == '<')
		c = next(r, e);
	else
		return c >= 0 && nonsense(e);
	if (c == '?') {
		if (!declaration(r, e) || !next_tag(r, &t, NULL, 0, e))
			return false;
	} else if (c < 0 || !tag(r, c, &t, e)) {
		return false;
	}
	return (t.kind == TAG_OPEN && text_eq(t.name, "stream") &&
		       text_eq(t.ns, NS_STREAM)) ||
		nonsense(e);
}

static void keep_child(struct element *el, const struct tag *t, bool *is_text)
{
	if (!*el->child)
		memcpy(el->child, t->name, sizeof el->child);
	el->offers_tls |= text_eq(t->name, "starttls") && text_eq(t->ns, NS_TLS);
	*is_text = t->kind == TAG_OPEN && text_eq(t->name, "text") &&
		text_eq(t->ns, NS_ERRORS);
}

/* All that is in an element which has been opened, up to its end. */
static bool content(struct reader *r, struct element *el, struct err *e)
{
	bool is_text = false;
	struct tag t;

	for (int depth = 1; depth > 0;) {
		char text[sizeof el->text];

		if (!next_tag(r, &t, text, sizeof text, e))
			return false;
		if (is_text)
			memcpy(el->text, text, sizeof text);
		is_text = false;
		if (t.kind == TAG_CLOSE) {
			depth--;
			continue;
		}
		if (depth == 1)
			keep_child(el, &t, &is_text);
		if (t.kind == TAG_OPEN && ++depth > MAX_DEPTH)
			return nonsense(e);
	}
	return text_eq(t.name, el->name) || nonsense(e);
}

/* RFC 6120 4.9.3.17, 4.9.3.20 */
static bool turns_away(const struct element *el)
{
	return text_eq(el->name, "error") &&
		(text_eq(el->child, "resource-constraint") ||
			text_eq(el->child, "system-shutdown"));
}

static bool refused(const struct element *el, struct err *e)
{
	char text[400];
	const int n = snprintf(text, sizeof text, "%s%s%s%s%s", el->name,
		*el->child ? ": " : "", el->child, *el->text ? ": " : "", el->text);

	return (turns_away(el) ? talk_turned_away : talk_refused)(text, (size_t)n, e);
}

/* The stream's next element; an error of the stream is one. */
static bool read_element(struct reader *r, struct element *el, struct err *e)
{
	struct tag t;

	*el = (struct element){ .name = "" };
	if (!next_tag(r, &t, NULL, 0, e))
		return false;
	memcpy(el->name, t.name, sizeof el->name);
	memcpy(el->ns, t.ns, sizeof el->ns);
	if (t.kind == TAG_CLOSE)
		return err_set(e, ERR_PROTOCOL, "the server closed the stream");
	if (t.kind == TAG_OPEN && !content(r, el, e))
		return false;
	return !text_eq(t.name, "error") || refused(el, e);
}

static void put_escaped(struct buf *b, const char *text)
{
	static const char *const entities[] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['\''] = "&apos;"
	};

	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;
		const char *entity = c < ARRAY_LEN(entities) ? entities[c] : NULL;

		if (entity)
			buf_puts(b, entity);
		else
			buf_putc(b, *text);
	}
}

static bool open_stream(const char *ns, const char *to, struct lines *l, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_printf(&text,
		"<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='" NS_STREAM
		"'",
		ns);
	if (to) {
		buf_puts(&text, " to='");
		put_escaped(&text, to);
		buf_putc(&text, '\'');
	}
	buf_puts(&text, " version='1.0'>");
	return lines_send(l, text.data, text.len, e);
}

/* RFC 6120 5.4 */
static bool talk(const char *ns, const char *to, struct lines *l, struct err *e)
{
	struct reader r = { l, MAX_STREAM };
	struct element el;

	if (!open_stream(ns, to, l, e) || !stream_start(&r, e) || !read_element(&r, &el, e))
		return false;
	if (!text_eq(el.name, "features"))
		return refused(&el, e);
	if (!el.offers_tls)
		return talk_not_offered("STARTTLS", e);
	if (!lines_write(l, "<starttls xmlns='" NS_TLS "'/>", e) ||
		!read_element(&r, &el, e))
		return false;
	return (text_eq(el.name, "proceed") && text_eq(el.ns, NS_TLS)) || refused(&el, e);
}

bool xmpp_client_talk(const char *to, struct lines *l, struct err *e)
{
	return talk("jabber:client", to, l, e);
}

bool xmpp_server_talk(const char *to, struct lines *l, struct err *e)
{
	return talk("jabber:server", to, l, e);
}
