/*
 * xml - the XML that an API answers with, read by expat: elements that hold elements or
 * text, and nothing else.
 *
 * For what strangers send: a DOCTYPE is refused, so there are no entities of its own;
 * bounded in depth and number. Attributes are passed over.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct xml_node {
	char *name;
	struct buf text; /* UTF-8; empty if there are elements in it */
	bool parent;     /* there are */
	size_t end;      /* the first node after all that is in it */
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
/* The text of that child; NULL if there is none, or it holds elements. */
const char *xml_text(const struct xml *x, size_t parent, const char *name);

/* Text as content of an element, appended. */
void xml_escape(struct buf *out, const char *text);
