/*
 * An SSHFP record, and a host's key to compare it with: the record's length is the first
 * byte.
 */
#include "dns/private/sshfp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dns_sshfp_record r;
	const struct dns_sshfp all = { &r, 1, true };
	size_t n;

	if (len == 0 || data[0] > len - 1)
		return 0;
	n = data[0];
	if (sshfp_read(data + 1, n, &r))
		dns_sshfp_check(&all, data + 1 + n, len - 1 - n);
	return 0;
}
