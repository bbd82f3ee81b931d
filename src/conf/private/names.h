/*
 * names - DNS names, addresses and directory names as users write them.
 *
 * Each check gives NULL, or what is wrong in words that follow the name in a message.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

/*
 * A name a certificate may have, in lower case and without a trailing dot, in *out.
 * Refused: addresses, non-ASCII (IDN wants A-labels), single labels, wildcards but for the
 * first label.
 */
const char *name_check(struct arena *a, const char *text, const char **out);
/* The same for a zone: no wildcard, one label is enough, and '_' may be in it. */
const char *name_check_zone(struct arena *a, const char *text, const char **out);

/* A certificate's name: one directory in the store. */
const char *name_check_directory(const char *text);

/* "192.0.2.1", "[2001:db8::1]:53", "2001:db8::1"; with hosts also "ns1.example.net:53". */
const char *name_check_server(struct arena *a, const char *text, bool hosts);
