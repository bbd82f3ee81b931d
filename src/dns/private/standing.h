/*
 * standing - what TXT records of dns-persist-01 say.
 */
#pragma once

#include "dns/dns.h"
#include "dns/private/wire.h"

#include <time.h>

/*
 * Does the record give that permission, now? Its text is an issue-value of RFC 8659 4.2:
 * "ca.example; accounturi=URI[; policy=wildcard][; persistUntil=SECONDS]". One that is
 * malformed gives none.
 */
bool standing_in(const ldns_rr *rr, const struct dns_standing *s, time_t now);
