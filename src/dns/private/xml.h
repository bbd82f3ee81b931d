/*
 * xml - the XML that an API answers with: elements that hold elements or text, and nothing
 * else.
 *
 * Strict, for what strangers send: no DOCTYPE, so no entities of its own; no comments and
 * no CDATA; bounded in depth and number. Attributes are passed over.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Points into the text that was read: that must live as long. */
struct xml_node {
	const char *name;
	size_t name_len;
	const char *text; /* as it stands there; empty if there are elements in it */
	size_t text_len;
	bool parent; /* there are */
	size_t end;  /* the first node after all that is in it */
};

struct xml {
	struct xml_node *nodes; /* in the text's order; 0 is the root */
	size_t n;
};

/* ERR_PROTOCOL if it isn't such XML. *x is zero before. */
bool xml_parse(struct xml *x, const char *data, size_t len, struct err *e) NODISCARD;
void xml_clear(struct xml *x);
DEFINE_AUTO_VALUE(struct xml, xml, xml_clear)

/* The elements that stand in the one at `parent`, one after the other; 0 at the end:
 * for (size_t i = xml_first(x, parent); i; i = xml_after(x, parent, i)) */
size_t xml_first(const struct xml *x, size_t parent);
size_t xml_after(const struct xml *x, size_t parent, size_t i);

bool xml_is(const struct xml *x, size_t i, const char *name);
/* The first of that name in it, or anywhere; 0 if there is none. */
size_t xml_child(const struct xml *x, size_t parent, const char *name);
size_t xml_find(const struct xml *x, const char *name);
/* Its text, appended. False if it holds elements or a reference that isn't to one of XML's
 * own five or a printable character of ASCII; then out is as before. */
bool xml_text(const struct xml *x, size_t i, struct buf *out) NODISCARD;
/* Whether it is an element of that name in `parent` with that text. */
bool xml_says(const struct xml *x, size_t parent, const char *name, const char *text);

/* Text as content of an element, appended. */
void xml_escape(struct buf *out, const char *text);
