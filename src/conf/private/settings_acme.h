/*
 * settings_acme - `acme`, which speaks of all CAs, and `cas`, which speaks of some.
 */
#pragma once

#include "conf/private/schema.h"
#include "conf/settings.h"

/* While the settings are read; zero before. */
struct acme_draft {
	struct ca_settings common;
	struct ca_names ca; /* for certificates that name none */
	struct ca_names staging;
	const struct node *cas;
};

/* Readers of both keys into a struct acme_draft at f->offset. */
field_reader settings_read_acme;
field_reader settings_read_cas;

/*
 * Once all is read: the CAs that certificates use, each once, into s->cas; who uses which,
 * into their certificates.
 */
bool settings_join_cas(const struct reading *r, struct acme_draft *d, struct settings *s,
	struct certificate *certificates, size_t n) NODISCARD;

/* What certificates can say too: a struct profile, a struct ca_names, a word of these. */
field_reader settings_read_profile;
field_reader settings_read_ca;
extern const struct choice settings_challenges[];
