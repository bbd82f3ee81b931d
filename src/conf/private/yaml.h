/*
 * yaml - a YAML document as a tree in which every node knows its place.
 *
 * Plain data in an arena, read-only once made, open so that the inventory may build nodes
 * of its own. Scalars are typed as YAML 1.1 and Ansible type them: plain `yes`, `8080` and
 * `~` are a boolean, a number and nothing, quoted they are texts. Aliases share their node;
 * merge keys (<<) are merged already; duplicate keys, NUL bytes, invalid UTF-8 and a second
 * document are errors. JSON is read too.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum node_type {
	NODE_NULL, /* also the root of an empty file */
	NODE_BOOL,
	NODE_INT,
	NODE_FLOAT,
	NODE_STRING,
	NODE_SEQUENCE,
	NODE_MAPPING,
};

struct pair;

struct node {
	enum node_type type;
	struct pos pos;
	const char *tag; /* "!vault", "!unsafe" …; NULL: none, or one of YAML's own types */
	const char *text; /* of a scalar, as it is written, quotes resolved; else NULL */
	int64_t number;   /* NODE_BOOL: 0 or 1; NODE_INT */
	size_t n;         /* items or pairs */
	const struct node *const *items; /* NODE_SEQUENCE */
	const struct pair
		*pairs; /* NODE_MAPPING, in the order of the file; merged ones first */

	/* for the bounds on what aliases multiply: this node and all below it */
	int weight, height;
};

struct pair {
	const struct node *key; /* always a scalar without a tag */
	const struct node *value;
};

/* What bounds a file. */
#define YAML_MAX_BYTES ((size_t)10 << 20)
#define YAML_MAX_NODES 200000 /* aliases counted each time they are used */
#define YAML_MAX_DEPTH 64

/* The root of a file; NULL with *e set. The file's name in positions is a copy. */
const struct node *yaml_load_file(struct arena *a, const char *file, struct err *e)
	NODISCARD;
/* The same from memory; `name` stands in positions. */
const struct node *yaml_load(struct arena *a, const void *text, size_t len,
	const char *name, struct err *e) NODISCARD;

/* A scalar made by hand: plain ones are typed as above, others are a NODE_STRING. */
const struct node *node_scalar(
	struct arena *a, const char *text, bool plain, struct pos pos) NODISCARD;

/* A path that is relative to the file that the node stands in; "~/" is the home. */
const char *node_path(struct arena *a, const struct node *n, const char *path) NODISCARD;

/* The value of a key, NULL if the node is no mapping or doesn't have it. */
const struct node *node_at(const struct node *n, const char *key);

/*
 * Typed looks at a value. On failure *e says, at the value's place, what was expected and
 * what was found: "port: expected a port (1-65535), found 'seventy'". `what` is the key's
 * name. A value with a tag (!vault) fails here, and only here.
 */

/* A text, or a number as it was written; no boolean, not nothing. */
bool node_string(const struct node *n, const char *what, const char **out, struct err *e)
	NODISCARD;
/* A boolean, quoted or not: yes/no, on/off, true/false, as Ansible 1/0 too. */
bool node_bool(const struct node *n, const char *what, bool *out, struct err *e) NODISCARD;
/* A whole number, quoted or not. `expected` describes it: "a port (1-65535)". */
bool node_int(const struct node *n, const char *what, const char *expected, int min,
	int max, int *out, struct err *e) NODISCARD;
bool node_port(const struct node *n, const char *what, int *out, struct err *e) NODISCARD;
/* A duration: "90", 90, "90s", "2m"; at most a year. */
bool node_seconds(const struct node *n, const char *what, int *out, struct err *e)
	NODISCARD;
/* That it is a mapping, or a list. `expected`: "a mapping of services", "a list of files".
 */
bool node_is_mapping(const struct node *n, const char *what, const char *expected,
	struct err *e) NODISCARD;
bool node_is_sequence(const struct node *n, const char *what, const char *expected,
	struct err *e) NODISCARD;

/* How a value is told in a message: 'seventy', nothing, a mapping, a list, the boolean
 * 'yes'.
 */
struct found {
	char s[80];
};
struct found node_found(const struct node *n);
/* "WHAT: expected EXPECTED, found …" at the node's place. Returns false. */
bool node_unexpected(
	const struct node *n, const char *what, const char *expected, struct err *e);
