#include "probe/private/dialect.h"
#include "base/text.h"
#include "probe/probe.h"

#include <string.h>
#include <strings.h>

/* A server that goes on and on is not believed. */
#define MAX_LINES 100

/* RFC 3207; the reply to EHLO must offer STARTTLS, else a real client would go on in clear.
 */
static const struct step smtp[] = {
	{ STEP_REPLY, "220", NULL },
	{ STEP_SEND, "EHLO certpush.invalid\r\n", NULL },
	{ STEP_REPLY, "250", "STARTTLS" },
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_REPLY, "220", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 4642; 200 and 201 both greet. CAPABILITIES isn't asked: old servers don't know it. */
static const struct step nntp[] = {
	{ STEP_REPLY, "20", NULL },
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_REPLY, "382", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 3501 6.2.1 */
static const struct step imap[] = {
	{ STEP_GREETING, NULL, NULL },
	{ STEP_SEND, "a1 CAPABILITY\r\n", NULL },
	{ STEP_TAGGED, "a1 ", "STARTTLS" },
	{ STEP_SEND, "a2 STARTTLS\r\n", NULL },
	{ STEP_TAGGED, "a2 ", NULL },
	{ STEP_END, NULL, NULL },
};

static const struct dialect dialects[] = {
	{ "smtp", "SMTP", 25, smtp, "QUIT\r\n" },
	{ "submission", "SUBMISSION", 587, smtp, "QUIT\r\n" },
	{ "nntp", "NNTP", 119, nntp, "QUIT\r\n" },
	{ "nntps", "NNTPS", 563, NULL, "QUIT\r\n" },
	{ "https", "HTTPS", 443, NULL, NULL },
	{ "imap", "IMAP", 143, imap, "a3 LOGOUT\r\n" },
	{ "imaps", "IMAPS", 993, NULL, "a3 LOGOUT\r\n" },
};

const char *const probe_protocol_names[] = { "smtp", "submission", "nntp", "nntps", "https",
	"imap", "imaps", NULL };
_Static_assert(ARRAY_LEN(probe_protocol_names) == ARRAY_LEN(dialects) + 1, "a name each");

const struct dialect *dialect_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
		if (text_eq(dialects[i].name, name))
			return &dialects[i];
	return NULL;
}

int probe_protocol_port(const char *protocol)
{
	const struct dialect *d = dialect_find(protocol);

	return d ? d->port : 0;
}

const char *probe_protocol_title(const char *protocol)
{
	const struct dialect *d = dialect_find(protocol);

	return d ? d->title : protocol;
}

/* Is the word among those of the line, whatever the case? "mx-starttls-1" is another word.
 */
static bool mentions(const char *line, const char *word)
{
	const size_t len = strlen(word);

	while (*line) {
		size_t n = strcspn(line, " ");

		if (n == len && strncasecmp(line, word, len) == 0)
			return true;
		line += n;
		line += strspn(line, " ");
	}
	return false;
}

static bool refused(const char *line, struct err *e)
{
	return err_set(
		e, ERR_PROTOCOL, "the server said: %.200s", *line ? line : "(nothing)");
}

static bool offered(const struct step *s, bool found, struct err *e)
{
	if (s->offers && !found)
		return err_set(e, ERR_PROTOCOL, "the server doesn't offer %s", s->offers);
	return true;
}

/* "250-text" goes on, "250 text" and "250" end it (RFC 5321 4.2.1; RFC 3977 has one line).
 */
static bool reply(const struct step *s, struct lines *l, struct err *e)
{
	bool found = false;

	for (int n = 0; n < MAX_LINES; n++) {
		const char *line = lines_read(l, e);

		if (!line)
			return false;
		if (!text_starts(line, s->text))
			return refused(line, e);
		if (strlen(line) > 4 && s->offers)
			found |= mentions(line + 4, s->offers);
		if (strlen(line) < 4 || line[3] != '-')
			return offered(s, found, e);
	}
	return err_set(e, ERR_PROTOCOL, "a reply of over %d lines", MAX_LINES);
}

static bool greeting(const struct step *s, struct lines *l, struct err *e)
{
	const char *line = lines_read(l, e);

	(void)s;
	if (!line)
		return false;
	/* PREAUTH: STARTTLS can't follow (RFC 9051 7.1.4) */
	return strncasecmp(line, "* OK", 4) == 0 ? true : refused(line, e);
}

static bool tagged(const struct step *s, struct lines *l, struct err *e)
{
	const size_t tag = strlen(s->text);
	bool found = false;

	for (int n = 0; n < MAX_LINES; n++) {
		const char *line = lines_read(l, e);

		if (!line)
			return false;
		if (strncmp(line, s->text, tag) == 0)
			return strncasecmp(line + tag, "OK", 2) == 0 ? offered(s, found, e)
								     : refused(line, e);
		if (strncmp(line, "* ", 2) != 0 || strncasecmp(line, "* BYE", 5) == 0)
			return refused(line, e);
		if (s->offers)
			found |= mentions(line + 2, s->offers);
	}
	return err_set(e, ERR_PROTOCOL, "a reply of over %d lines", MAX_LINES);
}

static bool send_text(const struct step *s, struct lines *l, struct err *e)
{
	return lines_write(l, s->text, e);
}

static bool (*const actions[])(const struct step *, struct lines *, struct err *) = {
	[STEP_SEND] = send_text,
	[STEP_REPLY] = reply,
	[STEP_GREETING] = greeting,
	[STEP_TAGGED] = tagged,
};

bool dialect_speak(const struct dialect *d, struct lines *l, struct err *e)
{
	if (!d->steps)
		return true;
	for (const struct step *s = d->steps; s->kind != STEP_END; s++)
		if (!actions[s->kind](s, l, e))
			return false;
	/* What came before the handshake came in the clear: CVE-2011-0411 */
	if (lines_pending(l) > 0)
		return err_set(e, ERR_PROTOCOL,
			"%zu bytes in the clear behind the go-ahead for TLS",
			lines_pending(l));
	return true;
}
