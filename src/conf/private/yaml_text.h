/*
 * yaml_text - the bytes under a YAML document: are they text, where does a line begin, and
 * what does libyaml mean by its complaint.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *data;
	size_t len;
	const char *name;
};

/* Printable UTF-8, as YAML wants it. */
bool text_check(const struct text *t, struct err *e) NODISCARD;

/*
 * A place that only moves forward: the first line at or after `from` and up to `to` (both
 * from 0) that is indented by a tab. True with the tab's column (from 0) in *col and its
 * line in *line.
 */
struct text_cursor {
	size_t offset;
	int line;
};
bool text_tab_indent(
	const struct text *t, struct text_cursor *c, int from, int to, int *line, int *col);

/* A tab at the beginning of lines, told. Returns false. */
bool text_tab_error(const struct text *t, int line, int col, struct err *e);

/* What libyaml complains of, told in words for people; lines and columns from 0. */
struct complaint {
	const char *problem, *context;
	int line, col, context_line, context_col;
};
bool text_complain(const struct text *t, const struct complaint *c, struct err *e);
