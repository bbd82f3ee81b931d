/* What a CA sends as a chain; each certificate is asked everything that the program asks.
 */
#include "base/buf.h"
#include "cert/cert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "www.example.net", "*.example.net",
		"192.0.2.7", "2001:db8::1" };
	AUTO(chain) struct chain c = { 0 };
	AUTO(chain) struct chain again = { 0 };
	AUTO(buf) struct buf pem = BUF_EMPTY;
	struct err e;

	if (!chain_from_pem((const char *)data, len, &c, &e))
		return 0;
	for (size_t i = 0; i < c.n; i++) {
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			(void)cert_covers(c.certs[i], names[k]);
		(void)cert_has_names(c.certs[i], names, ARRAY_LEN(names));
		(void)(cert_key_is_weak(c.certs[i]) + cert_signature_is_weak(c.certs[i]) +
			cert_is_for_clients(c.certs[i]) + cert_is_self_issued(c.certs[i]) +
			cert_is_issued_by(c.certs[0], c.certs[i]));
	}
	chain_to_pem(&c, 0, c.n, &pem);
	if (!chain_from_pem(pem.data, pem.len, &again, &e) || again.n != c.n)
		abort();
	return 0;
}
