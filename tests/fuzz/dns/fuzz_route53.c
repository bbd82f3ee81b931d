/* An answer of any bytes from Route 53's API. */
#include "dns/private/route53.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(buf) struct buf answer = BUF_EMPTY, id = BUF_EMPTY;
	AUTO(buf) struct buf code = BUF_EMPTY, message = BUF_EMPTY;
	char name[] = "_acme-challenge.example.net";
	struct rrset s = { .name = name };
	struct err e;
	bool has;

	buf_add(&answer, data, len);
	if (route53_zone_in(&answer, "example.net", &has, &id, &e) && has &&
		(id.len == 0 || strpbrk(id.data, "/.%?\r\n")))
		__builtin_trap();
	if (route53_set_in(&answer, &s, &e) && s.ttl < 0)
		__builtin_trap();
	rrset_forget(&s);
	route53_refusal_in(&answer, &code, &message);
	return 0;
}
