/*
 * anchors - where DNSSEC's chains of trust begin.
 */
#pragma once

#include "dns/dns.h"
#include "dns/private/wire.h"

/* Those that c names (ERR_CONFIG if they can't be had), or of the system's usual ones those
 * that are there. */
bool anchors_find(const struct dns_config *c, ldns_rr_list *all, struct err *e) NODISCARD;

/* The name of the nearest one at or above the domain, or NULL: malloc'ed. */
char *anchors_above(const ldns_rr_list *all, const char *domain) NODISCARD;
