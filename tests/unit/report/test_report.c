#include "base/alloc.h"
#include "base/fs.h"
#include "check.h"
#include "screen.h"

#include <pthread.h>

#define SHA "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

#define HOST_KEY "SHA256:E/L3Pyln9fte8v5EAt8csDv0u2gMhzJHOHHFLgr8T5Q"

static const struct recap counts = { .ok = 2, .changed = 4, .reloaded = 2, .verified = 4 };
static const struct pos place = { "inventory/hosts.yml", 4, 11 };

static const struct columns wide = { 15, 12, 12 };

/* One of each kind: what docs/events.md shows. */
static const struct sample {
	struct event ev;
	const char *text; /* NULL: more than a line, see below */
	bool on_err;
	int verbose; /* from which it is shown */
} samples[] = {
	{ { .kind = EVENT_SECTION, .detail = "PUSH" }, .text = NULL },
	{ { .kind = EVENT_STEP,
		  .certificate = "www.example.net",
		  .detail = "waiting for ns1.example.net to show 2 records" },
		"www.example.net: waiting for ns1.example.net to show 2 records", true, 2 },
	{ { .kind = EVENT_WARNING,
		  .host = "linode",
		  .service = "postfix",
		  .detail = "port 587 is not asked: no check names it" },
		"[WARNING]: linode: postfix: port 587 is not asked: no check names it",
		true, 0 },
	{ { .kind = EVENT_NOTE,
		  .host = "ovh",
		  .detail = "OpenSSH carries: the key is RSA" },
		"ovh: OpenSSH carries: the key is RSA", true, 1 },
	{ { .kind = EVENT_DUE,
		  .certificate = "www.example.net",
		  .not_after = IN_9_DAYS,
		  .detail = "less than a third of its life is left" },
		"due: [www.example.net] expires in 9 days (Dec  3 10:15:00 2026 GMT): "
		"less than a third of its life is left",
		false, 0 },
	{ { .kind = EVENT_CURRENT,
		  .certificate = "news.example.net",
		  .not_after = IN_90_DAYS },
		"current: [news.example.net] expires in 90 days (Feb 22 10:15:00 2027 GMT)",
		false, 1 },
	{ { .kind = EVENT_ISSUED,
		  .certificate = "www.example.net",
		  .not_after = IN_90_DAYS,
		  .fingerprint = SHA },
		"issued: [www.example.net] notAfter=Feb 22 10:15:00 2027 GMT", false, 0 },
	{ { .kind = EVENT_REVOKED,
		  .certificate = "www.example.net",
		  .detail = "superseded" },
		"revoked: [www.example.net] (superseded)", false, 0 },
	{ { .kind = EVENT_RECORD,
		  .certificate = "www.example.net",
		  .item = "_validation-persist.www.example.net",
		  .detail = "TXT \"ca.example; accounturi=https://ca.example/acct/7\"" },
		"publish: [www.example.net] _validation-persist.www.example.net. TXT "
		"\"ca.example; accounturi=https://ca.example/acct/7\"",
		false, 0 },
	{ { .kind = EVENT_PUBLISHED,
		  .certificate = "mail.example.net",
		  .item = "_25._tcp.mail.example.net",
		  .detail = "TLSA 3 1 1 " SHA },
		"published: [mail.example.net] _25._tcp.mail.example.net. TLSA 3 1 1 " SHA,
		false, 0 },
	{ { .kind = EVENT_WITHDRAWN,
		  .certificate = "mail.example.net",
		  .item = "_25._tcp.mail.example.net",
		  .detail =
			  "TLSA 3 1 1 "
			  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
		"withdrawn: [mail.example.net] _25._tcp.mail.example.net. TLSA 3 1 1 "
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		false, 0 },
	{ { .kind = EVENT_SERVER,
		  .certificate = "www.example.net",
		  .host = "ns3.example.net",
		  .address = "192.0.2.3",
		  .verdict = "no such name",
		  .detail = "serial 17 of 18",
		  .columns = &wide },
		"    ns3.example.net  192.0.2.3     no such name  serial 17 of 18", true,
		0 },
	{ { .kind = EVENT_ACCOUNT,
		  .ca = "letsencrypt",
		  .verdict = "valid",
		  .address = "https://acme-v02.api.letsencrypt.org/acme/acct/7",
		  .detail = "p256 key" },
		"account: [letsencrypt] => valid "
		"https://acme-v02.api.letsencrypt.org/acme/acct/7 (p256 key)",
		false, 0 },
	{ { .kind = EVENT_OK, .host = "ovh", .service = "nginx" }, "ok: [ovh] => nginx",
		false, 1 },
	{ { .kind = EVENT_CHANGED,
		  .host = "linode",
		  .service = "postfix",
		  .item = "privkey.pem",
		  .path = "/etc/postfix/tls/privkey.pem",
		  .part = "privkey",
		  .detail = "content" },
		"changed: [linode] => postfix privkey.pem", false, 0 },
	{ { .kind = EVENT_BUILT,
		  .host = "linode",
		  .service = "postfix",
		  .item = "postmap -F lmdb:/etc/postfix/sni" },
		"built: [linode] => postfix (postmap -F lmdb:/etc/postfix/sni)", false, 0 },
	{ { .kind = EVENT_VALIDATED,
		  .host = "linode",
		  .service = "postfix",
		  .item = "postconf >/dev/null" },
		"validated: [linode] => postfix (postconf >/dev/null)", false, 1 },
	{ { .kind = EVENT_RELOADED,
		  .host = "linode",
		  .service = "postfix",
		  .item = "postfix reload" },
		"reloaded: [linode] => postfix (postfix reload)", false, 0 },
	{ { .kind = EVENT_RESTARTED,
		  .host = "linode",
		  .service = "inn",
		  .item = "systemctl restart inn2" },
		"restarted: [linode] => inn (systemctl restart inn2)", false, 0 },
	{ { .kind = EVENT_VERIFIED,
		  .host = "linode",
		  .service = "postfix",
		  .protocol = "SMTP",
		  .address = "10.53.0.11:25",
		  .not_after = IN_90_DAYS,
		  .fingerprint = SHA },
		"verified: [linode] => postfix SMTP "
		"notAfter=Feb 22 10:15:00 2027 GMT",
		false, 0 },
	{ { .kind = EVENT_PROBE,
		  .host = "linode",
		  .service = "postfix",
		  .protocol = "SMTP",
		  .address = "10.53.0.11:25",
		  .verdict = "ok",
		  .not_after = IN_90_DAYS,
		  .fingerprint = SHA,
		  .key_type = "p256",
		  .signature = "ecdsa-with-SHA256",
		  .tls = "TLSv1.3 TLS_AES_256_GCM_SHA384",
		  .chain_not_after = IN_9_DAYS,
		  .match = MATCH_YES,
		  .seconds = 0.025,
		  .warning =
			  "the chain ends before the certificate does: R10 on Dec  3 10:15:00 2026 GMT",
		  .alone = true },
		"    SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT\n"
		"        warning: the chain ends before the certificate does: R10 on Dec  3 10:15:00 2026 GMT",
		false, 0 },
	{ { .kind = EVENT_HOST_KEY,
		  .host = "linode",
		  .item = "ssh-ed25519",
		  .verdict = "known",
		  .path = "~/.ssh/known_hosts:3",
		  .fingerprint = HOST_KEY,
		  .alone = true },
		"    known    ssh-ed25519          " HOST_KEY "  ~/.ssh/known_hosts:3",
		false, 0 },
	{ { .kind = EVENT_TRUSTED,
		  .host = "linode",
		  .item = "ssh-ed25519",
		  .path = "~/.ssh/known_hosts",
		  .fingerprint = HOST_KEY,
		  .detail = "by its fingerprint" },
		"trusted: [linode] => ssh-ed25519 " HOST_KEY
		" in ~/.ssh/known_hosts (by its fingerprint)",
		false, 0 },
	{ { .kind = EVENT_EXPIRY,
		  .certificate = "www.example.net",
		  .level = LEVEL_WARNING,
		  .not_after = IN_9_DAYS },
		"expiry: [www.example.net] expires in 9 days (Dec  3 10:15:00 2026 GMT)",
		false, 0 },
	{ { .kind = EVENT_OWED,
		  .host = "linode",
		  .until = IN_9_DAYS,
		  .detail = "postfix, inn" },
		"window: [linode] owed until Thu 10:15 (postfix, inn)", false, 0 },
	{ { .kind = EVENT_FAILED,
		  .host = "ovh",
		  .service = "nginx",
		  .detail =
			  "nginx -t: unknown directive \"sll\" in /etc/nginx/nginx.conf:3" },
		"fatal: [ovh] FAILED! nginx: nginx -t: unknown directive \"sll\" in "
		"/etc/nginx/nginx.conf:3",
		true, 0 },
	{ { .kind = EVENT_HELD,
		  .host = "linode",
		  .service = "postfix",
		  .detail =
			  "from Nov 24 12:15:00 2026 GMT on, when its new TLSA record has been "
			  "out for twice its TTL" },
		"held: [linode] => postfix: from Nov 24 12:15:00 2026 GMT on, when its new TLSA "
		"record has been out for twice its TTL",
		false, 0 },
	{ { .kind = EVENT_UNREACHABLE,
		  .host = "panix",
		  .detail = "10.53.0.12:22: no answer in 10 seconds" },
		"fatal: [panix] UNREACHABLE! 10.53.0.12:22: no answer in 10 seconds", true,
		0 },
	{ { .kind = EVENT_RECAP, .host = "linode", .recap = &counts }, .text = NULL },
	{ { .kind = EVENT_SUMMARY,
		  .detail = "nothing to do: 3 hosts hold what they should" },
		"nothing to do: 3 hosts hold what they should", false, 0 },
	{ { .kind = EVENT_TEXT, .detail = "@all:\n  |--@mail:\n" }, .text = NULL },
	{ { .kind = EVENT_ERROR, .detail = "port: not a port: '70000'", .pos = &place },
		"certpush: inventory/hosts.yml:4:11: port: not a port: '70000'", true, 0 },
};

static void each_kind_has_its_line_on_its_stream(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(screen) struct screen s = { 0 };
		AUTO(str) char *want = NULL;

		if (!samples[i].text)
			continue;
		show_one(&s, (struct report_options){ .verbose = samples[i].verbose },
			samples[i].ev);
		want = xasprintf("%s\n", samples[i].text);
		assert_string_equal(samples[i].on_err ? s.err : s.out, want);
		assert_string_equal(samples[i].on_err ? s.out : s.err, "");
	}
}

