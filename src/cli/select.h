/*
 * select - the certificates that a command line names.
 */
#pragma once

#include "cli/context.h"

/* Those of the settings that the words name, all without words. malloc'ed. ERR_USAGE for a
 * word that is none. */
bool select_certificates(const struct context *c, const struct certificate ***list,
	size_t *n, struct err *e) NODISCARD;
