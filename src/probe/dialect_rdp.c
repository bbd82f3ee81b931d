#include "probe/private/talks.h"

/* [MS-RDPBCGR] 2.2.1.1: X.224 Connection Request in a TPKT, for TLS or CredSSP. */
static const unsigned char request[] = { 3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0,
	3, 0, 0, 0 };

enum { TPKT = 4, X224_CONFIRM = 7, NEGOTIATION = 8, WITH = TPKT + X224_CONFIRM };
enum { NEG_RESPONSE = 2, NEG_FAILURE = 3 };

/* 2.2.1.2.2 */
static const char *const failures[] = { "a failure", "SSL_REQUIRED_BY_SERVER",
	"SSL_NOT_ALLOWED_BY_SERVER", "SSL_CERT_NOT_ON_SERVER", "INCONSISTENT_FLAGS",
	"HYBRID_REQUIRED_BY_SERVER", "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER" };

static bool negotiated(const unsigned char *p, struct err *e)
{
	const unsigned long value = p[4] | (unsigned long)p[5] << 8 |
		(unsigned long)p[6] << 16 | (unsigned long)p[7] << 24;
	const char *why = failures[value < ARRAY_LEN(failures) ? value : 0];

	if (p[0] == NEG_FAILURE)
		return err_set(e, ERR_PROTOCOL, "the server said: %s", why);
	/* 1: TLS; 2 and 8: CredSSP, which is inside TLS */
	if (p[0] != NEG_RESPONSE || (value != 1 && value != 2 && value != 8))
		return talk_not_offered("TLS", e);
	return true;
}

bool rdp_talk(const char *name, struct lines *l, struct err *e)
{
	const unsigned char *p;
	size_t len;

	(void)name;
	if (!lines_send(l, request, sizeof request, e))
		return false;
	p = lines_bytes(l, TPKT, e);
	if (!p)
		return false;
	len = (size_t)p[2] << 8 | p[3];
	if (p[0] != 3 || (len != WITH && len != WITH + NEGOTIATION))
		return err_set(e, ERR_PROTOCOL, "an answer that is no RDP");
	p = lines_bytes(l, len - TPKT, e);
	if (!p)
		return false;
	if (p[0] != len - TPKT - 1 || (p[1] & 0xf0) != 0xd0)
		return err_set(e, ERR_PROTOCOL, "an answer that is no RDP");
	/* without an answer to what was asked for, it's RDP's own encryption */
	if (len == WITH)
		return talk_not_offered("TLS", e);
	return negotiated(p + X224_CONFIRM, e);
}