static void what_is_for_the_curious_is_hidden_without_v(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(screen) struct screen s = { 0 };

		if (samples[i].verbose == 0)
			continue;
		show_one(&s, (struct report_options){ .verbose = samples[i].verbose - 1 },
			samples[i].ev);
		assert_string_equal(s.out, "");
		assert_string_equal(s.err, "");
	}
}

static void every_kind_is_documented_with_the_line_it_prints(void **state)
{
	AUTO(buf) struct buf doc = BUF_EMPTY;
	bool seen[N_EVENT_KINDS] = { false };
	struct err e;

	(void)state;
	assert_ok(fs_read(SOURCE_DIR "/docs/events.md", 1 << 20, &doc, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(str)
		char *title = xasprintf("\n### %s\n", event_name(samples[i].ev.kind));
		AUTO(screen) struct screen s = { 0 };

		seen[samples[i].ev.kind] = true;
		show_one(&s, (struct report_options){ .format = FORMAT_JSON, .verbose = 1 },
			samples[i].ev);
		if (!strstr(doc.data, title))
			fail_msg("docs/events.md lacks a chapter: %s", title);
		if (!strstr(doc.data, s.out))
			fail_msg("docs/events.md lacks: %s", s.out);
		if (samples[i].text && !strstr(doc.data, samples[i].text))
			fail_msg("docs/events.md lacks: %s", samples[i].text);
	}
	for (int kind = 0; kind < N_EVENT_KINDS; kind++)
		if (!seen[kind])
			fail_msg("no sample of %s", event_name((enum event_kind)kind));
}

static void quiet_tells_troubles_and_documents_only(void **state)
{
	static const enum event_kind told[] = { EVENT_WARNING, EVENT_EXPIRY, EVENT_FAILED,
		EVENT_UNREACHABLE, EVENT_SERVER, EVENT_ERROR };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		bool trouble = false;

		for (size_t k = 0; k < ARRAY_LEN(told); k++)
			trouble |= told[k] == samples[i].ev.kind || samples[i].ev.warning;
		for (int format = FORMAT_TEXT; format <= FORMAT_JSON; format++) {
			AUTO(screen) struct screen s = { 0 };
			bool text = samples[i].ev.kind == EVENT_TEXT;

			show_one(&s,
				(struct report_options){
					.format = (enum report_format)format,
					.quiet = true },
				samples[i].ev);
			assert_int_equal(*s.err != 0, trouble && format == FORMAT_TEXT);
			assert_int_equal(
				*s.out != 0, text || (trouble && format == FORMAT_JSON));
		}
	}
}

