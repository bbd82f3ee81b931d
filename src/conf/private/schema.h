/*
 * schema - a YAML mapping read into a struct by a table: one row per key, with the reader
 * of its value in the row.
 *
 * Only the keys that are there are written, so that defaults are set before, and one
 * mapping can be read over another. Every error is collected, with its place.
 */
#pragma once

#include "conf/private/yaml.h"

struct reading {
	struct arena *a;
	const char *dir;  /* relative paths are relative to it */
	const void *hint; /* what readers of a room's own want to know besides */
	struct errs *all;
};

struct field;

/* Read value into base (the struct whose member is at f->offset); false with errors told.
 */
typedef bool field_reader(const struct reading *r, const struct field *f,
	const struct node *value, void *base);

struct field {
	const char *key;
	field_reader *read;
	size_t offset;
	bool required;
	size_t count;    /* of a list: offset of its size_t */
	const void *arg; /* what the reader says below */
};

struct schema {
	const char *what; /* "a mapping of settings": in "expected …" */
	const struct field *fields;
	size_t n;
};

/*
 * Unknown keys (the nearest known one is suggested), missing ones and wrong types are
 * errors. `what` names the mapping in messages ("acme", "file").
 */
bool schema_read(const struct reading *r, const struct schema *s, const char *what,
	const struct node *n, void *base) NODISCARD;

/* A reader's ways to fail: *e told; the error at a node's place. Both return false. */
bool reading_fail(const struct reading *r, const struct err *e);
bool reading_error(const struct reading *r, const struct node *n, const char *fmt, ...)
	PRINTF(3, 4);

/* const char *: a text that isn't empty. */
field_reader field_string;
/* const char *: a path, resolved against r->dir. */
field_reader field_path;
/* const char *const * and its count: a list of texts, or one text. */
field_reader field_strings;
field_reader field_paths;
/* bool; int: a port; int: seconds, any, or at least 1. */
field_reader field_bool;
field_reader field_port;
field_reader field_seconds;
field_reader field_seconds_some;
/* int within arg's bounds. */
struct range {
	int min, max;
	const char *expected; /* "a number of days (1-365)" */
};
field_reader field_int;
/* int (an enum) or const char *: one of arg's words. */
struct choice {
	const char *word; /* NULL ends the list */
	int value;
};
field_reader field_choice;
field_reader field_word;
/* The struct at offset, by the schema in arg. */
field_reader field_struct;

/*
 * A list of structs: each item is read by `schema` over a copy of `initial`. size is that
 * of one. `check`, if there is one, looks at an item that was read.
 */
struct list_of {
	const struct schema *schema;
	const char *what; /* one of them: "file" */
	size_t size;
	const void *initial;
	bool (*check)(const struct reading *r, const struct node *n, void *item);
};
field_reader field_list;
