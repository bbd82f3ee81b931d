/* One line for a monitor, and its status: the rest of what it shows is parsed by real ones
 * in tests/e2e. */
#include "base/alloc.h"
#include "base/fs.h"
#include "check.h"
#include "screen.h"

#define DAY ((time_t)86400)

static const struct event smtp = { .kind = EVENT_PROBE,
	.host = "linode",
	.service = "postfix",
	.protocol = "SMTP",
	.name = "linode.example.net",
	.address = "10.53.0.11:25",
	.verdict = "ok",
	.not_after = IN_90_DAYS,
	.warn = 20 * DAY,
	.crit = 7 * DAY };
static const struct event https = { .kind = EVENT_PROBE,
	.host = "ovh",
	.service = "nginx",
	.protocol = "HTTPS",
	.verdict = "ok",
	.level = LEVEL_WARNING,
	.not_after = IN_9_DAYS,
	.warn = 20 * DAY,
	.crit = 7 * DAY };
static const struct event older = { .kind = EVENT_PROBE,
	.host = "ovh",
	.service = "dovecot",
	.protocol = "IMAP",
	.verdict = "older",
	.detail = "not the one in the store",
	.level = LEVEL_CRITICAL,
	.not_after = IN_9_DAYS + DAY / 8,
	.warn = 20 * DAY,
	.crit = DAY + DAY / 2 };
static const struct event away = { .kind = EVENT_PROBE,
	.host = "panix",
	.service = "apache",
	.protocol = "HTTPS",
	.verdict = "unreachable",
	.detail = "connection refused",
	.level = LEVEL_UNKNOWN };
static const struct event warned = { .kind = EVENT_PROBE,
	.host = "ovh",
	.protocol = "FTP",
	.verdict = "ok",
	.not_after = IN_9_DAYS,
	.warning = "a root is sent" };
static const struct event stored = { .kind = EVENT_CURRENT,
	.certificate = "news.example.net",
	.not_after = IN_90_DAYS,
	.warn = 20 * DAY,
	.crit = 7 * DAY };
static const struct event missing = {
	.kind = EVENT_FAILED, .certificate = "www.example.net", .detail = "not in the store"
};
static const struct event remark = { .kind = EVENT_WARNING, .detail = "look | there" };
static const struct pos place = { "certpush.yml", 3, 1 };
static const struct event wrong = {
	.kind = EVENT_ERROR, .detail = "unknown key", .pos = &place
};

/* Those events, then the end with that status. */
static int run(struct screen *s, bool quiet, const struct event *const *events, int status)
{
	screen_open(s, (struct report_options){ .format = FORMAT_NAGIOS, .quiet = quiet });
	for (; *events; events++)
		report_emit(s->report, *events);
	status = report_finish(s->report, status);
	screen_close(s);
	assert_string_equal(s->err, "");
	return status;
}

#define SMTP_LEFT "'linode/postfix/SMTP days'=90;20:;7:"