static void dry_runs_say_what_would_be_done_and_why(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *want;
	} rows[] = {
		{ EVENT_CHANGED, "would change: [linode] => postfix x (content)\n" },
		{ EVENT_BUILT, "would build: [linode] => postfix (x): content\n" },
		{ EVENT_VALIDATED, "would validate: [linode] => postfix (x): content\n" },
		{ EVENT_RELOADED, "would reload: [linode] => postfix (x): content\n" },
		{ EVENT_RESTARTED, "would restart: [linode] => postfix (x): content\n" },
		{ EVENT_VERIFIED, "would verify: [linode] => postfix SMTP: content\n" },
		{ EVENT_OK, "ok: [linode] => postfix: content\n" }, /* as it has a detail */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(screen) struct screen s = { 0 };

		show_one(&s, (struct report_options){ 0 },
			(struct event){ .kind = rows[i].kind,
				.host = "linode",
				.service = "postfix",
				.item = "x",
				.detail = "content",
				.dry = true,
				.protocol = rows[i].kind == EVENT_VERIFIED ? "SMTP" : NULL,
				.address = rows[i].kind == EVENT_VERIFIED ? "10.53.0.11:25"
									  : NULL });
		assert_string_equal(s.out, rows[i].want);
	}
}

static void the_why_of_a_change_is_told_with_v(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	show_one(&s, (struct report_options){ .verbose = 1 },
		(struct event){ .kind = EVENT_CHANGED,
			.host = "linode",
			.service = "postfix",
			.item = "privkey.pem",
			.detail = "mode 0640, not 0600" });
	assert_string_equal(
		s.out, "changed: [linode] => postfix privkey.pem (mode 0640, not 0600)\n");
}

