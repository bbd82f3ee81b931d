/*
 * settings_dns - the `dns` list of the settings.
 */
#pragma once

#include "conf/private/schema.h"
#include "conf/settings.h"

/* r->hint is the path of the settings file: a secret in clear asks for its mode. */
bool settings_read_dns(const struct reading *r, const char *what, const struct node *value,
	struct dns_settings **dns, size_t *n) NODISCARD;
