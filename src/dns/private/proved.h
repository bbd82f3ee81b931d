/*
 * proved - what the DNS says of names, with DNSSEC's word on it: through the resolvers of a
 * configuration, and past them where they drop signatures.
 */
#pragma once

#include "dns/dns.h"
#include "dns/private/validator.h"

/*
 * Answer the questions. False where there is no libunbound,
 * ERR_CONFIG for a trust anchor or a resolver that can't be used.
 */
bool proved_ask(const struct dns_config *c, struct question *q, size_t n, int64_t deadline,
	struct err *e) NODISCARD;