static void old_and_new_are_fields_and_fingerprints_with_v(void **state)
{
	static const char *const gained[] = { "a.example.net", "b\n.example.net", NULL };
	static const char *const none[] = { NULL };
	const struct event ev = { .kind = EVENT_CHANGED,
		.service = "x",
		.item = "f",
		.fingerprint = SHA,
		.old_fingerprint = "0123456789abcdef0123",
		.not_after = IN_90_DAYS,
		.old_not_after = IN_9_DAYS,
		.gained = gained,
		.lost = none,
		.detail = "older" };
	AUTO(screen) struct screen text = { 0 }, json = { 0 };

	(void)state;
	show_one(&text, (struct report_options){ .verbose = 1 }, ev);
	assert_string_equal(text.out,
		"changed:  => x f (older) SHA-256 0123456789abcdef -> ba7816bf8f01cfea\n");
	show_one(&json, (struct report_options){ .format = FORMAT_JSON }, ev);
	assert_non_null(strstr(
		json.out, "\"names_gained\":[\"a.example.net\",\"b .example.net\"]"));
	assert_null(strstr(json.out, "names_lost"));
	assert_non_null(strstr(json.out,
		"\"not_after\":\"2027-02-22T10:15:00Z\",\"old_not_after\":\"2026-12-03T10:15:00Z\""));
}

static void a_diff_follows_its_file_and_is_coloured_by_line(void **state)
{
	const struct event ev = { .kind = EVENT_CHANGED,
		.host = "ovh",
		.service = "x",
		.item = "f",
		.diff = "-a\x1b\n+b\n c" };
	AUTO(screen) struct screen text = { 0 }, json = { 0 }, quiet = { 0 };

	(void)state;
	show_one(&text, (struct report_options){ .colour = true }, ev);
	assert_string_equal(text.out,
		"\x1b[0;33mchanged: [ovh] => x f\x1b[0m\n"
		"\x1b[0;31m-a \x1b[0m\n\x1b[0;32m+b\x1b[0m\n c\n\n");
	show_one(&json, (struct report_options){ .format = FORMAT_JSON }, ev);
	assert_non_null(strstr(json.out, "\"diff\":\"-a \\n+b\\n c\""));
	show_one(&quiet, (struct report_options){ .quiet = true }, ev);
	assert_string_equal(quiet.out, "");
}

