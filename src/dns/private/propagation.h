/*
 * propagation - wait until the servers that count show every record.
 */
#pragma once

#include "dns/dns.h"

#include <stdint.h>

/* What only tests have otherwise. */
struct terms {
	uint16_t port; /* where public name servers listen: 53 */
	int second_ms; /* how long a second of timeout and settle is: 1000 */
};

/* dns_wait, on these terms. */
void propagation_wait(struct dns_record *records, size_t n, const struct terms *terms,
	dns_progress *progress, void *ctx);
