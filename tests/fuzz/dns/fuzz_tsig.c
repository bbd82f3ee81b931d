/* The answer to a signed request, in any bytes. */
#include "dns/dns.h"
#include "dns/private/tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dns_config config = { .tsig_name = "acme",
		.tsig_algorithm = "hmac-sha256",
		.tsig_secret = BUF_EMPTY };
	struct tsig_mac mac = { .len = 32 };
	struct tsig_key key;
	struct err e;

	buf_puts(&config.tsig_secret, "secret");
	if (tsig_key_from(&config, &key, &e) &&
		tsig_verify(data, len, &key, &mac, 1800000000, &e))
		__builtin_trap(); /* nobody guesses a MAC */
	buf_clear(&config.tsig_secret);
	return 0;
}
