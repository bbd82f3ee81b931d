/*
 * route53 - what is read from Route 53's answers. They are strangers' bytes.
 */
#pragma once

#include "dns/private/rrset.h"

/* From ListHostedZonesByName: whether the public zone is there, and its id (letters and
 * digits), appended. Zone without a dot at its end. */
bool route53_zone_in(const struct buf *answer, const char *zone, bool *has, struct buf *id,
	struct err *e) NODISCARD;

/*
 * From ListResourceRecordSets: the values and the TTL of the TXT set of s->name, if it is
 * there. ERR_REFUSED for a set that can't be read whole, or is more than those two and
 * would lose it when written back (an alias, a routing policy).
 */
bool route53_set_in(const struct buf *answer, struct rrset *s, struct err *e) NODISCARD;

/* From a refusal: its code ("Throttling") and its message, appended; as far as they are
 * there. */
void route53_refusal_in(const struct buf *answer, struct buf *code, struct buf *message);