static void lines_stand_without_what_is_absent(void **state)
{
	static const struct {
		struct event ev;
		const char *out, *err;
	} rows[] = {
		{ { .kind = EVENT_DUE,
			  .certificate = "www",
			  .detail = "there is none yet" },
			"due: [www]: there is none yet\n", "" },
		{ { .kind = EVENT_EXPIRY,
			  .certificate = "www",
			  .not_after = NOW - 3 * 86400 },
			"expiry: [www] expired 3 days ago (Nov 21 10:15:00 2026 GMT)\n",
			"" },
		{ { .kind = EVENT_FAILED,
			  .certificate = "www.example.net",
			  .detail = "no" },
			"", "fatal: [www.example.net] FAILED! no\n" },
		{ { .kind = EVENT_FAILED, .detail = "no" }, "", "fatal: FAILED! no\n" },
		{ { .kind = EVENT_FAILED, .host = "ovh" }, "", "fatal: [ovh] FAILED!\n" },
		{ { .kind = EVENT_OK, .host = "ovh" }, "ok: [ovh]\n", "" },
		{ { .kind = EVENT_CHANGED, .host = "ovh", .service = "x" },
			"changed: [ovh] => x\n", "" },
		{ { .kind = EVENT_WARNING }, "", "[WARNING]: \n" },
		{ { .kind = EVENT_ERROR, .detail = "no" }, "", "certpush: no\n" },
		{ { .kind = EVENT_RECAP, .host = "ovh" }, "", "" },
		{ { .kind = EVENT_TEXT }, "", "" },
		{ { .kind = EVENT_PROBE }, "    TLS: UNKNOWN\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(screen) struct screen s = { 0 };

		show_one(&s, (struct report_options){ .verbose = 1 }, rows[i].ev);
		assert_string_equal(s.out, rows[i].out);
		assert_string_equal(s.err, rows[i].err);
	}
}

static void probe(struct report *r, const char *host, const char *protocol,
	const char *address, bool several)
{
	report_emit(r,
		&(struct event){ .kind = EVENT_PROBE,
			.host = host,
			.protocol = protocol,
			.address = address,
			.verdict = "ok",
			.not_after = IN_90_DAYS,
			.several = several });
}

static void host_keys_stand_below_their_host(void **state)
{
	static const char *const verdicts[] = { "known", "new", "changed" };
	static const char *const hosts[] = { "linode", "linode", "ovh" };
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ .verbose = 0 });
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		report_emit(s.report,
			&(struct event){ .kind = EVENT_HOST_KEY,
				.host = hosts[i],
				.item = "ssh-rsa",
				.verdict = verdicts[i],
				.fingerprint = "SHA256:x",
				.detail = i ? "so" : NULL });
	screen_close(&s);
	assert_string_equal(s.out,
		"linode\n"
		"    known    ssh-rsa              SHA256:x\n"
		"    NEW      ssh-rsa              SHA256:x  (so)\n"
		"ovh\n"
		"    CHANGED  ssh-rsa              SHA256:x  (so)\n");
}

static void probes_stand_below_their_host(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ 0 });
	probe(s.report, "linode", "SMTP", "10.53.0.11:25", false);
	probe(s.report, "linode", "NNTP", "10.53.0.11:119", false);
	report_emit(s.report,
		&(struct event){ .kind = EVENT_PROBE,
			.host = "linode",
			.protocol = "HTTPS",
			.address = "10.53.0.11:443",
			.verdict = "unreachable",
			.detail = "connection refused" });
	probe(s.report, "ovh", "SMTP", "10.53.0.12:25", true);
	report_emit(s.report,
		&(struct event){ .kind = EVENT_PROBE,
			.host = "ovh",
			.protocol = "SMTP",
			.address = "[2001:db8::1]:25",
			.verdict = "wrong name",
			.not_after = IN_9_DAYS,
			.detail = "it is for example.org",
			.several = true });
	probe(s.report, "panix", "IMAP", "[2001:db8::2]:143", false);
	screen_close(&s);
	assert_string_equal(s.out,
		"linode (10.53.0.11)\n"
		"    SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT\n"
		"    NNTP: OK notAfter=Feb 22 10:15:00 2027 GMT\n"
		"    HTTPS: UNREACHABLE (connection refused)\n"
		"ovh\n"
		"    SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT 10.53.0.12:25\n"
		"    SMTP: WRONG NAME notAfter=Dec  3 10:15:00 2026 GMT [2001:db8::1]:25 "
		"(it is for example.org)\n"
		"panix (2001:db8::2)\n"
		"    IMAP: OK notAfter=Feb 22 10:15:00 2027 GMT\n");
	assert_string_equal(s.err, "");
}

static void quiet_probes_tell_only_what_is_wrong(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ .quiet = true });
	probe(s.report, "linode", "SMTP", "10.53.0.11:25", false);
	report_emit(s.report,
		&(struct event){ .kind = EVENT_PROBE,
			.host = "ovh",
			.protocol = "SMTP",
			.address = "10.53.0.12:25",
			.verdict = "older",
			.not_after = IN_9_DAYS });
	screen_close(&s);
	assert_string_equal(s.out, "");
	assert_string_equal(s.err,
		"ovh (10.53.0.12)\n"
		"    SMTP: OLDER notAfter=Dec  3 10:15:00 2026 GMT\n");
}

