#include "probe/private/talks.h"

#include <stdio.h>
#include <string.h>

enum {
	BER_INTEGER = 0x02,
	BER_OCTETS = 0x04,
	BER_ENUMERATED = 0x0a,
	BER_SEQUENCE = 0x30,
	LDAP_EXTENDED_RESPONSE = 0x78, /* [APPLICATION 24] */
	BUSY = 51,
	UNAVAILABLE = 52,
};

/* RFC 4511 4.14.1: message 1, an ExtendedRequest with the OID of StartTLS. */
static const unsigned char start_tls[] = { BER_SEQUENCE, 29, BER_INTEGER, 1, 1, 0x77, 24,
	0x80, 22, '1', '.', '3', '.', '6', '.', '1', '.', '4', '.', '1', '.', '1', '4', '6',
	'6', '.', '2', '0', '0', '3', '7' };

struct ber {
	const unsigned char *at;
	size_t left;
};

static bool nonsense(struct err *e)
{
	err_set(e, ERR_PROTOCOL, "an answer that is no LDAP");
	return false;
}

/* The length's own octets are in *b; short, or long: 0x84 and four of them (X.690 8.1.3).
 */
static bool ber_length(struct ber *b, size_t *len)
{
	size_t octets;

	if (b->left == 0)
		return false;
	b->left--;
	*len = *b->at++;
	if (*len < 0x80)
		return true;
	octets = *len & 0x7f;
	if (octets == 0 || octets > 4 || octets > b->left)
		return false;
	b->left -= octets;
	for (*len = 0; octets > 0; octets--)
		*len = *len << 8 | *b->at++;
	return true;
}

static bool ber_take(struct ber *b, unsigned tag, struct ber *content)
{
	if (b->left == 0 || *b->at != tag)
		return false;
	b->at++;
	b->left--;
	if (!ber_length(b, &content->left) || content->left > b->left)
		return false;
	content->at = b->at;
	b->at += content->left;
	b->left -= content->left;
	return true;
}

static bool ber_number(struct ber *b, unsigned tag, long *n)
{
	struct ber content;

	if (!ber_take(b, tag, &content) || content.left == 0 || content.left > 4)
		return false;
	for (*n = 0; content.left > 0; content.left--)
		*n = *n * 256 + *content.at++;
	return true;
}

/* One whole message: what its outermost SEQUENCE holds. */
static bool read_message(struct lines *l, struct ber *message, struct err *e)
{
	const unsigned char *p = lines_bytes(l, 2, e);
	unsigned char octets[5];
	struct ber length = { octets, 1 };

	if (!p)
		return false;
	if (p[0] != BER_SEQUENCE)
		return nonsense(e);
	octets[0] = p[1];
	if (octets[0] > 0x80 && octets[0] <= 0x84) {
		length.left += octets[0] & 0x7f;
		p = lines_bytes(l, length.left - 1, e);
		if (!p)
			return false;
		memcpy(octets + 1, p, length.left - 1);
	}
	if (!ber_length(&length, &message->left))
		return nonsense(e);
	message->at = lines_bytes(l, message->left, e);
	return message->at;
}

/* Of RFC 4511 4.1.9, those that an answer to StartTLS has. */
static const char *result_name(long code)
{
	static const struct {
		long code;
		const char *name;
	} names[] = {
		{ 1, "operationsError" },
		{ 2, "protocolError" },
		{ 7, "authMethodNotSupported" },
		{ 8, "strongerAuthRequired" },
		{ 10, "referral" },
		{ 13, "confidentialityRequired" },
		{ BUSY, "busy" },
		{ UNAVAILABLE, "unavailable" },
		{ 53, "unwillingToPerform" },
		{ 80, "other" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "result";
}

bool ldap_talk(const char *name, struct lines *l, struct err *e)
{
	struct ber message, response, dn, text;
	long id, result;
	char said[300];
	int n;

	(void)name;
	if (!lines_send(l, start_tls, sizeof start_tls, e) || !read_message(l, &message, e))
		return false;
	if (!ber_number(&message, BER_INTEGER, &id) ||
		!ber_take(&message, LDAP_EXTENDED_RESPONSE, &response) ||
		!ber_number(&response, BER_ENUMERATED, &result) ||
		!ber_take(&response, BER_OCTETS, &dn) ||
		!ber_take(&response, BER_OCTETS, &text))
		return nonsense(e);
	if (id == 1 && result == 0)
		return true;
	n = snprintf(said, sizeof said, "%s (%ld)%s%.*s", result_name(result), result,
		text.left > 0 ? ": " : "", (int)(text.left < 200 ? text.left : 200),
		(const char *)text.at);
	/* message 0 is a notice of disconnection (RFC 4511 4.4.1) */
	return (id == 0 && (result == BUSY || result == UNAVAILABLE)
			? talk_turned_away
			: talk_refused)(said, (size_t)n, e);
}
