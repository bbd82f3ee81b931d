/*
 * caa - what a set of CAA records permits. Pure.
 */
#pragma once

#include "dns/dns.h"
#include "dns/private/wire.h"

bool caa_permits(const ldns_rr_list *set, bool wildcard, const struct dns_caa *who);