static void probes_near_their_end_are_told_as_such(void **state)
{
	static const struct {
		struct event ev;
		const char *line;
	} rows[] = {
		{ { .level = LEVEL_WARNING, .not_after = IN_9_DAYS },
			"SMTP: WARNING notAfter=Dec  3 10:15:00 2026 GMT (expires in 9 days)" },
		{ { .level = LEVEL_CRITICAL, .not_after = NOW + 7200 },
			"SMTP: CRITICAL notAfter=Nov 24 12:15:00 2026 GMT (expires in 2 hours)" },
		{ { .level = LEVEL_WARNING,
			  .not_after = IN_90_DAYS,
			  .chain_not_after = IN_9_DAYS },
			"SMTP: WARNING notAfter=Feb 22 10:15:00 2027 GMT "
			"(its chain expires in 9 days, Dec  3 10:15:00 2026 GMT)" },
		{ { .level = LEVEL_OK,
			  .not_after = IN_90_DAYS,
			  .chain_not_after = IN_9_DAYS },
			"SMTP: OK notAfter=Feb 22 10:15:00 2027 GMT" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		const bool quiet = i % 2;
		struct event ev = rows[i / 2].ev;
		AUTO(screen) struct screen s = { 0 };
		AUTO(str) char *want = xasprintf("    %s\n", rows[i / 2].line);

		ev.kind = EVENT_PROBE;
		ev.protocol = "SMTP";
		ev.verdict = "ok";
		ev.tls = "TLSv1.3";
		show_one(&s, (struct report_options){ .quiet = quiet }, ev);
		assert_string_equal(s.out, quiet ? "" : want);
		assert_string_equal(s.err, quiet && ev.level != LEVEL_OK ? want : "");
	}
}

static void a_banner_is_79_columns_and_waits_for_a_line(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ 0 });
	report_section(s.report, "RENEW");
	report_note(s.report, "not shown");
	report_emit(s.report,
		&(struct event){ .kind = EVENT_OK, .host = "not", .service = "shown" });
	report_section(s.report, "PUSH");
	report_emit(s.report,
		&(struct event){
			.kind = EVENT_RELOADED, .host = "ovh", .service = "nginx" });
	report_section(s.report, "CHECK");
	report_emit(s.report,
		&(struct event){ .kind = EVENT_SUMMARY, .detail = "all is well" });
	screen_close(&s);
	assert_string_equal(s.out,
		"\nPUSH **************************************************************************\n"
		"reloaded: [ovh] => nginx\n"
		"all is well\n");
}

static void a_recap_is_aligned_as_ansible_does_it(void **state)
{
	static const struct recap bad = { .ok = 10, .unreachable = 1, .failed = 12 };
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ 0 });
	report_emit(s.report,
		&(struct event){ .kind = EVENT_RECAP, .host = "linode", .recap = &counts });
	report_emit(s.report,
		&(struct event){ .kind = EVENT_RECAP, .host = "ovh", .recap = &bad });
	screen_close(&s);
	assert_string_equal(s.out,
		"\nRECAP *************************************************************************\n"
		"linode       : ok=2  changed=4  reloaded=2  verified=4  unreachable=0 failed=0\n"
		"ovh          : ok=10 changed=0  reloaded=0  verified=0  unreachable=1 failed=12\n");
}

static void a_dry_recap_says_so(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	show_one(&s, (struct report_options){ 0 },
		(struct event){
			EVENT_RECAP, .host = "linode", .recap = &counts, .dry = true });
	assert_non_null(strstr(s.out, "\nRECAP [DRY RUN] ****"));
}

