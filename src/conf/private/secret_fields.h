/*
 * secret_fields - the keys of a mapping that say where a secret comes from.
 */
#pragma once

#include "conf/private/schema.h"
#include "conf/secret.h"

/* Rows of a schema's table; at: offset of the struct secret_source. r->hint is the path of
 * the settings: a secret in clear asks for its mode. */
#define SECRET_FIELDS(at)                                                                  \
	{ "secret_file", field_path, (at) + offsetof(struct secret_source, file), false,   \
		0, NULL },                                                                 \
		{ "secret_env", field_string, (at) + offsetof(struct secret_source, env),  \
			false, 0, NULL },                                                  \
		{ "secret_command", field_string,                                          \
			(at) + offsetof(struct secret_source, command), false, 0, NULL },  \
	{                                                                                  \
		"secret", field_secret, (at) + offsetof(struct secret_source, clear),      \
			false, 0, NULL                                                     \
	}

field_reader field_secret;

/* Once the mapping is read: exactly one must be said. Sets the rest of *s. */
bool secret_is_said(const struct reading *r, const struct field *f,
	const struct node *value, struct secret_source *s) NODISCARD;
