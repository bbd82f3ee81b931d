/* What is said before the handshake, line by line, with a peer that plays a script. */
#include "scripted_peer.h"

#define ASKED     "C:EHLO [127.0.0.1]"
#define LISTED    "C:CAPABILITIES", "S:101 These", "S:VERSION 2", "S:STARTTLS", "S:."
#define TRANSIT   "C:CAPABILITIES", "S:101 These", "S:IHAVE", "S:MODE-READER", "S:."
#define LINE_MAX_ 4096

static const struct row rows[] = {
	/* SMTP */
	{ "a plain dialogue", "smtp",
		{ "S:220 mail ESMTP", ASKED, "S:250-mail", "S:250-STARTTLS", "S:250 HELP",
			"C:STARTTLS", "S:220 go ahead", "W" },
		ERR_NONE, NULL },
	{ "submission is SMTP", "submission",
		{ "S:220 mail ESMTP", ASKED, "S:250-mail", "S:250 STARTTLS", "C:STARTTLS",
			"S:220 go ahead", "W" },
		ERR_NONE, NULL },
	{ "a greeting of several lines, a keyword in small letters, codes alone", "smtp",
		{ "S:220-one", "S:220-two", "S:220", ASKED, "S:250-mail", "S:250 starttls",
			"C:STARTTLS", "S:220", "W" },
		ERR_NONE, NULL },
	{ "bare line feeds", "smtp",
		{ "S!220 mail\n", ASKED, "S!250-mail\n250 STARTTLS\n", "C:STARTTLS",
			"S!220 go\n", "W" },
		ERR_NONE, NULL },
	{ "STARTTLS isn't offered", "smtp",
		{ "S:220 mail", ASKED, "S:250-mail", "S:250 SIZE", "W" }, ERR_PROTOCOL,
		"doesn't offer STARTTLS" },
	{ "a word that only contains STARTTLS", "smtp",
		{ "S:220 mail", ASKED, "S:250-mail", "S:250 XSTARTTLS", "W" }, ERR_PROTOCOL,
		"doesn't offer STARTTLS" },
	{ "a host called starttls offers nothing", "smtp",
		{ "S:220 mail", ASKED, "S:250-mx-starttls-1 hello", "S:250 SIZE", "W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "refused for now", "smtp",
		{ "S:220 mail", ASKED, "S:250 STARTTLS", "C:STARTTLS",
			"S:454 TLS not available", "W" },
		ERR_PROTOCOL, "454 TLS not available" },
	{ "refused for good", "smtp",
		{ "S:220 mail", ASKED, "S:250 STARTTLS", "C:STARTTLS", "S:502 no", "W" },
		ERR_PROTOCOL, "502 no" },
	{ "busy", "smtp", { "S:421 too busy", "W" }, ERR_NET, "421 too busy" },
	{ "no service", "smtp", { "S:554 go away", "W" }, ERR_NET, "554 go away" },
	{ "busy later", "smtp",
		{ "S:220 mail", ASKED, "S:250 STARTTLS", "C:STARTTLS", "S:421-bye", "W" },
		ERR_NET, "421-bye" },
	{ "a number that is no code", "smtp", { "S:4210 go", "W" }, ERR_PROTOCOL, "4210" },
	{ "another answer than a greeting", "smtp", { "S:354 go", "W" }, ERR_PROTOCOL,
		"354 go" },
	{ "no EHLO", "smtp", { "S:220 mail", ASKED, "S:500 what?", "W" }, ERR_PROTOCOL,
		"500 what?" },
	{ "codes that change in one reply", "smtp", { "S:220-mail", "S:554 no", "W" },
		ERR_NET, "554 no" },
	{ "a command behind the go-ahead", "smtp",
		{ "S:220 mail", ASKED, "S:250 STARTTLS", "C:STARTTLS",
			"S!220 go ahead\r\n250 injected\r\n", "W" },
		ERR_PROTOCOL, "14 bytes in the clear" },
	{ "one byte behind the go-ahead", "smtp",
		{ "S:220 mail", ASKED, "S:250 STARTTLS", "C:STARTTLS",
			"S!220 go ahead\r\n\x16", "W" },
		ERR_PROTOCOL, "1 bytes in the clear" },
	{ "silence", "smtp", { "W" }, ERR_TIMEOUT, "timed out" },
	{ "silence in the middle", "smtp", { "S:220 mail", ASKED, "S:250-mail", "W" },
		ERR_TIMEOUT, "timed out" },
	{ "closed at once", "smtp", { "X" }, ERR_NET, "closed the connection" },
	{ "closed in a line", "smtp", { "S!220 mai", "X" }, ERR_NET,
		"closed the connection" },
	{ "closed instead of a go-ahead", "smtp",
		{ "S:220 mail", ASKED, "S:250 STARTTLS", "C:STARTTLS", "X" }, ERR_NET,
		"closed the connection" },
	{ "garbage", "smtp", { "S!\x16\x03\x01\x02\xff\xfe\n", "W" }, ERR_PROTOCOL,
		"the server said: " },
	{ "an empty line", "smtp", { "S:", "W" }, ERR_PROTOCOL, "(nothing)" },
	{ "another protocol", "smtp", { "S:SSH-2.0-OpenSSH_9.2", "W" }, ERR_PROTOCOL,
		"SSH-2.0" },

	{ "a keyword is the first word of its line", "smtp",
		{ "S:220 mail", ASKED, "S:250-X STARTTLS", "S:250 SIZE", "W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "LMTP says LHLO", "lmtp",
		{ "S:220 mail LMTP", "C:LHLO [127.0.0.1]", "S:250-mail", "S:250 STARTTLS",
			"C:STARTTLS", "S:220 go", "W" },
		ERR_NONE, NULL },
	{ "not offered", "lmtp",
		{ "S:220 mail LMTP", "C:LHLO [127.0.0.1]", "S:250-mail", "S:250 8BITMIME",
			"W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },

	/* NNTP */
	{ "posting allowed", "nntp",
		{ "S:200 news InterNetNews", LISTED, "C:STARTTLS", "S:382 Begin TLS", "W" },
		ERR_NONE, NULL },
	{ "posting prohibited", "nntp",
		{ "S:201 news", LISTED, "C:STARTTLS", "S:382 Begin TLS", "W" }, ERR_NONE,
		NULL },
	{ "too old for CAPABILITIES", "nntp",
		{ "S:201 news", "C:CAPABILITIES", "S:500 What?", "C:STARTTLS",
			"S:382 Begin TLS", "W" },
		ERR_NONE, NULL },
	{ "CAPABILITIES for the known only", "nntp",
		{ "S:200 news", "C:CAPABILITIES", "S:480 Who are you?", "C:STARTTLS",
			"S:382 Begin TLS", "W" },
		ERR_NONE, NULL },
	{ "to readers only", "nntp",
		{ "S:200 news", TRANSIT, "C:MODE READER", "S:201 news", LISTED,
			"C:STARTTLS", "S:382 Begin TLS", "W" },
		ERR_NONE, NULL },
	{ "not to readers either", "nntp",
		{ "S:200 news", TRANSIT, "C:MODE READER", "S:200 news", TRANSIT, "W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "no readers", "nntp", { "S:200 news", TRANSIT, "C:MODE READER", "S:502 No", "W" },
		ERR_PROTOCOL, "502 No" },
	{ "STARTTLS isn't listed", "nntp",
		{ "S:200 news", "C:CAPABILITIES", "S:101 These", "S:VERSION 2",
			"S:AUTHINFO STARTTLS", "S:.", "W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "going down", "nntp", { "S:200 news", "C:CAPABILITIES", "S:400 Bye", "W" },
		ERR_NET, "400 Bye" },
	{ "no access", "nntp", { "S:502 You have no permission", "W" }, ERR_NET,
		"502 You have no" },
	{ "can't begin", "nntp", { "S:200 news", LISTED, "C:STARTTLS", "S:580 no", "W" },
		ERR_PROTOCOL, "580 no" },
	{ "unknown command", "nntp",
		{ "S:200 news", LISTED, "C:STARTTLS", "S:500 what?", "W" }, ERR_PROTOCOL,
		"500 what?" },
	{ "injected", "nntp",
		{ "S:200 news", LISTED, "C:STARTTLS", "S!382 go\r\n200 ok\r\n", "W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "nntp", { "S:200 news", LISTED, "C:STARTTLS", "W" }, ERR_TIMEOUT,
		"timed out" },

	/* POP3 */
	{ "a plain dialogue", "pop3", { "S:+OK ready", "C:STLS", "S:+OK begin", "W" },
		ERR_NONE, NULL },
	{ "OK alone", "pop3", { "S:+OK", "C:STLS", "S:+OK", "W" }, ERR_NONE, NULL },
	{ "bare line feeds", "pop3", { "S!+OK ready\n", "C:STLS", "S!+OK\n", "W" },
		ERR_NONE, NULL },
	{ "no STLS", "pop3", { "S:+OK ready", "C:STLS", "S:-ERR Unknown command", "W" },
		ERR_PROTOCOL, "-ERR Unknown command" },
	{ "busy", "pop3", { "S:-ERR [SYS/TEMP] busy", "W" }, ERR_NET, "[SYS/TEMP]" },
	{ "another word", "pop3", { "S:+OKAY", "W" }, ERR_PROTOCOL, "+OKAY" },
	{ "injected", "pop3", { "S:+OK", "C:STLS", "S!+OK\r\n+OK x\r\n", "W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "pop3", { "S:+OK", "C:STLS", "W" }, ERR_TIMEOUT, "timed out" },

	/* FTP */
	{ "a plain dialogue", "ftp",
		{ "S:220 (vsFTPd 3.0.3)", "C:AUTH TLS", "S:234 Go", "W" }, ERR_NONE, NULL },
	{ "several lines, of any look, and a wait before", "ftp",
		{ "S:120 Ready in 1 minute", "S:220-Welcome", "S:to 220 users",
			"S:220-234 of them", "S:", "S: 220 not yet", "S:220 Now",
			"C:AUTH TLS", "S:234-AUTH", "S:234 Go", "W" },
		ERR_NONE, NULL },
	{ "codes alone, bare line feeds", "ftp",
		{ "S!220-\n220\n", "C:AUTH TLS", "S!234\n", "W" }, ERR_NONE, NULL },
	{ "no TLS", "ftp", { "S:220 ftp", "C:AUTH TLS", "S:530 Please login", "W" },
		ERR_PROTOCOL, "530 Please login" },
	{ "unknown", "ftp", { "S:220 ftp", "C:AUTH TLS", "S:500 AUTH?", "W" }, ERR_PROTOCOL,
		"500 AUTH?" },
	{ "too many", "ftp", { "S:421-Too many", "W" }, ERR_NET, "421-Too many" },
	{ "too many later", "ftp", { "S:220 ftp", "C:AUTH TLS", "S:421 Timeout", "W" },
		ERR_NET, "421 Timeout" },
	{ "not to this address", "ftp", { "S:530 Go", "W" }, ERR_NET, "530 Go" },
	{ "injected", "ftp", { "S:220 ftp", "C:AUTH TLS", "S!234 Go\r\n230 In\r\n", "W" },
		ERR_PROTOCOL, "8 bytes in the clear" },
	{ "a reply that doesn't end", "ftp", { "S:220-ftp", "S:2200", "W" }, ERR_TIMEOUT,
		"timed out" },

	/* ManageSieve */
	{ "a plain dialogue", "sieve",
		{ "S:\"IMPLEMENTATION\" \"Dovecot (\\\"Debian\\\")\"",
			"S:\"SIEVE\" \"fileinto reject\"", "S:\"STARTTLS\"",
			"S:OK \"Dovecot ready.\"", "C:STARTTLS", "S:OK \"Begin TLS\"",
			"W" },
		ERR_NONE, NULL },
	{ "literals, small letters, OK alone", "sieve",
		{ "S:{14}", "S!IMPLEMENTATION {8+}\r\nx\r\nOK\r\ny\r\n",
			"S!{8+}\r\nstarttls\r\n", "S:ok", "C:STARTTLS", "S:OK", "W" },
		ERR_NONE, NULL },
	{ "codes", "sieve",
		{ "S:\"STARTTLS\"", "S:OK (WARNINGS (NESTED \"a)b\")) {2}", "S:hi",
			"C:STARTTLS", "S:OK", "W" },
		ERR_NONE, NULL },
	{ "STARTTLS isn't offered", "sieve",
		{ "S:\"IMPLEMENTATION\" \"STARTTLS\"", "S:OK", "W" }, ERR_PROTOCOL,
		"doesn't offer STARTTLS" },
	{ "an atom is no capability", "sieve", { "S:STARTTLS", "W" }, ERR_PROTOCOL,
		"the server said: STARTTLS" },
	{ "NO, with code and text", "sieve",
		{ "S:\"STARTTLS\"", "S:OK", "C:STARTTLS",
			"S:NO (TRYLATER) \"TLS isn't \\\"up\\\"\"", "W" },
		ERR_PROTOCOL, "the server said: NO (TRYLATER) TLS isn't \"up\"" },
	{ "NO, with a text of several lines", "sieve",
		{ "S:\"STARTTLS\"", "S:OK", "C:STARTTLS", "S:NO {5}", "S:a\r\nb.", "W" },
		ERR_PROTOCOL, "the server said: NO a" },
	{ "BYE", "sieve", { "S:BYE (REFERRAL \"sieve://b.example\") \"Go\"", "W" }, ERR_NET,
		"the server said: BYE (REFERRAL) Go" },
	{ "a string without end", "sieve", { "S:\"IMPLE", "W" }, ERR_PROTOCOL,
		"the server said: \"IMPLE" },
	{ "a literal that is none", "sieve", { "S:{5-}", "W" }, ERR_PROTOCOL,
		"the server said: {5-}" },
	{ "a literal that is too long", "sieve", { "S:{99999}", "W" }, ERR_PROTOCOL,
		"an answer of 99999 bytes" },
	{ "a literal that doesn't come", "sieve", { "S:{9}", "S!STARTTLS", "X" }, ERR_NET,
		"closed the connection" },
	{ "injected", "sieve",
		{ "S:\"STARTTLS\"", "S:OK", "C:STARTTLS", "S!OK\r\n\"SASL\" \"PLAIN\"\r\n",
			"W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "sieve", { "S:\"STARTTLS\"", "W" }, ERR_TIMEOUT, "timed out" },

	/* IRC */
	{ "notices first", "irc",
		{ "S:NOTICE AUTH :*** Looking up your hostname", "C:STARTTLS",
			"S::irc.example NOTICE * :*** Found it",
			"S::irc.example 670 * :STARTTLS successful", "W" },
		ERR_NONE, NULL },
	{ "no prefix", "irc", { "C:STARTTLS", "S:670", "W" }, ERR_NONE, NULL },
	{ "it fails", "irc", { "C:STARTTLS", "S::i 691 * :STARTTLS failed", "W" },
		ERR_PROTOCOL, ":i 691 * :STARTTLS failed" },
	{ "not registered", "irc",
		{ "C:STARTTLS", "S::i 451 * :You have not registered", "W" }, ERR_PROTOCOL,
		"451" },
	{ "unknown", "irc", { "C:STARTTLS", "S::i 421 * STARTTLS :Unknown command", "W" },
		ERR_PROTOCOL, "421" },
	{ "banned", "irc", { "S:ERROR :Closing link", "W" }, ERR_NET, "ERROR :Closing" },
	{ "unknown, without a prefix", "irc", { "C:STARTTLS", "S:421 * STARTTLS :?", "W" },
		ERR_PROTOCOL, "421" },
	{ "a longer number", "irc", { "C:STARTTLS", "S::i 6700 *", "W" }, ERR_PROTOCOL,
		"6700" },
	{ "injected", "irc", { "C:STARTTLS", "S!:i 670 *\r\n:i 001 x\r\n", "W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "irc", { "C:STARTTLS", "S:NOTICE x :y", "W" }, ERR_TIMEOUT,
		"timed out" },

	/* IMAP */
	{ "a plain dialogue", "imap",
		{ "S:* OK [CAPABILITY IMAP4rev1] ready", "C:a1 CAPABILITY",
			"S:* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED", "S:a1 OK done",
			"C:a2 STARTTLS", "S:a2 OK Begin TLS", "W" },
		ERR_NONE, NULL },
	{ "untagged lines in between", "imap",
		{ "S:* ok ready", "C:a1 CAPABILITY", "S:* NO disk is full",
			"S:* CAPABILITY IMAP4rev1 starttls", "S:a1 ok", "C:a2 STARTTLS",
			"S:* OK still here", "S:a2 Ok", "W" },
		ERR_NONE, NULL },
	{ "authenticated already", "imap", { "S:* PREAUTH hello root", "W" }, ERR_PROTOCOL,
		"PREAUTH" },
	{ "farewell", "imap", { "S:* BYE overloaded", "W" }, ERR_NET, "BYE overloaded" },
	{ "farewell later", "imap", { "S:* OK", "C:a1 CAPABILITY", "S:* BYE bored", "W" },
		ERR_NET, "BYE bored" },
	{ "STARTTLS isn't offered", "imap",
		{ "S:* OK", "C:a1 CAPABILITY", "S:* CAPABILITY IMAP4rev1 AUTH=PLAIN",
			"S:a1 OK", "W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "NO", "imap",
		{ "S:* OK", "C:a1 CAPABILITY", "S:* CAPABILITY STARTTLS", "S:a1 OK",
			"C:a2 STARTTLS", "S:a2 NO not now", "W" },
		ERR_PROTOCOL, "a2 NO not now" },
	{ "BAD", "imap", { "S:* OK", "C:a1 CAPABILITY", "S:a1 BAD what", "W" },
		ERR_PROTOCOL, "a1 BAD" },
	{ "only CAPABILITY tells", "imap",
		{ "S:* OK", "C:a1 CAPABILITY", "S:* OK no STARTTLS here", "S:a1 OK", "W" },
		ERR_PROTOCOL, "doesn't offer STARTTLS" },
	{ "another's tag", "imap", { "S:* OK", "C:a1 CAPABILITY", "S:a9 OK", "W" },
		ERR_PROTOCOL, "a9 OK" },
	{ "injected", "imap",
		{ "S:* OK", "C:a1 CAPABILITY", "S:* CAPABILITY STARTTLS", "S:a1 OK",
			"C:a2 STARTTLS", "S!a2 OK\r\n* CAPABILITY AUTH=PLAIN\r\n", "W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "imap", { "W" }, ERR_TIMEOUT, "timed out" },
	{ "POP3", "imap", { "S:+OK ready", "W" }, ERR_PROTOCOL, "+OK ready" },
};

static void every_dialogue_ends_as_it_should(void **state)
{
	(void)state;
	try_rows(rows, ARRAY_LEN(rows));
}

static void a_line_may_be_long_but_not_too_long(void **state)
{
	char good[LINE_MAX_ + 1], bad[LINE_MAX_ + 2], endless[10000];
	const char *const rows_of[][8] = {
		{ "S:* OK", "C:a1 CAPABILITY", good, "S:a1 OK", "C:a2 STARTTLS", "S:a2 OK",
			"W", NULL },
		{ "S:* OK", "C:a1 CAPABILITY", bad, "W", NULL },
		{ endless, "W", NULL },
	};

	(void)state;
	memset(good, 'x', sizeof good);
	memcpy(good, "S!* CAPABILITY STARTTLS ", 24);
	good[sizeof good - 1] = '\0';
	good[sizeof good - 2] = '\n';
	memset(bad, 'x', sizeof bad);
	memcpy(bad, "S:* ", 4);
	bad[sizeof bad - 1] = '\0';
	memset(endless, 'x', sizeof endless);
	memcpy(endless, "S!", 2);
	endless[sizeof endless - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(rows_of); i++) {
		struct peer p = { .script = rows_of[i] };
		struct err e;

		if (i == 0)
			assert_ok(speak("imap", &p, 5000, &e), &e);
		else
			assert_err(speak("imap", &p, 5000, &e), &e, ERR_PROTOCOL,
				"a line of over 4096 bytes");
	}
}

static void a_reply_without_end_is_given_up(void **state)
{
	static const struct {
		const char *protocol, *first, *line;
	} floods[] = {
		{ "smtp", "S:220-", "220-and so on\r\n" },
		{ "imap", "S:* OK", "* 1 EXISTS\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		char flood[8000] = "S!";
		const char *const script[] = { floods[i].first, flood, "W", NULL };
		struct peer p = { .script = script };
		struct err e;

		for (int k = 0; k < 200; k++)
			strcat(flood, floods[i].line);
		assert_err(speak(floods[i].protocol, &p, 5000, &e), &e, ERR_PROTOCOL,
			"over 100 lines");
	}
}

static void a_nul_is_refused(void **state)
{
	struct lines l = { .deadline = deadline_in_ms(1000) };
	int fds[2];
	struct err e;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	l.fd = fds[0];
	assert_int_equal(send(fds[1], "220 a\0b\r\n", 9, 0), 9);
	assert_err(
		dialect_speak(dialect_find("smtp"), NULL, &l, &e), &e, ERR_PROTOCOL, "NUL");
	close(fds[0]);
	close(fds[1]);
}

static void a_trickle_does_not_outlive_the_deadline(void **state)
{
	static const char *const script[] = { "S!2", "W", NULL };
	struct peer p = { .script = script };
	const int64_t before = clock_ms();
	struct err e;

	(void)state;
	assert_err(speak("smtp", &p, 20, &e), &e, ERR_TIMEOUT, "timed out");
	assert_true(clock_ms() - before < 30000);
}

static void implicit_tls_says_nothing(void **state)
{
	static const char *const protocols[] = { "nntps", "https", "imaps", "tls",
		"mssql-direct" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		struct lines l = { .fd = -1 };
		struct err e;

		assert_ok(dialect_speak(dialect_find(protocols[i]), NULL, &l, &e), &e);
	}
	assert_null(dialect_find("smtps "));
	assert_null(dialect_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialogue_ends_as_it_should),
		cmocka_unit_test(a_line_may_be_long_but_not_too_long),
		cmocka_unit_test(a_reply_without_end_is_given_up),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(a_trickle_does_not_outlive_the_deadline),
		cmocka_unit_test(implicit_tls_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
