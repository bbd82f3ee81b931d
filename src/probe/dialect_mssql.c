#include "probe/private/talks.h"
#include "probe/private/tds.h"

enum { OPTION_ENCRYPTION = 1, OPTIONS_END = 0xff, OPTION_SIZE = 5 };
enum { ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUPPORTED, ENCRYPT_REQUIRED };

/* [MS-TDS] 2.2.6.5: VERSION and ENCRYPTION, of which the second is ENCRYPT_ON. */
static const unsigned char prelogin[] = { TDS_PRELOGIN, 1, 0, 26, 0, 0, 1, 0, /* header */
	0, 0, 11, 0, 6, OPTION_ENCRYPTION, 0, 17, 0, 1, OPTIONS_END, /* where, how long */
	9, 0, 0, 0, 0, 0, ENCRYPT_ON };

/* The first byte of an option, NULL if it isn't there. */
static const unsigned char *option(const unsigned char *p, size_t len, unsigned which)
{
	for (size_t i = 0; i + OPTION_SIZE <= len && p[i] != OPTIONS_END;
		i += OPTION_SIZE) {
		const size_t at = (size_t)p[i + 1] << 8 | p[i + 2];
		const size_t size = (size_t)p[i + 3] << 8 | p[i + 4];

		if (p[i] == which && size > 0 && at < len)
			return p + at;
	}
	return NULL;
}

bool mssql_talk(const char *name, struct lines *l, struct err *e)
{
	const unsigned char *p, *encryption;
	size_t len;

	(void)name;
	if (!lines_send(l, prelogin, sizeof prelogin, e))
		return false;
	p = lines_bytes(l, TDS_HEADER, e);
	if (!p)
		return false;
	len = (size_t)p[2] << 8 | p[3];
	if (p[0] != TDS_REPLY || p[1] != 1 || len < TDS_HEADER)
		return err_set(e, ERR_PROTOCOL, "an answer that is no TDS");
	p = lines_bytes(l, len - TDS_HEADER, e);
	if (!p)
		return false;
	encryption = option(p, len - TDS_HEADER, OPTION_ENCRYPTION);
	if (!encryption)
		return err_set(e, ERR_PROTOCOL, "an answer that is no TDS");
	return *encryption == ENCRYPT_ON || *encryption == ENCRYPT_REQUIRED ||
		talk_not_offered("TLS", e);
}
