/* Metrics: families whole, labels escaped, nothing twice. promtool judges them in
 * tests/e2e. */
#include "base/alloc.h"
#include "base/fs.h"
#include "check.h"
#include "screen.h"

static const struct event smtp = { .kind = EVENT_PROBE,
	.host = "linode",
	.service = "postfix",
	.protocol = "SMTP",
	.name = "mail.example.net",
	.address = "10.53.0.11:25",
	.verdict = "ok",
	.match = MATCH_YES,
	.seconds = 0.0125,
	.subject = "mail.example.net",
	.issuer = "Test root",
	.serial = "4711",
	.not_before = NOW,
	.not_after = IN_90_DAYS,
	.chain_not_after = IN_9_DAYS };
static const struct event away = { .kind = EVENT_PROBE,
	.host = "ad.hoc",
	.protocol = "HTTPS",
	.verdict = "unreachable",
	.level = LEVEL_CRITICAL };

static int run(struct screen *s, struct report_options o, const struct event *const *events,
	int status)
{
	o.format = FORMAT_PROMETHEUS;
	o.verb = "check-remote";
	screen_open(s, o);
	for (; *events; events++)
		report_emit(s->report, *events);
	status = report_finish(s->report, status);
	screen_close(s);
	return status;
}

#define FAMILY(name, help) "# HELP " name " " help "\n# TYPE " name " gauge\n"
#define LAST_RUN                                                                           \
	FAMILY("certpush_last_run_timestamp_seconds", "When this was found out.")          \
	"certpush_last_run_timestamp_seconds{verb=\"check-remote\"} 1795515300\n"
#define SMTP_LABELS                                                                        \
	"host=\"linode\",service=\"postfix\",protocol=\"smtp\",address=\"10.53.0.11:25\"," \
	"name=\"mail.example.net\",key=\"\""
#define AWAY_LABELS                                                                        \
	"host=\"ad.hoc\",service=\"\",protocol=\"https\",address=\"\",name=\"\",key=\"\""
#define OF_SMTP(name, help, value) FAMILY(name, help) name "{" SMTP_LABELS "} " value "\n"

static const char probes[] = FAMILY("certpush_probe_success",
	"Whether what is served is as it should be: trusted, for the name, valid, and the "
	"one in the store.") "certpush_probe_success{" AWAY_LABELS "} 0\n"
			     "certpush_probe_success{" SMTP_LABELS
			     "} 1\n" OF_SMTP("certpush_probe_duration_seconds",
				     "How long the probe took.",
				     "0.012500") OF_SMTP("certpush_cert_matches_store",
				     "Whether the certificate and its chain are those in the store.",
				     "1") OF_SMTP("certpush_cert_not_before_timestamp_seconds",
				     "Begin of the life of the certificate that is served.",
				     "1795515300") OF_SMTP("certpush_cert_not_after_timestamp_seconds",
				     "End of the life of the certificate that is served.",
				     "1803291300")
				     OF_SMTP("certpush_chain_not_after_timestamp_seconds",
					     "First end of life in the chain that was verified.",
					     "1796292900");

static void families_are_whole_and_have_the_same_labels(void **state)
{
	AUTO(screen) struct screen s = { 0 };
	AUTO(str) char *want = xasprintf("%s%s", probes, LAST_RUN);

	(void)state;
	assert_int_equal(run(&s, (struct report_options){ 0 },
				 (const struct event *const[]){ &smtp, &away, NULL }, 1),
		1);
	assert_string_equal(s.out, want);
	assert_string_equal(s.err, "");
}

/* What `# TYPE` lines name, in docs/events.md. */
static void assert_documented(const char *text)
{
	AUTO(buf) struct buf doc = BUF_EMPTY;
	size_t n = 0;
	struct err e;

	assert_ok(fs_read(SOURCE_DIR "/docs/events.md", 1 << 20, &doc, &e), &e);
	while ((text = strstr(text, "# TYPE "))) {
		AUTO(str) char *quoted = NULL;

		text += strlen("# TYPE ");
		quoted = xasprintf("`%.*s`", (int)strcspn(text, " "), text);
		if (!strstr(doc.data, quoted))
			fail_msg("docs/events.md lacks %s", quoted);
		n++;
	}
	assert_true(n > 3);
}

static void what_is_told_twice_is_told_once_and_as_wrong(void **state)
{
	struct event wrong = smtp;
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	wrong.verdict = "older";
	run(&s, (struct report_options){ 0 },
		(const struct event *const[]){ &smtp, &wrong, &smtp, NULL }, 1);
	assert_non_null(strstr(s.out, "certpush_probe_success{" SMTP_LABELS "} 0\n#"));
	assert_null(strstr(s.out, "certpush_probe_success{" SMTP_LABELS "} 1\n"));
}

