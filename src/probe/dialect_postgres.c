#include "base/text.h"
#include "probe/private/talks.h"

#include <string.h>

/* An SSLRequest (the protocol's chapter "Message Formats"). */
static const unsigned char ssl_request[] = { 0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f };

/* "E", a length, and fields of a letter and a text: M is for people, C is an SQLSTATE. */
static const char *field_of(const char *fields, size_t len, char letter)
{
	const char *end = fields + len;

	while (fields < end && *fields) {
		const char *nul = memchr(fields, '\0', (size_t)(end - fields));

		if (*fields == letter && nul)
			return fields + 1;
		fields = nul ? nul + 1 : end;
	}
	return NULL;
}

/* Out of connections or memory; starting, or going down (its appendix "Error Codes"). */
static bool turns_away(const char *state)
{
	return state && (text_starts(state, "53") || text_starts(state, "57P"));
}

/* Servers before 7.4, and those that can't begin a process, send a text and a NUL. */
static bool old_error(char *text, size_t size, size_t n, struct lines *l, struct err *e)
{
	while (n < size && !memchr(text, '\0', n)) {
		const unsigned char *c = lines_bytes(l, 1, e);

		if (!c)
			break; /* what has come is told */
		text[n++] = (char)*c;
	}
	return talk_refused(text, strnlen(text, n), e);
}

static bool error(struct lines *l, struct err *e)
{
	const unsigned char *p = lines_bytes(l, 4, e);
	char text[200];
	const char *said;
	size_t len;

	if (!p)
		return false;
	if (p[0] != 0) {
		memcpy(text, p, 4);
		return old_error(text, sizeof text, 4, l, e);
	}
	len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	len = len > 4 ? len - 4 : 0; /* it counts itself */
	p = lines_bytes(l, len, e);
	if (!p)
		return false;
	said = field_of((const char *)p, len, 'M');
	return (turns_away(field_of((const char *)p, len, 'C')) ? talk_turned_away
								: talk_refused)(
		said ? said : "an error", said ? strlen(said) : 8, e);
}

bool postgres_talk(const char *name, struct lines *l, struct err *e)
{
	const unsigned char *answer;

	(void)name;
	if (!lines_send(l, ssl_request, sizeof ssl_request, e))
		return false;
	/* one byte and no more: CVE-2021-23222 */
	answer = lines_bytes(l, 1, e);
	if (!answer)
		return false;
	if (*answer == 'N')
		return talk_not_offered("TLS", e);
	if (*answer == 'E')
		return error(l, e);
	return *answer == 'S' ||
		err_set(e, ERR_PROTOCOL, "an answer that is no PostgreSQL: 0x%02x",
			*answer);
}