static void colours_are_ansibles_and_only_if_wanted(void **state)
{
	static const struct {
		struct event ev;
		const char *out, *err;
	} rows[] = {
		{ { .kind = EVENT_OK, .host = "a", .service = "s" },
			"\x1b[0;32mok: [a] => s\x1b[0m\n", "" },
		{ { .kind = EVENT_CHANGED, .host = "a", .service = "s" },
			"\x1b[0;33mchanged: [a] => s\x1b[0m\n", "" },
		{ { .kind = EVENT_FAILED, .host = "a", .detail = "d" }, "",
			"\x1b[0;31mfatal: [a] FAILED! d\x1b[0m\n" },
		{ { .kind = EVENT_UNREACHABLE, .host = "a", .detail = "d" }, "",
			"\x1b[1;31mfatal: [a] UNREACHABLE! d\x1b[0m\n" },
		{ { .kind = EVENT_PROBE, .protocol = "SMTP", .verdict = "older" },
			"\x1b[0;31m    SMTP: OLDER\x1b[0m\n", "" },
		{ { .kind = EVENT_SUMMARY, .detail = "d" }, "d\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(screen) struct screen s = { 0 };

		show_one(&s, (struct report_options){ .colour = true, .verbose = 1 },
			rows[i].ev);
		assert_string_equal(s.out, rows[i].out);
		assert_string_equal(s.err, rows[i].err);
	}
}

static void colours_do_not_move_the_columns_of_a_recap(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	show_one(&s, (struct report_options){ .colour = true },
		(struct event){ .kind = EVENT_RECAP, .host = "linode", .recap = &counts });
	assert_non_null(strstr(s.out,
		"\n\x1b[0;33mlinode      \x1b[0m : \x1b[0;32mok=2  \x1b[0m"
		"\x1b[0;33mchanged=4  \x1b[0m"));
}

static void a_stranger_cannot_steer_the_terminal(void **state)
{
	static const enum event_kind kinds[] = { EVENT_FAILED, EVENT_OK, EVENT_PROBE,
		EVENT_NOTE, EVENT_WARNING, EVENT_ERROR, EVENT_SUMMARY, EVENT_TEXT,
		EVENT_RECAP, EVENT_DUE };
	static const char evil[] = "\x1b]0;x\x07\r\x9b\xc2\x9b";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds) * 2; i++) {
		AUTO(screen) struct screen s = { 0 };

		show_one(&s,
			(struct report_options){
				.verbose = 1, .format = (enum report_format)(i % 2) },
			(struct event){ .kind = kinds[i / 2],
				.host = evil,
				.service = evil,
				.detail = evil,
				.certificate = evil,
				.protocol = evil,
				.verdict = evil,
				.address = evil,
				.recap = &counts });
		assert_true(*s.out || *s.err);
		assert_null(strpbrk(s.out, "\x1b\x07\r\x9b\xc2"));
		assert_null(strpbrk(s.err, "\x1b\x07\r\x9b\xc2"));
	}
}

static void a_document_keeps_its_lines(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ .quiet = true });
	report_text(s.report, "one\n\ttwo\n\n");
	report_text(s.report, "no newline");
	screen_close(&s);
	assert_string_equal(s.out, "one\n\ttwo\n\nno newline\n");
}

static void json_leaves_out_what_is_absent_and_escapes_the_rest(void **state)
{
	static const struct {
		struct event ev;
		const char *want;
	} rows[] = {
		{ { .kind = EVENT_OK },
			"{\"time\":\"2026-11-24T10:15:00Z\",\"event\":\"ok\"}\n" },
		{ { .kind = EVENT_RELOADED,
			  .host = "a\"b\\",
			  .dry = true,
			  .detail = "l1\nl2\xff" },
			"{\"time\":\"2026-11-24T10:15:00Z\",\"event\":\"reloaded\","
			"\"host\":\"a\\\"b\\\\\",\"dry\":true,\"detail\":\"l1\\nl2?\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(screen) struct screen s = { 0 };

		show_one(&s, (struct report_options){ .format = FORMAT_JSON }, rows[i].ev);
		assert_string_equal(s.out, rows[i].want);
		assert_string_equal(s.err, "");
	}
}

static void a_progress_line_is_redrawn_below_what_is_printed(void **state)
{
	AUTO(screen) struct screen s = { 0 };

	(void)state;
	screen_open(&s, (struct report_options){ .progress = true });
	report_warn(s.report, "first");
	report_emit(s.report,
		&(struct event){
			.kind = EVENT_STEP, .host = "linode", .detail = "looking" });
	report_warn(s.report, "no %s", "more");
	screen_close(&s);
	assert_string_equal(s.out, "");
	assert_string_equal(s.err,
		"[WARNING]: first\n"
		"\r\x1b[Klinode: looking"
		"\r\x1b[K[WARNING]: no more\n"
		"\r\x1b[Klinode: looking"
		"\r\x1b[K");
}

static void a_progress_line_fits_the_terminal(void **state)
{
	AUTO(screen) struct screen s = { 0 };
	char text[200] = "";

	(void)state;
	memset(text, 'x', sizeof text - 1);
	show_one(&s, (struct report_options){ .progress = true },
		(struct event){ .kind = EVENT_STEP, .detail = text });
	assert_int_equal(strlen(s.err), 4 + 78 + 4);
}

static void an_error_tells_its_place(void **state)
{
	AUTO(screen) struct screen s = { 0 };
	struct err e;

	(void)state;
	screen_open(&s, (struct report_options){ .quiet = true });
	err_at(&e, (struct pos){ "certpush.yml", 3, 0 }, "unknown key: storre");
	report_error(s.report, &e);
	err_at(&e, (struct pos){ "certpush.yml", 0, 0 }, "empty");
	report_error(s.report, &e);
	screen_close(&s);
	assert_string_equal(s.err,
		"certpush: certpush.yml:3: unknown key: storre\n"
		"certpush: empty\n");
}

static void a_full_disk_is_noticed(void **state)
{
	AUTO(screen) struct screen s = { 0 };
	FILE *full = fopen("/dev/full", "w");
	struct report_streams streams = {
		.out = full, .err = full, .width = 79, .now = NOW
	};
	struct report *r = report_on(&(struct report_options){ 0 }, &streams);

	(void)state;
	assert_non_null(full);
	assert_int_equal(report_finish(r, 0), 0);
	report_text(r, "text");
	assert_int_equal(report_finish(r, 0), 1);
	assert_int_equal(report_finish(r, 2), 2);
	report_free(r);
	fclose(full);
}

static pthread_barrier_t start;

static void *talk(void *arg)
{
	pthread_barrier_wait(&start);
	for (int i = 0; i < 500; i++)
		report_emit(arg,
			&(struct event){ .kind = EVENT_RELOADED,
				.host = "linode",
				.service = "postfix",
				.item = "postfix reload" });
	return NULL;
}

static void events_of_many_threads_come_out_whole(void **state)
{
	static const char want[] = "reloaded: [linode] => postfix (postfix reload)\n";
	AUTO(screen) struct screen s = { 0 };
	pthread_t threads[4];

	(void)state;
	screen_open(&s, (struct report_options){ 0 });
	pthread_barrier_init(&start, NULL, ARRAY_LEN(threads));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, talk, s.report), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	screen_close(&s);
	assert_int_equal(s.sizes[0], 2000 * strlen(want));
	for (size_t i = 0; i < 2000; i++)
		assert_memory_equal(s.out + i * strlen(want), want, strlen(want));
}

