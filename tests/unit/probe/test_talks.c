/* What is said before the handshake where that isn't lines: XML, BER, packets. */
#include "scripted_peer.h"

#define OPENED                                                                             \
	"C!<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                     \
	"xmlns:stream='http://etherx.jabber.org/streams' to='mail.example.net' version='1.0'>"
#define STREAM                                                                                  \
	"<?xml version=\"1.0\"?>\n<stream:stream xmlns=\"jabber:client\" id='1' version='1.0' " \
	"xmlns:stream='http://etherx.jabber.org/streams' from='mail.example.net'>"
#define OFFER                                                                              \
	"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"   \
	"</starttls><mechanisms xmlns='x'><mechanism>PLAIN</mechanism></mechanisms>"       \
	"</stream:features>"
#define ASKED   "C!<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define PROCEED "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define STANZAS "urn:ietf:params:xml:ns:xmpp-streams"

static const struct row xmpp[] = {
	{ "a plain dialogue", "xmpp-client",
		{ OPENED, "S!" STREAM OFFER, ASKED, "S!" PROCEED, "W" }, ERR_NONE, NULL },
	{ "among servers", "xmpp-server",
		{ "C!<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
		  "xmlns:stream='http://etherx.jabber.org/streams' to='mail.example.net' version='1.0'>",
			"S!" STREAM OFFER, ASKED, "S!" PROCEED, "W" },
		ERR_NONE, NULL },
	{ "other prefixes, blanks, an end of its own", "xmpp-client",
		{ OPENED,
			"S! <s:stream xmlns:s = 'http://etherx.jabber.org/streams' a='>' >\r\n",
			"S!<s:features ><t:starttls xmlns:t=\"urn:ietf:params:xml:ns:xmpp-tls\"\n/>"
			"</s:features >",
			ASKED,
			"S!<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>",
			"W" },
		ERR_NONE, NULL },
	{ "STARTTLS isn't offered", "xmpp-client",
		{ OPENED, "S!" STREAM "<stream:features/>", "W" }, ERR_PROTOCOL,
		"doesn't offer STARTTLS" },
	{ "another's starttls", "xmpp-client",
		{ OPENED,
			"S!" STREAM
			"<stream:features><starttls xmlns='x'/></stream:features>",
			"W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "not for this domain", "xmpp-client",
		{ OPENED,
			"S!" STREAM "<stream:error><host-unknown xmlns='" STANZAS "'/>"
			"<text xmlns='" STANZAS
			"'>not here</text></stream:error></stream:stream>",
			"W" },
		ERR_PROTOCOL, "the server said: error: host-unknown: not here" },
	{ "too many", "xmpp-client",
		{ OPENED,
			"S!" STREAM "<stream:error><resource-constraint xmlns='" STANZAS
			"'/></stream:error></stream:stream>",
			"W" },
		ERR_NET, "the server said: error: resource-constraint" },
	{ "going down", "xmpp-client",
		{ OPENED, "S!" STREAM OFFER, ASKED,
			"S!<stream:error><system-shutdown xmlns='" STANZAS
			"'/></stream:error></stream:stream>",
			"W" },
		ERR_NET, "the server said: error: system-shutdown" },
	{ "failure", "xmpp-client",
		{ OPENED, "S!" STREAM OFFER, ASKED,
			"S!<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
			"W" },
		ERR_PROTOCOL, "the server said: failure" },
	{ "the end of the stream", "xmpp-client",
		{ OPENED, "S!" STREAM "</stream:stream>", "W" }, ERR_PROTOCOL,
		"closed the stream" },
	{ "another's proceed", "xmpp-client",
		{ OPENED, "S!" STREAM OFFER, ASKED, "S!<proceed/>", "W" }, ERR_PROTOCOL,
		"the server said: proceed" },
	{ "no stream", "xmpp-client", { OPENED, "S!<html><body>", "W" }, ERR_PROTOCOL,
		"no XMPP" },
	{ "another's stream", "xmpp-client", { OPENED, "S!<stream>", "W" }, ERR_PROTOCOL,
		"no XMPP" },
	{ "lines", "xmpp-client", { OPENED, "S:220 mail", "W" }, ERR_PROTOCOL, "no XMPP" },
	{ "a comment", "xmpp-client", { OPENED, "S!" STREAM "<!-- x -->", "W" },
		ERR_PROTOCOL, "no XMPP" },
	{ "a document type", "xmpp-client", { OPENED, "S!<!DOCTYPE x [", "W" },
		ERR_PROTOCOL, "no XMPP" },
	{ "text between elements", "xmpp-client", { OPENED, "S!" STREAM "x<a/>", "W" },
		ERR_PROTOCOL, "no XMPP" },
	{ "an end that isn't the begun one's", "xmpp-client",
		{ OPENED, "S!" STREAM "<stream:features></x>", "W" }, ERR_PROTOCOL,
		"no XMPP" },
	{ "an attribute without quotes", "xmpp-client",
		{ OPENED, "S!<stream:stream a=b>", "W" }, ERR_PROTOCOL, "no XMPP" },
	{ "injected", "xmpp-client",
		{ OPENED, "S!" STREAM OFFER, ASKED, "S!" PROCEED "<iq/>", "W" },
		ERR_PROTOCOL, "5 bytes in the clear" },
	{ "a blank behind the go-ahead", "xmpp-client",
		{ OPENED, "S!" STREAM OFFER, ASKED, "S!" PROCEED "\n", "W" }, ERR_PROTOCOL,
		"1 bytes in the clear" },
	{ "silence", "xmpp-client", { OPENED, "W" }, ERR_TIMEOUT, "timed out" },
	{ "closed in a tag", "xmpp-client", { OPENED, "S!<stream:str", "X" }, ERR_NET,
		"closed the connection" },
};

#define START_TLS                                                                          \
	"R:30 1d 02 01 01 77 18 80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 "             \
	"34 36 36 2e 32 30 30 33 37"

static const struct row ldap[] = {
	{ "OpenLDAP", "ldap", { START_TLS, "B:300c020101 78070a010004000400", "W" },
		ERR_NONE, NULL },
	{ "Active Directory: long lengths", "ldap",
		{ START_TLS,
			"B:308400000028 020101 78840000001f 0a0100 0400 0400 "
			"8a16 312e332e362e312e342e312e313436362e3230303337",
			"W" },
		ERR_NONE, NULL },
	{ "a result of four octets", "ldap",
		{ START_TLS, "B:3081 12 020400000001 780a 0a040000000004000400", "W" },
		ERR_NONE, NULL },
	{ "not supported", "ldap",
		{ START_TLS, "B:3012020101 780d 0a0102 0400 0406 6e6f20544c53", "W" },
		ERR_PROTOCOL, "the server said: protocolError (2): no TLS" },
	{ "no certificate", "ldap", { START_TLS, "B:300c020101 78070a013404000400", "W" },
		ERR_PROTOCOL, "the server said: unavailable (52)" },
	{ "a result without a name", "ldap",
		{ START_TLS, "B:300c020101 78070a017b04000400", "W" }, ERR_PROTOCOL,
		"the server said: result (123)" },
	{ "a notice of disconnection", "ldap",
		{ START_TLS, "B:300f020100 780a 0a0133 0400 0403 627965", "W" }, ERR_NET,
		"the server said: busy (51): bye" },
	{ "one of another reason", "ldap",
		{ START_TLS, "B:300f020100 780a 0a0102 0400 0403 627965", "W" },
		ERR_PROTOCOL, "the server said: protocolError (2): bye" },
	{ "busy with this", "ldap",
		{ START_TLS, "B:300f020101 780a 0a0133 0400 0403 627965", "W" },
		ERR_PROTOCOL, "the server said: busy (51): bye" },
	{ "no BER", "ldap", { START_TLS, "S:220 mail", "W" }, ERR_PROTOCOL, "no LDAP" },
	{ "no length", "ldap", { START_TLS, "B:3080 0000", "W" }, ERR_PROTOCOL, "no LDAP" },
	{ "a length of five octets", "ldap", { START_TLS, "B:3085 0000000001", "W" },
		ERR_PROTOCOL, "no LDAP" },
	{ "too long", "ldap", { START_TLS, "B:3084 00100000", "W" }, ERR_PROTOCOL,
		"an answer of 1048576 bytes" },
	{ "another's answer", "ldap", { START_TLS, "B:300c020101 61070a010004000400", "W" },
		ERR_PROTOCOL, "no LDAP" },
	{ "a length within that is too long", "ldap",
		{ START_TLS, "B:300c020101 78080a010004000400", "W" }, ERR_PROTOCOL,
		"no LDAP" },
	{ "no text", "ldap", { START_TLS, "B:300a020101 78050a01000400", "W" },
		ERR_PROTOCOL, "no LDAP" },
	{ "a number without octets", "ldap",
		{ START_TLS, "B:300b0200 78070a010004000400", "W" }, ERR_PROTOCOL,
		"no LDAP" },
	{ "injected", "ldap", { START_TLS, "B:300c020101 78070a010004000400 30", "W" },
		ERR_PROTOCOL, "1 bytes in the clear" },
	{ "silence", "ldap", { START_TLS, "B:300c0201", "W" }, ERR_TIMEOUT, "timed out" },
	{ "closed", "ldap", { START_TLS, "B:300c0201", "X" }, ERR_NET,
		"closed the connection" },
};

#define SSL_REQUEST "R:00000008 04d2162f"

static const struct row postgres[] = {
	{ "S", "postgres", { SSL_REQUEST, "S!S", "W" }, ERR_NONE, NULL },
	{ "N", "postgres", { SSL_REQUEST, "S!N", "W" }, ERR_PROTOCOL, "doesn't offer TLS" },
	{ "an error", "postgres",
		{ SSL_REQUEST, "B:45 00000012 534641544144 00 4d 62757379 00 00", "W" },
		ERR_PROTOCOL, "the server said: busy" },
	{ "too many", "postgres",
		{ SSL_REQUEST, "B:45 00000012 433533333030 00 4d 62757379 00 00", "W" },
		ERR_NET, "the server said: busy" },
	{ "starting", "postgres",
		{ SSL_REQUEST, "B:45 00000012 4d 62757379 00 433537503033 00 00", "W" },
		ERR_NET, "the server said: busy" },
	{ "another state", "postgres",
		{ SSL_REQUEST, "B:45 00000012 4d 62757379 00 433041303030 00 00", "W" },
		ERR_PROTOCOL, "the server said: busy" },
	{ "an error without a message", "postgres",
		{ SSL_REQUEST, "B:45 00000005 00", "W" }, ERR_PROTOCOL,
		"the server said: an error" },
	{ "an error as of old", "postgres",
		{ SSL_REQUEST, "B:45 736f7272792c20746f6f206d616e79 00", "W" },
		ERR_PROTOCOL, "the server said: sorry, too many" },
	{ "an error that breaks off", "postgres", { SSL_REQUEST, "S!Esorry", "X" },
		ERR_PROTOCOL, "the server said: sorry" },
	{ "another letter", "postgres", { SSL_REQUEST, "S!X", "W" }, ERR_PROTOCOL,
		"no PostgreSQL: 0x58" },
	{ "more than a byte", "postgres", { SSL_REQUEST, "S!SN", "W" }, ERR_PROTOCOL,
		"1 bytes in the clear" },
	{ "silence", "postgres", { SSL_REQUEST, "W" }, ERR_TIMEOUT, "timed out" },
	{ "closed", "postgres", { SSL_REQUEST, "X" }, ERR_NET, "closed the connection" },
};

/* "8.0", a connection, salt and zero; then capabilities, character set, status … */
#define GREETING(size, capabilities)                                                       \
	"B:" size "0000 00 0a 382e3000 01000000 4142434445464748 00 " capabilities         \
	" 21 0200"
#define SSL_PLEASE                                                                         \
	"R:20000001 008a0000 00000001 21 0000000000000000000000000000000000000000000000"

static const struct row mysql[] = {
	{ "it offers TLS", "mysql", { GREETING("17", "ffff"), SSL_PLEASE, "W" }, ERR_NONE,
		NULL },
	{ "it doesn't", "mysql", { GREETING("17", "fff7"), "W" }, ERR_PROTOCOL,
		"doesn't offer TLS" },
	{ "blocked", "mysql", { "B:0a0000 00 ff 6904 426c6f636b6564", "W" }, ERR_NET,
		"the server said: Blocked" },
	{ "an error with its state", "mysql",
		{ "B:0d0000 00 ff 1004 23 3038303034 546f6f21", "W" }, ERR_NET,
		"the server said: Too!" },
	{ "an error without a word", "mysql", { "B:010000 00 ff", "W" }, ERR_NET,
		"the server said: (nothing)" },
	{ "an older protocol", "mysql", { "B:030000 00 09 3800", "W" }, ERR_PROTOCOL,
		"no MySQL" },
	{ "too short", "mysql", { "B:050000 00 0a 38000102", "W" }, ERR_PROTOCOL,
		"no MySQL" },
	{ "no end of the version", "mysql", { "B:030000 00 0a 3838", "W" }, ERR_PROTOCOL,
		"no MySQL" },
	{ "an empty packet", "mysql", { "B:000000 00", "W" }, ERR_PROTOCOL, "no MySQL" },
	{ "not the first packet", "mysql", { "B:010000 01 0a", "W" }, ERR_PROTOCOL,
		"no MySQL" },
	{ "lines", "mysql", { "S:220 mail", "W" }, ERR_PROTOCOL, "no MySQL" },
	{ "too long", "mysql", { "B:ffffff 00 0a", "W" }, ERR_PROTOCOL,
		"an answer of 16777215 bytes" },
	{ "more than a packet", "mysql", { GREETING("16", "ffff"), "W" }, ERR_PROTOCOL,
		"1 bytes in the clear" },
	{ "silence", "mysql", { "W" }, ERR_TIMEOUT, "timed out" },
	{ "closed", "mysql", { "B:170000 00 0a", "X" }, ERR_NET, "closed the connection" },
};

#define CONNECT "R:03000013 0e e0 0000 0000 00 01 00 0800 03000000"
#define CONFIRM "B:03000013 0e d0 0000 1234 00 "

static const struct row rdp[] = {
	{ "TLS", "rdp", { CONNECT, CONFIRM "02 00 0800 01000000", "W" }, ERR_NONE, NULL },
	{ "CredSSP", "rdp", { CONNECT, CONFIRM "02 1f 0800 02000000", "W" }, ERR_NONE,
		NULL },
	{ "RDP's own", "rdp", { CONNECT, CONFIRM "02 00 0800 00000000", "W" }, ERR_PROTOCOL,
		"doesn't offer TLS" },
	{ "too old to be asked", "rdp", { CONNECT, "B:0300000b 06 d0 0000 1234 00", "W" },
		ERR_PROTOCOL, "doesn't offer TLS" },
	{ "no certificate", "rdp", { CONNECT, CONFIRM "03 00 0800 03000000", "W" },
		ERR_PROTOCOL, "the server said: SSL_CERT_NOT_ON_SERVER" },
	{ "a failure without a name", "rdp",
		{ CONNECT, CONFIRM "03 00 0800 ffffffff", "W" }, ERR_PROTOCOL,
		"the server said: a failure" },
	{ "a length that isn't its own", "rdp",
		{ CONNECT, "B:03000013 0d d0 0000 1234 00 02 00 0800 01000000", "W" },
		ERR_PROTOCOL, "no RDP" },
	{ "a disconnect", "rdp", { CONNECT, "B:0300000b 06 80 0000 1234 00", "W" },
		ERR_PROTOCOL, "no RDP" },
	{ "lines", "rdp", { CONNECT, "S:220 mail", "W" }, ERR_PROTOCOL, "no RDP" },
	{ "injected", "rdp", { CONNECT, CONFIRM "02 00 0800 01000000 03", "W" },
		ERR_PROTOCOL, "1 bytes in the clear" },
	{ "silence", "rdp", { CONNECT, "W" }, ERR_TIMEOUT, "timed out" },
	{ "closed", "rdp", { CONNECT, "B:0300", "X" }, ERR_NET, "closed the connection" },
};

#define PRELOGIN "R:12 01 001a 0000 01 00 00 000b 0006 01 0011 0001 ff 090000000000 01"
#define ANSWER(encryption)                                                                 \
	"B:04 01 001a 0000 01 00 00 000b 0006 01 0011 0001 ff 100003e80000 " encryption

static const struct row mssql[] = {
	{ "on", "mssql", { PRELOGIN, ANSWER("01"), "W" }, ERR_NONE, NULL },
	{ "required", "mssql", { PRELOGIN, ANSWER("03"), "W" }, ERR_NONE, NULL },
	{ "not supported", "mssql", { PRELOGIN, ANSWER("02"), "W" }, ERR_PROTOCOL,
		"doesn't offer TLS" },
	{ "off", "mssql", { PRELOGIN, ANSWER("00"), "W" }, ERR_PROTOCOL,
		"doesn't offer TLS" },
	{ "no such option", "mssql",
		{ PRELOGIN, "B:04 01 0014 0000 01 00 00 0006 0006 ff 100003e80000", "W" },
		ERR_PROTOCOL, "no TDS" },
	{ "an option elsewhere", "mssql",
		{ PRELOGIN, "B:04 01 000e 0000 01 00 01 0011 0001 ff", "W" }, ERR_PROTOCOL,
		"no TDS" },
	{ "no end of the options", "mssql",
		{ PRELOGIN, "B:04 01 000d 0000 01 00 00 0011 0001", "W" }, ERR_PROTOCOL,
		"no TDS" },
	{ "nothing in it", "mssql", { PRELOGIN, "B:04 01 0008 0000 01 00", "W" },
		ERR_PROTOCOL, "no TDS" },
	{ "shorter than its header", "mssql", { PRELOGIN, "B:04 01 0007 0000 01 00", "W" },
		ERR_PROTOCOL, "no TDS" },
	{ "too long", "mssql", { PRELOGIN, "B:04 01 ffff 0000 01 00", "W" }, ERR_PROTOCOL,
		"an answer of 65527 bytes" },
	{ "lines", "mssql", { PRELOGIN, "S:220 mail", "W" }, ERR_PROTOCOL, "no TDS" },
	{ "injected", "mssql", { PRELOGIN, ANSWER("01 16"), "W" }, ERR_PROTOCOL,
		"1 bytes in the clear" },
	{ "silence", "mssql", { PRELOGIN, "W" }, ERR_TIMEOUT, "timed out" },
	{ "closed", "mssql", { PRELOGIN, "B:0401", "X" }, ERR_NET,
		"closed the connection" },
};

static void every_dialogue_ends_as_it_should(void **state)
{
	(void)state;
	try_rows(xmpp, ARRAY_LEN(xmpp));
	try_rows(ldap, ARRAY_LEN(ldap));
	try_rows(postgres, ARRAY_LEN(postgres));
	try_rows(mysql, ARRAY_LEN(mysql));
	try_rows(rdp, ARRAY_LEN(rdp));
	try_rows(mssql, ARRAY_LEN(mssql));
}

/* A name that comes from a command line can say nothing of its own in the stream. */
static void a_name_is_text_in_xml(void **state)
{
	static const char *const script[] = {
		"C!<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
		"xmlns:stream='http://etherx.jabber.org/streams' to='a&apos;b&lt;&gt;&amp;' version='1.0'>",
		"X", NULL
	};
	struct peer p = { .script = script };
	struct err e;

	(void)state;
	assert_false(speak_of("xmpp-client", "a'b<>&", &p, 5000, &e));
	assert_string_equal(p.why, "");
}

static void a_stream_without_end_is_given_up(void **state)
{
	char flood[10000] = "S!";
	const char *const script[] = { OPENED, "S!" STREAM "<stream:features>", flood,
		flood, flood, flood, "W", NULL };
	struct peer p = { .script = script };
	struct err e;

	(void)state;
	memset(flood + 2, 'x', sizeof flood - 3);
	flood[sizeof flood - 1] = '\0';
	assert_err(speak("xmpp-client", &p, 5000, &e), &e, ERR_PROTOCOL,
		"a stream's start of over 32768 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialogue_ends_as_it_should),
		cmocka_unit_test(a_name_is_text_in_xml),
		cmocka_unit_test(a_stream_without_end_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
