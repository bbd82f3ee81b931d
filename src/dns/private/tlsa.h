/*
 * tlsa - one TLSA record, as it is on the wire.
 */
#pragma once

#include "base/macros.h"

#include <stddef.h>

/* RFC 6698 2.1, as "3 1 1 9f86…", malloc'ed; NULL if there is nothing behind the three
 * numbers. */
char *tlsa_rdata_text(const void *rdata, size_t len) NODISCARD;
