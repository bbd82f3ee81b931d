#include "conf/private/secret_fields.h"

#include <sys/stat.h>

/* A secret in clear: the settings must be for their owner's eyes. */
bool field_secret(const struct reading *r, const struct field *f, const struct node *value,
	void *base)
{
	const char *file = r->hint;
	struct stat st;
	struct err e;

	if (stat(file, &st) < 0 || (st.st_mode & 077))
		return reading_error(r, value,
			"%s: a secret in clear, in a file that others can read: chmod 600 %.200s, or use secret_file, secret_env or secret_command",
			f->key, file);
	/* the usual message would show the value */
	if (!node_string(
		    value, f->key, (const char **)(void *)((char *)base + f->offset), &e))
		return reading_error(r, value, "%s: expected a text", f->key);
	return true;
}

bool secret_is_said(const struct reading *r, const struct field *f,
	const struct node *value, struct secret_source *s)
{
	const int sources = secret_sources(s);

	s->pos = value->pos;
	s->dir = r->dir;
	return sources == 1 ||
		reading_error(r, value,
			"%s: expected one of secret_file, secret_env and secret_command, found %s",
			f->key, sources ? "several" : "none");
}