/* While somebody is asked, as report_ask does. */
static void held_back_until_it_is_answered(void **state)
{
	struct screen s;

	(void)state;
	screen_open(&s, (struct report_options){ .progress = true });
	report_emit(s.report, &(struct event){ .kind = EVENT_STEP, .detail = "one" });
	report_hold(s.report);
	fflush(s.files[1]);
	assert_string_equal(s.err, "\r\x1b[Kone\r\x1b[K");
	report_warn(s.report, "first");
	report_emit(s.report, &(struct event){ .kind = EVENT_STEP, .detail = "two" });
	report_warn(s.report, "second");
	fflush(s.files[1]);
	assert_string_equal(s.err, "\r\x1b[Kone\r\x1b[K");
	report_release(s.report);
	screen_close(&s);
	assert_non_null(strstr(s.err, "first\n"));
	assert_non_null(strstr(s.err, "second\n\r\x1b[Ktwo"));
	screen_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_line_on_its_stream),
		cmocka_unit_test(what_is_for_the_curious_is_hidden_without_v),
		cmocka_unit_test(every_kind_is_documented_with_the_line_it_prints),
		cmocka_unit_test(quiet_tells_troubles_and_documents_only),
		cmocka_unit_test(dry_runs_say_what_would_be_done_and_why),
		cmocka_unit_test(the_why_of_a_change_is_told_with_v),
		cmocka_unit_test(old_and_new_are_fields_and_fingerprints_with_v),
		cmocka_unit_test(a_diff_follows_its_file_and_is_coloured_by_line),
		cmocka_unit_test(lines_stand_without_what_is_absent),
		cmocka_unit_test(host_keys_stand_below_their_host),
		cmocka_unit_test(probes_stand_below_their_host),
		cmocka_unit_test(quiet_probes_tell_only_what_is_wrong),
		cmocka_unit_test(probes_near_their_end_are_told_as_such),
		cmocka_unit_test(a_banner_is_79_columns_and_waits_for_a_line),
		cmocka_unit_test(a_recap_is_aligned_as_ansible_does_it),
		cmocka_unit_test(a_dry_recap_says_so),
		cmocka_unit_test(colours_are_ansibles_and_only_if_wanted),
		cmocka_unit_test(colours_do_not_move_the_columns_of_a_recap),
		cmocka_unit_test(a_stranger_cannot_steer_the_terminal),
		cmocka_unit_test(a_document_keeps_its_lines),
		cmocka_unit_test(json_leaves_out_what_is_absent_and_escapes_the_rest),
		cmocka_unit_test(a_progress_line_is_redrawn_below_what_is_printed),
		cmocka_unit_test(a_progress_line_fits_the_terminal),
		cmocka_unit_test(an_error_tells_its_place),
		cmocka_unit_test(a_full_disk_is_noticed),
		cmocka_unit_test(events_of_many_threads_come_out_whole),
		cmocka_unit_test(held_back_until_it_is_answered),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
