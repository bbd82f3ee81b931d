/*
 * service_fields - readers of values that the keys of a service have in common.
 */
#pragma once

#include "conf/playbook.h"
#include "conf/private/schema.h"

/* Only letters, digits and those of `also`; no leading hyphen: it ends up in scripts and
 * messages. */
bool is_word(const char *text, const char *also);
/* The const char * that a field is read into. */
const char **text_slot(void *base, const struct field *f);
/* A text in which nothing may be left to be filled in. */
field_reader field_final;

/* A service's `files`, and its `build`: a command, or a list of them. */
field_reader field_files;
field_reader field_builds;

/*
 * Once all that is said of a service is read: its files and builds fit together. Where
 * the certificates are known each file gets one of them, and a path with {certificate} in
 * it is a file for each.
 */
bool service_files_finish(const struct reading *r, struct service *s) NODISCARD;
