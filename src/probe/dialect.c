#include "probe/private/dialect.h"
#include "base/text.h"
#include "probe/private/talks.h"
#include "probe/private/tds.h"
#include "probe/probe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* RFC 3207; the reply to EHLO must offer STARTTLS, else a real client would go on in clear.
 */
static const struct step smtp[] = {
	{ STEP_REPLY, "220", NULL },
	{ STEP_HELLO, "EHLO", NULL },
	{ STEP_REPLY, "250", "STARTTLS" },
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_REPLY, "220", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 2033 4.1 */
static const struct step lmtp[] = {
	{ STEP_REPLY, "220", NULL },
	{ STEP_HELLO, "LHLO", NULL },
	{ STEP_REPLY, "250", "STARTTLS" },
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_REPLY, "220", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 2595 4. CAPA isn't asked: there are servers that take STLS and don't list it. */
static const struct step pop3[] = {
	{ STEP_LINE, "+OK", NULL },
	{ STEP_SEND, "STLS\r\n", NULL },
	{ STEP_LINE, "+OK", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 4642; 200 and 201 both greet. */
static const struct step nntp[] = {
	{ STEP_REPLY, "20", NULL },
	{ STEP_LIST, "101", "STARTTLS" },
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_REPLY, "382", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 3501 6.2.1; PREAUTH: STARTTLS can't follow (RFC 9051 7.1.4) */
static const struct step imap[] = {
	{ STEP_LINE, "* OK", NULL },
	{ STEP_SEND, "a1 CAPABILITY\r\n", NULL },
	{ STEP_TAGGED, "a1 ", "STARTTLS" },
	{ STEP_SEND, "a2 STARTTLS\r\n", NULL },
	{ STEP_TAGGED, "a2 ", NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 5804 2.2 */
static const struct step sieve[] = {
	{ STEP_SIEVE, NULL, "STARTTLS" },
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_SIEVE, NULL, NULL },
	{ STEP_END, NULL, NULL },
};

/* RFC 4217 4. FEAT isn't asked: many servers answer it only to who is logged in. */
static const struct step ftp[] = {
	{ STEP_FTP, "220", NULL },
	{ STEP_SEND, "AUTH TLS\r\n", NULL },
	{ STEP_FTP, "234", NULL },
	{ STEP_END, NULL, NULL },
};

/* IRCv3 "tls": 670 is RPL_STARTTLS. */
static const struct step irc[] = {
	{ STEP_SEND, "STARTTLS\r\n", NULL },
	{ STEP_IRC, "670", NULL },
	{ STEP_END, NULL, NULL },
};

#define BYTES(text)                                                                        \
	{                                                                                  \
		(text), sizeof(text) - 1                                                   \
	}
#define QUIT   BYTES("QUIT\r\n")
#define LOGOUT BYTES("LOGOUT\r\n")
/* an UnbindRequest (RFC 4511 4.3) */
#define UNBIND BYTES("\x30\x05\x02\x01\x02\x42\x00")
/*
 * MySQL has no farewell for who isn't logged in, and counts connections that leave so:
 * after max_connect_errors in a row it lets nobody in from there. A login that is denied
 * isn't counted; this is one, packet 2, of nobody without a password.
 */
#define NOBODY                                                                             \
	BYTES("\x2a\0\0\2"                                                                 \
	      "\0\x8a\0\0"                                                                 \
	      "\0\0\0\1"                                                                   \
	      "\x21"                                                                       \
	      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                             \
	      "certpush\0"                                                                 \
	      "\0")
/* each name with its length before it, in octal: a letter may follow */
#define WEB        BYTES("\2h2\10http/1.1")
#define DOT        BYTES("\3dot")          /* RFC 7858 */
#define XMPP_C2S   BYTES("\13xmpp-client") /* XEP-0368 */
#define XMPP_S2S   BYTES("\13xmpp-server")
#define POSTGRESQL BYTES("\12postgresql")
#define TDS_8      BYTES("\7tds/8.0")

/* For the table and for the list of the names. */
#define DIALECTS(ROW)                                                                      \
	ROW("smtp", "SMTP", 25, .steps = smtp, .bye = QUIT)                                \
	ROW("submission", "SUBMISSION", 587, .steps = smtp, .bye = QUIT)                   \
	ROW("smtps", "SMTPS", 465, .bye = QUIT)                                            \
	ROW("submissions", "SUBMISSIONS", 465, .bye = QUIT)                                \
	ROW("lmtp", "LMTP", 24, .steps = lmtp, .bye = QUIT)                                \
	ROW("imap", "IMAP", 143, .steps = imap, .bye = BYTES("a3 LOGOUT\r\n"))             \
	ROW("imaps", "IMAPS", 993, .bye = BYTES("a3 LOGOUT\r\n"))                          \
	ROW("pop3", "POP3", 110, .steps = pop3, .bye = QUIT)                               \
	ROW("pop3s", "POP3S", 995, .bye = QUIT)                                            \
	ROW("sieve", "SIEVE", 4190, .steps = sieve, .bye = LOGOUT)                         \
	ROW("nntp", "NNTP", 119, .steps = nntp, .bye = QUIT)                               \
	ROW("nntps", "NNTPS", 563, .bye = QUIT)                                            \
	ROW("https", "HTTPS", 443, .alpn = WEB)                                            \
	ROW("ftp", "FTP", 21, .steps = ftp, .bye = QUIT)                                   \
	ROW("ftps", "FTPS", 990, .bye = QUIT)                                              \
	ROW("xmpp-client", "XMPP-CLIENT", 5222, .talk = xmpp_client_talk)                  \
	ROW("xmpp-server", "XMPP-SERVER", 5269, .talk = xmpp_server_talk)                  \
	ROW("xmpps-client", "XMPPS-CLIENT", 5223, .alpn = XMPP_C2S)                        \
	ROW("xmpps-server", "XMPPS-SERVER", 5270, .alpn = XMPP_S2S)                        \
	ROW("irc", "IRC", 6667, .steps = irc, .bye = QUIT)                                 \
	ROW("ircs", "IRCS", 6697, .bye = QUIT)                                             \
	ROW("sips", "SIPS", 5061, .steps = NULL)                                           \
	ROW("turns", "TURNS", 5349, .steps = NULL)                                         \
	ROW("mqtts", "MQTTS", 8883, .steps = NULL)                                         \
	ROW("amqps", "AMQPS", 5671, .steps = NULL)                                         \
	ROW("ldap", "LDAP", 389, .talk = ldap_talk, .bye = UNBIND)                         \
	ROW("ldaps", "LDAPS", 636, .bye = UNBIND)                                          \
	ROW("dot", "DOT", 853, .alpn = DOT)                                                \
	ROW("radsec", "RADSEC", 2083, .steps = NULL)                                       \
	ROW("syslog-tls", "SYSLOG-TLS", 6514, .steps = NULL)                               \
	ROW("postgres", "POSTGRES", 5432, .talk = postgres_talk)                           \
	ROW("postgres-direct", "POSTGRES-DIRECT", 5432, .alpn = POSTGRESQL)                \
	ROW("mysql", "MYSQL", 3306, .talk = mysql_talk, .bye = NOBODY)                     \
	ROW("mssql", "MSSQL", 1433, .talk = mssql_talk, .wrap = tds_wrap)                  \
	ROW("mssql-direct", "MSSQL-DIRECT", 1433, .alpn = TDS_8)                           \
	ROW("mongodb", "MONGODB", 27017, .steps = NULL)                                    \
	ROW("rediss", "REDISS", 6379, .steps = NULL)                                       \
	ROW("elasticsearch", "ELASTICSEARCH", 9200, .alpn = WEB)                           \
	ROW("etcd", "ETCD", 2379, .alpn = WEB)                                             \
	ROW("docker", "DOCKER", 2376, .alpn = WEB)                                         \
	ROW("kubernetes", "KUBERNETES", 6443, .alpn = WEB)                                 \
	ROW("rdp", "RDP", 3389, .talk = rdp_talk)                                          \
	ROW("tls", "TLS", 0, .steps = NULL)

#define AS_DIALECT(...) { __VA_ARGS__ },
static const struct dialect dialects[] = { DIALECTS(AS_DIALECT) };

#define AS_NAME(name, ...) name,
const char *const probe_protocol_names[] = { DIALECTS(AS_NAME) NULL };

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

int probe_port(const char *protocol, int said)
{
	return said ? said : probe_protocol_port(protocol);
}

const char *probe_protocol_title(const char *protocol)
{
	const struct dialect *d = dialect_find(protocol);

	return d ? d->title : protocol;
}

/* Is it the line's first word, whatever the case? "STARTTLSX" is another. */
static bool begins(const char *line, const char *word)
{
	const size_t len = strlen(word);

	return strncasecmp(line, word, len) == 0 && (!line[len] || line[len] == ' ');
}

/* Is it one of the line's words? */
static bool mentions(const char *line, const char *word)
{
	while (*line) {
		if (begins(line, word))
			return true;
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return false;
}

bool talk_refused(const char *text, size_t len, struct err *e)
{
	const int most = len < 200 ? (int)len : 200;

	return err_set(e, ERR_PROTOCOL, "the server said: %.*s",
		len > 0 ? most : (int)sizeof "(nothing)", len > 0 ? text : "(nothing)");
}

bool talk_turned_away(const char *text, size_t len, struct err *e)
{
	talk_refused(text, len, e);
	e->kind = ERR_NET;
	return false;
}

bool talk_not_offered(const char *what, struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "the server doesn't offer %s", what);
}

static bool has_code(const char *line, const char *code)
{
	return text_starts(line, code) && strchr(" -", line[3]); /* or nothing more */
}

static bool is_no(const char *line)
{
	return begins(line, "-ERR") ||
		((*line == '4' || *line == '5') && strspn(line, "0123456789") == 3);
}

/*
 * No service, in place of a greeting (RFC 5321 3.1, RFC 3977 5.1, RFC 1939 3), or at any
 * time since the server closes (RFC 5321 3.8, RFC 3977 3.2.1, RFC 959 5.4, RFC 3501 7.1.5).
 */
static bool turns_away(const struct lines *l, const char *line)
{
	return has_code(line, "421") || has_code(line, "400") || begins(line, "* BYE") ||
		(!l->said && is_no(line));
}

static bool refused(const struct lines *l, const char *line, struct err *e)
{
	return (turns_away(l, line) ? talk_turned_away : talk_refused)(
		line, strlen(line), e);
}

static bool offered(const struct step *s, bool found, struct err *e)
{
	return !s->offers || found || talk_not_offered(s->offers, e);
}

static bool too_many(struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "a reply of over %d lines", MAX_LINES);
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
			return refused(l, line, e);
		if (strlen(line) > 4 && s->offers)
			found |= begins(line + 4, s->offers);
		if (strlen(line) < 4 || line[3] != '-')
			return offered(s, found, e);
	}
	return too_many(e);
}

/* RFC 959 4.2: what "220-" begins, only "220 " ends, and all that is between is free. 120
 * announces another reply. */
static bool ftp_reply(const struct step *s, struct lines *l, struct err *e)
{
	char code[4] = "";

	for (int n = 0; n < MAX_LINES; n++) {
		const char *line = lines_read(l, e);

		if (!line)
			return false;
		if (!*code) {
			if (!has_code(line, s->text) && !has_code(line, "120"))
				return refused(l, line, e);
			memcpy(code, line, 3);
		}
		if (!has_code(line, code) || line[3] == '-')
			continue;
		if (text_eq(code, s->text))
			return true;
		*code = '\0';
	}
	return too_many(e);
}

/* What a list of capabilities has. */
struct listed {
	bool found;   /* what is looked for */
	bool transit; /* the server may be asked to go over to reading */
};

/* RFC 3977 5.2; a server that doesn't know the question may take STARTTLS all the same. */
static bool capabilities(
	const struct step *s, struct lines *l, struct listed *out, struct err *e)
{
	const char *line;

	*out = (struct listed){ .found = false };
	line = lines_write(l, "CAPABILITIES\r\n", e) ? lines_read(l, e) : NULL;
	if (!line)
		return false;
	out->found = text_starts(line, "5") || text_starts(line, "48");
	if (out->found)
		return true;
	if (!text_starts(line, s->text))
		return refused(l, line, e);
	for (int n = 0; n < MAX_LINES; n++) {
		line = lines_read(l, e);
		if (!line || text_eq(line, "."))
			return line;
		out->found |= begins(line, s->offers);
		out->transit |= begins(line, "MODE-READER");
	}
	return too_many(e);
}

/* RFC 3977 5.3.3: a server may offer it to readers only, and take who comes for another
 * server. After STARTTLS it would be too late to be a reader. */
static bool list(const struct step *s, struct lines *l, struct err *e)
{
	static const struct step ready = { STEP_REPLY, "20", NULL };
	struct listed listed;

	if (!capabilities(s, l, &listed, e))
		return false;
	if (!listed.found && listed.transit &&
		(!lines_write(l, "MODE READER\r\n", e) || !reply(&ready, l, e) ||
			!capabilities(s, l, &listed, e)))
		return false;
	return offered(s, listed.found, e);
}

static bool one_line(const struct step *s, struct lines *l, struct err *e)
{
	const char *line = lines_read(l, e);

	return line && (begins(line, s->text) || refused(l, line, e));
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
			return begins(line + tag, "OK") ? offered(s, found, e)
							: refused(l, line, e);
		if (!text_starts(line, "* ") || begins(line + 2, "BYE"))
			return refused(l, line, e);
		if (s->offers && begins(line + 2, "CAPABILITY"))
			found |= mentions(line + 2, s->offers);
	}
	return too_many(e);
}

/* Servers tell in notices that they look up who comes, and may do so at any time. */
static bool irc_reply(const struct step *s, struct lines *l, struct err *e)
{
	for (int n = 0; n < MAX_LINES; n++) {
		const char *line = lines_read(l, e), *word = line;

		if (!line)
			return false;
		if (*word == ':') {
			word += strcspn(word, " ");
			word += strspn(word, " ");
		}
		if (begins(word, "ERROR")) /* RFC 2812 3.7.4 */
			return talk_turned_away(line, strlen(line), e);
		if (!begins(word, "NOTICE"))
			return begins(word, s->text) || talk_refused(line, strlen(line), e);
	}
	return too_many(e);
}

static bool send_text(const struct step *s, struct lines *l, struct err *e)
{
	return lines_write(l, s->text, e);
}

/* RFC 5321 4.1.4: who has no name of his own gives his address. It always fits, and
 * nothing can be looked up that isn't there. */
static bool send_hello(const struct step *s, struct lines *l, struct err *e)
{
	struct sockaddr_storage me = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof me;
	const struct sockaddr_in *v4 = (const void *)&me;
	const struct sockaddr_in6 *v6 = (const void *)&me;
	char address[INET6_ADDRSTRLEN] = "127.0.0.1"; /* by way of a tunnel */
	char line[80];

	getsockname(l->fd, (struct sockaddr *)&me, &len);
	if (me.ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, address, sizeof address);
	if (me.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof address);
	snprintf(line, sizeof line, "%s [%s%s]\r\n", s->text,
		me.ss_family == AF_INET6 ? "IPv6:" : "", address);
	return lines_write(l, line, e);
}

static bool (*const actions[])(const struct step *, struct lines *, struct err *) = {
	[STEP_SEND] = send_text,
	[STEP_HELLO] = send_hello,
	[STEP_REPLY] = reply,
	[STEP_FTP] = ftp_reply,
	[STEP_LIST] = list,
	[STEP_LINE] = one_line,
	[STEP_TAGGED] = tagged,
	[STEP_SIEVE] = sieve_reply,
	[STEP_IRC] = irc_reply,
};

bool dialect_speak(
	const struct dialect *d, const char *name, struct lines *l, struct err *e)
{
	for (const struct step *s = d->steps; s && s->kind != STEP_END; s++)
		if (!actions[s->kind](s, l, e))
			return false;
	if (d->talk && !d->talk(name, l, e))
		return false;
	/* What came before the handshake came in the clear: CVE-2011-0411 */
	if (lines_pending(l) > 0)
		return err_set(e, ERR_PROTOCOL,
			"%zu bytes in the clear behind the go-ahead for TLS",
			lines_pending(l));
	return true;
}
