/* What is said before the handshake, with a peer that plays a script. */
#include "base/clock.h"
#include "check.h"
#include "probe/private/dialect.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

/*
 * A script: "S:" lines are sent, "C:" lines are waited for and must come. "S!" is sent
 * without an end of line, "X" closes, "W" waits until the other side is gone.
 */
struct peer {
	const char *const *script;
	bool slowly; /* one byte in a packet */
	int fd;
	char why[200]; /* what it didn't like */
};

static void say(struct peer *p, const char *text, const char *end)
{
	char all[12000];
	const size_t len = (size_t)snprintf(all, sizeof all, "%s%s", text, end);

	for (size_t i = 0; p->slowly && i < len; i++) {
		if (send(p->fd, all + i, 1, MSG_NOSIGNAL) != 1)
			return;
		sched_yield();
	}
	if (!p->slowly && send(p->fd, all, len, MSG_NOSIGNAL) != (ssize_t)len)
		snprintf(p->why, sizeof p->why, "could not send");
}

static void hear(struct peer *p, const char *wanted)
{
	char got[200] = "";
	size_t n = 0;

	while (n + 1 < sizeof got && recv(p->fd, got + n, 1, 0) == 1 && got[n++] != '\n')
		got[n] = '\0';
	if (n < 2 || strncmp(got, wanted, strlen(wanted)) != 0 || n != strlen(wanted) + 2)
		snprintf(p->why, sizeof p->why, "'%.60s' came, not '%.60s'", got, wanted);
}

static void *play(void *arg)
{
	struct peer *p = arg;
	char c;

	for (const char *const *line = p->script; *line && !*p->why; line++)
		switch ((*line)[0]) {
		case 'S':
			say(p, *line + 2, (*line)[1] == ':' ? "\r\n" : "");
			break;
		case 'C':
			hear(p, *line + 2);
			break;
		case 'X':
			shutdown(p->fd, SHUT_RDWR);
			break;
		case 'W':
			while (recv(p->fd, &c, 1, 0) > 0)
				;
			break;
		default:
			abort();
		}
	return NULL;
}

static bool speak(const char *protocol, struct peer *p, int ms, struct err *e)
{
	struct lines l = { .deadline = deadline_in_ms(ms) };
	pthread_t thread;
	int fds[2];
	bool ok;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	l.fd = fds[0];
	p->fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, play, p), 0);
	ok = dialect_speak(dialect_find(protocol), &l, e);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
	return ok;
}

#define ASKED     "C:EHLO certpush.invalid"
#define LINE_MAX_ 4096

struct row {
	const char *name, *protocol, *script[16];
	enum err_kind kind; /* ERR_NONE: the handshake may begin */
	const char *says;
};

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
	{ "busy", "smtp", { "S:421 too busy", "W" }, ERR_PROTOCOL, "421 too busy" },
	{ "no service", "smtp", { "S:554 go away", "W" }, ERR_PROTOCOL, "554 go away" },
	{ "no EHLO", "smtp", { "S:220 mail", ASKED, "S:500 what?", "W" }, ERR_PROTOCOL,
		"500 what?" },
	{ "codes that change in one reply", "smtp", { "S:220-mail", "S:554 no", "W" },
		ERR_PROTOCOL, "554 no" },
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

	/* NNTP */
	{ "posting allowed", "nntp",
		{ "S:200 news InterNetNews", "C:STARTTLS", "S:382 Begin TLS", "W" },
		ERR_NONE, NULL },
	{ "posting prohibited", "nntp",
		{ "S:201 news", "C:STARTTLS", "S:382 Begin TLS", "W" }, ERR_NONE, NULL },
	{ "no access", "nntp", { "S:502 You have no permission", "W" }, ERR_PROTOCOL,
		"502 You have no" },
	{ "can't begin", "nntp", { "S:200 news", "C:STARTTLS", "S:580 no", "W" },
		ERR_PROTOCOL, "580 no" },
	{ "unknown command", "nntp", { "S:200 news", "C:STARTTLS", "S:500 what?", "W" },
		ERR_PROTOCOL, "500 what?" },
	{ "injected", "nntp", { "S:200 news", "C:STARTTLS", "S!382 go\r\n200 ok\r\n", "W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "nntp", { "S:200 news", "C:STARTTLS", "W" }, ERR_TIMEOUT,
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
	{ "farewell", "imap", { "S:* BYE overloaded", "W" }, ERR_PROTOCOL,
		"BYE overloaded" },
	{ "farewell later", "imap", { "S:* OK", "C:a1 CAPABILITY", "S:* BYE bored", "W" },
		ERR_PROTOCOL, "BYE bored" },
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
	{ "another's tag", "imap", { "S:* OK", "C:a1 CAPABILITY", "S:a9 OK", "W" },
		ERR_PROTOCOL, "a9 OK" },
	{ "injected", "imap",
		{ "S:* OK", "C:a1 CAPABILITY", "S:* CAPABILITY STARTTLS", "S:a1 OK",
			"C:a2 STARTTLS", "S!a2 OK\r\n* CAPABILITY AUTH=PLAIN\r\n", "W" },
		ERR_PROTOCOL, "in the clear" },
	{ "silence", "imap", { "W" }, ERR_TIMEOUT, "timed out" },
	{ "POP3", "imap", { "S:+OK ready", "W" }, ERR_PROTOCOL, "+OK ready" },
};

static void try_row(const struct row *r, bool slowly)
{
	struct peer p = { .script = r->script, .slowly = slowly };
	struct err e = { 0 };
	const bool silent = r->kind == ERR_TIMEOUT;
	const bool ok = speak(r->protocol, &p, silent ? 5 : 5000, &e);

	/* the time may be over before a silent one has said all that comes before */
	if (*p.why && !silent)
		fail_msg("%s, %s: %s (%s)", r->protocol, r->name, p.why, e.msg);
	if (ok != (r->kind == ERR_NONE))
		fail_msg("%s, %s: %s", r->protocol, r->name, ok ? "taken" : e.msg);
	if (!ok && (e.kind != r->kind || !strstr(e.msg, r->says)))
		fail_msg("%s, %s: %d, %s", r->protocol, r->name, (int)e.kind, e.msg);
}

static void every_dialogue_ends_as_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		try_row(&rows[i], false);
}

/* Nothing depends on how the bytes are cut into packets, but for what is behind them. */
static void one_byte_at_a_time_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].kind != ERR_TIMEOUT &&
			!strstr(rows[i].says ? rows[i].says : "", "in the clear"))
			try_row(&rows[i], true);
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
	assert_err(dialect_speak(dialect_find("smtp"), &l, &e), &e, ERR_PROTOCOL, "NUL");
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
	static const char *const protocols[] = { "nntps", "https", "imaps" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		struct lines l = { .fd = -1 };
		struct err e;

		assert_ok(dialect_speak(dialect_find(protocols[i]), &l, &e), &e);
	}
	assert_null(dialect_find("smtps "));
	assert_null(dialect_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialogue_ends_as_it_should),
		cmocka_unit_test(one_byte_at_a_time_is_the_same),
		cmocka_unit_test(a_line_may_be_long_but_not_too_long),
		cmocka_unit_test(a_reply_without_end_is_given_up),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(a_trickle_does_not_outlive_the_deadline),
		cmocka_unit_test(implicit_tls_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