static void the_worst_comes_first(void **state)
{
	static const struct {
		const struct event *events[6];
		int status, want;
		const char *text;
	} rows[] = {
		{ { &smtp }, 0, 0,
			"CERTPUSH OK - 1 checked, the first to end: linode SMTP: OK "
			"notAfter=Feb 22 10:15:00 2027 GMT | " SMTP_LEFT "\n" },
		{ { &stored, &smtp }, 0, 0,
			"CERTPUSH OK - 2 checked, the first to end: [news.example.net] expires "
			"in 90 days (Feb 22 10:15:00 2027 GMT) | "
			"'news.example.net days'=90;20:;7: " SMTP_LEFT "\n"
			"[OK] [news.example.net] expires in 90 days (Feb 22 10:15:00 2027 GMT)\n"
			"[OK] linode SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT\n" },
		{ { &smtp, &https }, 1, 1,
			"CERTPUSH WARNING - ovh HTTPS: WARNING notAfter=Dec  3 10:15:00 2026 GMT "
			"(expires in 9 days) | " SMTP_LEFT
			" 'ovh/nginx/HTTPS days'=9;20:;7:\n"
			"[WARNING] ovh HTTPS: WARNING notAfter=Dec  3 10:15:00 2026 GMT "
			"(expires in 9 days)\n"
			"[OK] linode SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT\n" },
		{ { &away, &smtp, &https, &remark, &older }, 1, 2,
			"CERTPUSH CRITICAL - ovh IMAP: OLDER notAfter=Dec  3 13:15:00 2026 GMT "
			"(not the one in the store) (and 2 more of 4) | "
			"'panix/apache/HTTPS days'=U " SMTP_LEFT
			" 'ovh/nginx/HTTPS days'=9;20:;7: "
			"'ovh/dovecot/IMAP days'=9.12;20:;1.5:\n"
			"[CRITICAL] ovh IMAP: OLDER notAfter=Dec  3 13:15:00 2026 GMT "
			"(not the one in the store)\n"
			"[WARNING] ovh HTTPS: WARNING notAfter=Dec  3 10:15:00 2026 GMT "
			"(expires in 9 days)\n"
			"[UNKNOWN] panix HTTPS: UNREACHABLE (connection refused)\n"
			"[OK] linode SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT\n"
			"[NOTE] look / there\n" },
		{ { &away }, 1, 3,
			"CERTPUSH UNKNOWN - panix HTTPS: UNREACHABLE (connection refused) | "
			"'panix/apache/HTTPS days'=U\n" },
		{ { &missing }, 1, 2,
			"CERTPUSH CRITICAL - [www.example.net] FAILED! not in the store\n" },
		/* nothing was found out */
		{ { &wrong }, 2, 3, "CERTPUSH UNKNOWN - certpush.yml:3:1: unknown key\n" },
		{ { &wrong, &wrong }, 2, 3,
			"CERTPUSH UNKNOWN - certpush.yml:3:1: unknown key\n"
			"[UNKNOWN] certpush.yml:3:1: unknown key\n"
			"[UNKNOWN] certpush.yml:3:1: unknown key\n" },
		{ { NULL }, 130, 3, "CERTPUSH UNKNOWN - interrupted\n" },
		{ { &older }, 130, 3,
			"CERTPUSH UNKNOWN - interrupted | 'ovh/dovecot/IMAP days'=9.12;20:;1.5:\n" },
		{ { &missing, &wrong }, 1, 2,
			"CERTPUSH CRITICAL - [www.example.net] FAILED! not in the store\n"
			"[CRITICAL] [www.example.net] FAILED! not in the store\n"
			"[UNKNOWN] certpush.yml:3:1: unknown key\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(screen) struct screen s = { 0 };

		assert_int_equal(
			run(&s, false, rows[i].events, rows[i].status), rows[i].want);
		assert_string_equal(s.out, rows[i].text);
	}
}

static void the_example_is_documented(void **state)
{
	AUTO(screen) struct screen s = { 0 };
	AUTO(buf) struct buf doc = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_ok(fs_read(SOURCE_DIR "/docs/events.md", 1 << 20, &doc, &e), &e);
	run(&s, false, (const struct event *const[]){ &smtp, &https, NULL }, 1);
	if (!strstr(doc.data, s.out))
		fail_msg("docs/events.md lacks: %s", s.out);
}

static void quiet_leaves_out_what_is_well(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	assert_int_equal(
		run(&s, true,
			(const struct event *const[]){ &smtp, &missing, &warned, NULL }, 1),
		2);
	assert_string_equal(s.out,
		"CERTPUSH CRITICAL - [www.example.net] FAILED! not in the store | " SMTP_LEFT
		" 'ovh/FTP days'=9;0:;0:\n"
		"[CRITICAL] [www.example.net] FAILED! not in the store\n"
		"[OK] ovh FTP: OK notAfter=Dec  3 10:15:00 2026 GMT (warning: a root is sent)\n");
}

/* The same service at several addresses, under several names, with both kinds of key. */
static void labels_are_different_and_quoted(void **state)
{
	struct event second = smtp, third = smtp, evil = stored;
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	second.address = "[fd53::11]:25";
	third.key = "ecdsa";
	evil.certificate = "a'b=c|d\n'x'=1";
	evil.not_after =
		NOW - DAY / 2 - 1; /* rounded down, so that ranges mean the level */
	evil.crit = 7 * DAY - 1;
	run(&s, true, (const struct event *const[]){ &smtp, &second, &third, &evil, NULL },
		0);
	assert_non_null(strstr(s.out,
		" | 'linode/postfix/SMTP/10.53.0.11:25/linode.example.net days'=90;20:;7:"
		" 'linode/postfix/SMTP/[fd53::11]:25 days'=90;20:;7:"
		" 'linode/postfix/SMTP/10.53.0.11:25/linode.example.net/ecdsa days'=90;20:;7:"
		" 'a_b_c_d _x__1 days'=-0.51;20:;6.99:\n"));
	assert_ptr_equal(strchr(s.out, '|'), strrchr(s.out, '|'));
}

/* Help and version are no verdict. */
static void a_document_is_no_verdict(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	assert_int_equal(run(&s, false,
				 (const struct event *const[]){
					 &(struct event){ .kind = EVENT_TEXT,
						 .detail = "usage: certpush\n" },
					 NULL },
				 2),
		3);
	assert_string_equal(s.out, "usage: certpush\n");
}

static void a_full_disk_is_unknown(void **state)
{
	const struct report_options o = { .format = FORMAT_NAGIOS };
	FILE *full = fopen("/dev/full", "w");
	struct report *r = report_on(&o,
		&(struct report_streams){
			.out = full, .err = full, .width = 79, .now = NOW });

	(void)state;
	report_emit(r, &smtp);
	assert_int_equal(report_finish(r, 0), 3);
	report_free(r);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_comes_first),
		cmocka_unit_test(the_example_is_documented),
		cmocka_unit_test(quiet_leaves_out_what_is_well),
		cmocka_unit_test(labels_are_different_and_quoted),
		cmocka_unit_test(a_document_is_no_verdict),
		cmocka_unit_test(a_full_disk_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
