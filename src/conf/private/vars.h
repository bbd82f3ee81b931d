/*
 * vars - one host's variables: layers of mappings, the later ones over the earlier ones,
 * and
 * `{{ variable }}` put into the values that are used.
 *
 * As in Ansible a variable replaces a weaker one whole. Nothing is evaluated but the name
 * of a variable: a filter or an expression is an error, though only where certpush needs
 * the value.
 */
#pragma once

#include "conf/private/yaml.h"

/* What bounds the putting in. */
#define VARS_MAX_DEPTH  20
#define VARS_MAX_NODES  4000
#define VARS_MAX_LENGTH 65536

struct vars {
	struct arena *arena;
	const char *host;                 /* inventory_hostname */
	const char *file;                 /* the first that named the host, absolute */
	const struct node *const *layers; /* mappings, the weakest first */
	size_t n_layers;
	const char *sealed; /* a vars file that is encrypted as a whole, or NULL */
};

/* The value as it is written; NULL if no layer has it. */
const struct node *vars_find(const struct vars *v, const char *name);

/*
 * The strongest of several names for one thing: as in Ansible the last one that is said.
 * What is written as nothing (null) isn't said. *value is NULL if none is; ready for use
 * otherwise.
 */
bool vars_first(const struct vars *v, const char *const *names, const char **name,
	const struct node **value, struct err *e) NODISCARD;

/*
 * The value with `{{ name }}` put in, everywhere in it. A text that is nothing but
 * `{{ name }}` becomes that variable's value, of whatever type.
 */
const struct node *vars_fill(const struct vars *v, const struct node *value, struct err *e)
	NODISCARD;

/* The same for the value alone, not for what is in it. */
const struct node *vars_fill_top(
	const struct vars *v, const struct node *value, struct err *e) NODISCARD;

/* All variables: sorted by name, each once, with its strongest value. In the arena. */
struct pair *vars_all(const struct vars *v, size_t *n);

/* A NODE_FLOAT's number, and a number as Python prints it: 1.5, 100.0, 1e+16, inf. */
struct buf;
double vars_float(const char *text);
void vars_print_float(double d, struct buf *out);
