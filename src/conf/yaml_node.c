#include "conf/private/yaml_type.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct node *node_scalar(
	struct arena *a, const char *text, bool plain, struct pos pos)
{
	struct node *n = arena_calloc(a, 1, sizeof *n);

	n->pos = pos;
	n->text = arena_strdup(a, text);
	n->type = plain ? yaml_type(text, &n->number) : NODE_STRING;
	n->weight = n->height = 1;
	return n;
}

const char *node_path(struct arena *a, const struct node *n, const char *path)
{
	AUTO(str) char *dir = fs_dirname(n->pos.file);
	AUTO(str) char *full = fs_join(dir, path);

	return arena_strdup(a, full);
}

const struct node *node_at(const struct node *n, const char *key)
{
	for (size_t i = 0; n->type == NODE_MAPPING && i < n->n; i++)
		if (text_eq(n->pairs[i].key->text, key))
			return n->pairs[i].value;
	return NULL;
}

/* As much of a text as fits a message, whole UTF-8 characters of it. */
static void excerpt(struct found *f, const char *before, const char *text)
{
	size_t len = strlen(text), most = sizeof f->s - 24;
	bool whole = len <= most;

	if (!whole) {
		len = most;
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	snprintf(f->s, sizeof f->s, "%s'%.*s%s'", before, (int)len, text, whole ? "" : "…");
}

struct found node_found(const struct node *n)
{
	struct found f;

	if (n->tag)
		snprintf(f.s, sizeof f.s, "a value with the tag %.30s", n->tag);
	else if (n->type == NODE_NULL)
		snprintf(f.s, sizeof f.s, "nothing");
	else if (n->type == NODE_SEQUENCE)
		snprintf(f.s, sizeof f.s, "a list");
	else if (n->type == NODE_MAPPING)
		snprintf(f.s, sizeof f.s, "a mapping");
	else
		excerpt(&f, n->type == NODE_BOOL ? "the boolean " : "", n->text);
	return f;
}

bool node_unexpected(
	const struct node *n, const char *what, const char *expected, struct err *e)
{
	const char *hint = n->tag && text_eq(n->tag, "!vault")
		? ": certpush can't open Ansible's vault"
		: "";

	return err_at(e, n->pos, "%s: expected %s, found %s%s", what, expected,
		node_found(n).s, hint);
}

bool node_string(const struct node *n, const char *what, const char **out, struct err *e)
{
	if (!n->tag && n->type == NODE_BOOL)
		return err_at(e, n->pos,
			"%s: expected a text, found the boolean '%s': put it in quotes if it is meant as text",
			what, n->text);
	if (n->tag ||
		(n->type != NODE_STRING && n->type != NODE_INT && n->type != NODE_FLOAT))
		return node_unexpected(n, what, "a text", e);
	*out = n->text;
	return true;
}

bool node_bool(const struct node *n, const char *what, bool *out, struct err *e)
{
	static const char *const yes[] = { "yes", "true", "on", "1", "y", "t" };
	static const char *const no[] = { "no", "false", "off", "0", "n", "f" };

	for (size_t i = 0; !n->tag && n->text && i < ARRAY_LEN(yes); i++) {
		*out = strcasecmp(n->text, yes[i]) == 0;
		if (*out || strcasecmp(n->text, no[i]) == 0)
			return true;
	}
	return node_unexpected(n, what, "yes or no", e);
}

bool node_int(const struct node *n, const char *what, const char *expected, int min,
	int max, int *out, struct err *e)
{
	enum node_type type = n->type;
	int64_t number = n->number;

	if (type == NODE_STRING && !n->tag) /* "22", as Ansible takes it */
		type = yaml_type(n->text, &number);
	if (n->tag || type != NODE_INT || number < min || number > max)
		return node_unexpected(n, what, expected, e);
	*out = (int)number;
	return true;
}

bool node_port(const struct node *n, const char *what, int *out, struct err *e)
{
	return node_int(n, what, "a port (1-65535)", 1, 65535, out, e);
}

bool node_seconds(const struct node *n, const char *what, int *out, struct err *e)
{
	const int most = 366 * 24 * 3600;

	if (n->tag || (n->type != NODE_INT && n->type != NODE_STRING) ||
		!duration_parse(n->text, out) || *out < 0 || *out > most)
		return node_unexpected(n, what, "a duration (90, 90s, 2m, 1h)", e);
	return true;
}

bool node_is_mapping(
	const struct node *n, const char *what, const char *expected, struct err *e)
{
	if (!n->tag && n->type == NODE_MAPPING)
		return true;
	return node_unexpected(n, what, expected, e);
}

bool node_is_sequence(
	const struct node *n, const char *what, const char *expected, struct err *e)
{
	if (!n->tag && n->type == NODE_SEQUENCE)
		return true;
	return node_unexpected(n, what, expected, e);
}
