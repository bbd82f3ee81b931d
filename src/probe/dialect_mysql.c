#include "probe/private/talks.h"

#include <string.h>

enum {
	CLIENT_PROTOCOL_41 = 0x0200,
	CLIENT_SSL = 0x0800,
	CLIENT_SECURE_CONNECTION = 0x8000,
	ERROR_PACKET = 0xff,
	/* after the version: connection id, eight bytes of salt, a zero, capabilities */
	BEFORE_CAPABILITIES = 4 + 8 + 1,
};

/* An SSLRequest, packet 1: capabilities, 16 MiB at most, utf8, zeros. */
static const unsigned char ssl_request[4 + 32] = { 32, 0, 0, 1, 0,
	(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION) >> 8, 0, 0, 0, 0, 0, 1,
	33 };

static bool nonsense(struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "a greeting that is no MySQL");
}

/* Too many connections, or none from us: 0xff, a number, "#" and five characters of state
 * (not from all servers), the text. */
static bool error(const unsigned char *p, size_t len, struct err *e)
{
	size_t text = 3;

	if (len > 9 && p[3] == '#')
		text = 9;
	return talk_turned_away((const char *)p + text, len > text ? len - text : 0, e);
}

/* Handshake v10. */
static bool greeting(const unsigned char *p, size_t len, struct err *e)
{
	const unsigned char *nul = memchr(p, '\0', len);
	const unsigned char *capabilities = nul ? nul + 1 + BEFORE_CAPABILITIES : NULL;

	if (p[0] != 10 || !nul || p + len - nul < 1 + BEFORE_CAPABILITIES + 2)
		return nonsense(e);
	return (capabilities[0] | capabilities[1] << 8) & CLIENT_SSL ||
		talk_not_offered("TLS", e);
}

bool mysql_talk(const char *name, struct lines *l, struct err *e)
{
	const unsigned char *p = lines_bytes(l, 4, e);
	size_t len;

	(void)name;
	if (!p)
		return false;
	len = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
	if (len == 0 || p[3] != 0)
		return nonsense(e);
	p = lines_bytes(l, len, e);
	if (!p)
		return false;
	if (p[0] == ERROR_PACKET)
		return error(p, len, e);
	/* nothing answers the request: the handshake follows at once */
	return greeting(p, len, e) && lines_send(l, ssl_request, sizeof ssl_request, e);
}