static void a_store_has_families_of_its_own(void **state)
{
	static const struct event events[] = {
		{ .kind = EVENT_CURRENT,
			.certificate = "b",
			.not_before = NOW,
			.not_after = IN_90_DAYS },
		{ .kind = EVENT_EXPIRY,
			.certificate = "a",
			.level = LEVEL_WARNING,
			.not_before = NOW - 1,
			.not_after = IN_9_DAYS },
		{ .kind = EVENT_FAILED, .certificate = "c", .detail = "not in the store" },
		{ .kind = EVENT_EXPIRY,
			.certificate = "b",
			.host = "ovh",
			.service = "nginx",
			.level = LEVEL_WARNING,
			.not_after = IN_9_DAYS },
		{ .kind = EVENT_WARNING, .detail = "look there" },
	};
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	run(&s, (struct report_options){ 0 },
		(const struct event *const[]){
			&events[0], &events[1], &events[2], &events[3], &events[4], NULL },
		1);
	assert_string_equal(s.out,
		FAMILY("certpush_store_cert_usable", "Whether the store has the certificate, and it can be read.") "certpush_store_cert_usable{certificate=\"a\"} 1\n"
														   "certpush_store_cert_usable{certificate=\"b\"} 1\n"
														   "certpush_store_cert_usable{certificate=\"c\"} 0\n" FAMILY(
															   "certpush_store_cert_not_before_timestamp_seconds",
															   "Begin of the life of the certificate in the store.") "certpush_store_cert_not_before_timestamp_seconds{certificate=\"a\"} 1795515299\n"
																						 "certpush_store_cert_not_before_timestamp_seconds{certificate=\"b\"} 1795515300\n" FAMILY("certpush_store_cert_not_after_timestamp_seconds", "End of the life of the certificate in the store.") "certpush_store_cert_not_after_timestamp_seconds{certificate=\"a\"} 1796292900\n"
																																														  "certpush_store_cert_not_after_timestamp_seconds{certificate=\"b\"} 1803291300\n" FAMILY("certpush_owed_cert_not_after_timestamp_seconds",
																																															  "End of the life of a certificate that waits on a host for its window, and "
																																															  "ends soon.") "certpush_owed_cert_not_after_timestamp_seconds{certificate=\"b\",host=\"ovh\","
																																																	"service=\"nginx\"} 1796292900\n" LAST_RUN);
	assert_string_equal(s.err,
		"fatal: [c] FAILED! not in the store\n"
		"[WARNING]: look there\n");
	assert_documented(s.out);
}

static void aliases_come_on_request(void **state)
{
	static const char *const lines[] = {
		"probe_success{instance=\"mail.example.net:25\"," SMTP_LABELS "} 1\n",
		"probe_success{instance=\"ad.hoc\"," AWAY_LABELS "} 0\n",
		"probe_duration_seconds{instance=\"mail.example.net:25\"," SMTP_LABELS
		"} 0.012500\n",
		"probe_ssl_earliest_cert_expiry{instance=\"mail.example.net:25\"," SMTP_LABELS
		"} 1796292900\n",
		"probe_ssl_last_chain_expiry_timestamp_seconds{instance=\"mail.example.net:25\"," SMTP_LABELS
		"} 1796292900\n",
		"ssl_probe_success{instance=\"ad.hoc\"," AWAY_LABELS "} 0\n",
		"ssl_cert_not_before{instance=\"mail.example.net:25\",cn=\"mail.example.net\","
		"issuer_cn=\"Test root\",serial_no=\"4711\"," SMTP_LABELS "} 1795515300\n",
		"ssl_cert_not_after{instance=\"mail.example.net:25\",cn=\"mail.example.net\","
		"issuer_cn=\"Test root\",serial_no=\"4711\"," SMTP_LABELS "} 1803291300\n",
		"ssl_verified_cert_not_after{instance=\"mail.example.net:25\",cn=\"mail.example.net\","
		"issuer_cn=\"Test root\",serial_no=\"4711\",chain_no=\"0\"," SMTP_LABELS
		"} 1796292900\n",
	};
	const struct event *const events[] = { &smtp, &away, NULL };
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	run(&s, (struct report_options){ .aliases = true }, events, 1);
	assert_memory_equal(s.out, probes, strlen(probes));
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!strstr(s.out, lines[i]))
			fail_msg("%s is not in %s", lines[i], s.out);
	assert_documented(s.out);
}

static void labels_are_escaped(void **state)
{
	struct event evil = smtp;
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	evil.host = "a\"b\\c\nd\xff{}";
	run(&s, (struct report_options){ 0 }, (const struct event *const[]){ &evil, NULL },
		0);
	assert_non_null(
		strstr(s.out, "certpush_probe_success{host=\"a\\\"b\\\\c d?{}\",service="));
}

static void a_file_is_whole_and_readable(void **state)
{
	AUTO(str) char *file = xasprintf("%s/certpush.prom", (const char *)*state);
	const struct report_options o = { .file = file };
	const struct event *const events[] = { &smtp, &away, NULL };
	AUTO(screen) struct screen s = { 0 }, again = { 0 };
	AUTO(buf) struct buf text = BUF_EMPTY;
	AUTO(str) char *want = xasprintf("%s%s", probes, LAST_RUN);
	struct stat st;
	struct err e;

	assert_int_equal(run(&s, o, events, 0), 0);
	assert_string_equal(s.out, "");
	assert_ok(fs_read(file, 1 << 20, &text, &e), &e);
	assert_string_equal(text.data, want);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* with nothing found out it stays */
	assert_int_equal(run(&again, o, (const struct event *const[]){ NULL }, 2), 2);
	assert_string_equal(again.out, "");
	buf_reset(&text);
	assert_ok(fs_read(file, 1 << 20, &text, &e), &e);
	assert_string_equal(text.data, want);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	const struct report_options o = { .file = "/nonexistent/certpush.prom" };
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	assert_int_equal(run(&s, o, (const struct event *const[]){ &smtp, NULL }, 0), 1);
	assert_string_equal(s.out, "");
	assert_string_equal(
		s.err, "certpush: /nonexistent/certpush.prom: No such file or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_are_whole_and_have_the_same_labels),
		cmocka_unit_test(what_is_told_twice_is_told_once_and_as_wrong),
		cmocka_unit_test(a_store_has_families_of_its_own),
		cmocka_unit_test(aliases_come_on_request),
		cmocka_unit_test(labels_are_escaped),
		scratch_test(a_file_is_whole_and_readable),
		cmocka_unit_test(a_file_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
