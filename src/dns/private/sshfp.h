/*
 * sshfp - one SSHFP record, as it is on the wire.
 */
#pragma once

#include "dns/dns.h"

/* RFC 4255 3.1: false for another digest than SHA-256, or of another length than that. */
bool sshfp_read(const void *rdata, size_t len, struct dns_sshfp_record *r) NODISCARD;
