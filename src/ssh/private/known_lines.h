/*
 * known_lines - a known_hosts file, read once for all hosts that are looked up in it.
 *
 * Read-only once made, so threads may share it. Names without wildcards are found by
 * halving; hashed ones have to be tried one by one, as each has a salt of its own.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* One line, as far as it can be read; the words point into the text. */
struct known_line {
	int number; /* from 1 */
	bool revoked, authority;
	struct known_word {
		const char *s;
		size_t len;
	} line, hosts, type, base64; /* line: all of it, without the newline */
	struct buf salt, mac;        /* of a hashed name */
};

struct known_lines; /* opaque */

/* A copy of the text is kept. */
struct known_lines *known_lines_parse(const char *text, size_t len) NODISCARD;
void known_lines_free(struct known_lines *k);
DEFINE_AUTO(struct known_lines, known_lines, known_lines_free)

/* The file at path, there until the program ends; NULL without an error if it is missing.
 * It is read anew if it has changed. */
bool known_lines_get(const char *path, const struct known_lines **lines, struct err *e)
	NODISCARD;
/* Forget all files. */
void known_lines_forget(void);

/* A line that is for a host. */
struct known_match {
	const struct known_line *line;
	bool other; /* by the second name alone */
};
/*
 * The lines for a name, and for another one (or NULL), both in lower case; in the order of
 * the file. malloc'ed.
 */
struct known_match *known_lines_find(const struct known_lines *k, const char *name,
	const char *other, size_t *n) NODISCARD;

/* All lines that have a key; and the text that their words point into. */
const struct known_line *known_lines_all(const struct known_lines *k, size_t *n);
const char *known_lines_text(const struct known_lines *k);

/* Is it for more hosts than those it names: has it wildcards, or negations? */
bool known_line_is_pattern(const struct known_line *l);
/* The key, if it is one of the type that the line says. */
bool known_line_key(const struct known_line *l, struct buf *blob, char **type) NODISCARD;
