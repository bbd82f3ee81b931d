#include "check.h"
#include "made_cert.h"
#include "push/private/answer.h"

#define N       "certpush 0123456789abcdef\n"
#define H       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define NAMES   "names -rw-r----- 1 root ssl-cert 1704 Nov 24 11:00 \n"
#define NUMBERS "numbers -rw-r----- 1 0 112 1704 Nov 24 11:00 \n"
#define FILE0   "file 0 regular 0 " H "\n" NAMES NUMBERS

static const char nonce[] = "0123456789abcdef";

static void a_look_is_read(void **state)
{
	static const char text[] = "Welcome to linode!\ncertpush no\n" N FILE0
				   "file 1 missing 1\nfile 2 link 0\nfile 3 other 0\nend\n";
	struct seen_file seen[4] = { 0 };
	struct err e;

	(void)state;
	assert_ok(answer_seen(text, nonce, seen, 4, &e), &e);
	assert_int_equal(seen[0].state, SEEN_FILE);
	assert_string_equal(sha256_hex(&seen[0].sha256).s, H);
	assert_int_equal(seen[0].mode, 0640);
	assert_string_equal(seen[0].owner, "root");
	assert_string_equal(seen[0].group, "ssl-cert");
	assert_string_equal(seen[0].uid, "0");
	assert_string_equal(seen[0].gid, "112");
	assert_false(seen[0].owed);
	assert_int_equal(seen[1].state, SEEN_MISSING);
	assert_true(seen[1].owed);
	assert_int_equal(seen[2].state, SEEN_LINK);
	assert_int_equal(seen[3].state, SEEN_OTHER);
}

/* What is between the certificates, and what is none, is no matter. */
static void certificates_are_read_with_it(void **state)
{
	AUTO(made)
	struct made m = made_cert(&(const struct made_wish){ .cn = "www" }, NULL);
	struct chain chain = MADE_CHAIN(&m);
	AUTO(buf) struct buf pem = BUF_EMPTY, text = BUF_EMPTY;
	struct seen_file seen[3] = { 0 };
	const char *line;
	struct err e;

	(void)state;
	chain_to_pem(&chain, 0, 1, &pem);
	buf_puts(&text, N FILE0);
	for (line = pem.data; *line; line += strcspn(line, "\n") + 1)
		buf_printf(&text, "pem %.*s\n", (int)strcspn(line, "\n"), line);
	buf_puts(
		&text, "file 1 regular 0 " H "\n" NAMES NUMBERS "pem -----BEGIN x\npem \n");
	buf_puts(&text, "file 2 missing 0\nend\n");
	assert_ok(answer_seen(text.data, nonce, seen, 3, &e), &e);
	assert_int_equal(seen[0].held.n, 1);
	assert_string_equal(cert_subject_name(seen[0].held.certs[0]), "www");
	assert_int_equal(seen[1].held.n, 0);
	seen_clear(seen, 3);
	chain_clear(&chain);
}

static void modes_are_read_as_ls_writes_them(void **state)
{
	static const struct {
		const char *letters;
		unsigned mode;
		bool ok;
	} rows[] = {
		{ "-rw-------", 0600, true },
		{ "-rwxr-xr-x", 0755, true },
		{ "-rw-r--r--+", 0644, true }, /* an ACL */
		{ "-rw-r--r--.", 0644, true }, /* SELinux */
		{ "-rwsr-xr-x", 04755, true },
		{ "-rwSr-Sr-T", 07644, true },
		{ "-rwxr-sr-t", 03755, true },
		{ "-rw-------------------------", 0600, true },
		{ "-rw-r--r-", 0, false },
		{ "-rw-r--r-q", 0, false },
		{ "-srw-r--r-", 0, false },
		{ "-rwtr-xr-x", 0, false },
		{ "-rwxr-xr-s", 0, false },
		{ "-wr-------", 0, false },
		{ "", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[512];
		struct seen_file seen;
		struct err e;
		bool ok;

		snprintf(text, sizeof text,
			N "file 0 regular 0 " H "\nnames %s 1 a b 1 \n" NUMBERS "end\n",
			rows[i].letters);
		ok = answer_seen(text, nonce, &seen, 1, &e);
		if (ok != rows[i].ok || (ok && seen.mode != rows[i].mode))
			fail_msg("'%s': %s %o", rows[i].letters, ok ? "taken" : "refused",
				ok ? seen.mode : 0);
	}
}

static void what_is_no_look_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "didn't start" },
		{ "certpush 0123456789abcde\n" FILE0 "end\n", "didn't start" },
		{ "certpush 0123456789abcdef", "didn't start" }, /* no end of line */
		{ "certpush\n" FILE0 "end\n", "didn't start" },
		{ N, "breaks off" },
		{ N "file 0 missing 0", "breaks off" },
		{ N "file 0 missing 0\n", "breaks off" },
		{ N FILE0, "breaks off" },
		{ N FILE0 "file 1 missing 0\nend\n",
			"breaks off" },    /* more than was asked */
		{ N "end\n", "no sense" }, /* less */
		{ N "\nend\n", "no sense" },
		{ N "file 1 missing 0\nend\n", "no sense: file 1" },
		{ N "file 0 gone 0\nend\n", "no sense" },
		{ N "file 0 missing\nend\n", "no sense" },
		{ N "file 0 missing 2\nend\n", "no sense" },
		{ N "file 0 missing yes\nend\n", "no sense" },
		{ N "file 00000000 missing 0\nend\n", "no sense" },
		{ N "file -0 missing 0\nend\n", "no sense" },
		{ N "fil 0 missing 0\nend\n", "no sense" },
		{ N "file 0 regular 0\n" NAMES NUMBERS "end\n", "no sense" },
		{ N "file 0 regular 0 " H "00\n" NAMES NUMBERS "end\n", "no sense" },
		{ N "file 0 regular 0 zz\n" NAMES NUMBERS "end\n", "no sense" },
		{ N "file 0 regular 0 " H "\n" NUMBERS NAMES "end\n", "no sense" },
		{ N "file 0 regular 0 " H "\n" NAMES "end\n", "no sense" },
		{ N "file 0 regular 0 " H "\nnames -rw------- 1 root\n" NUMBERS "end\n",
			"no sense" },
		{ N "fail look - /etc/key.pem: can't be read as deploy\nend\n",
			"/etc/key.pem: can't be read as deploy" },
		{ N "fail look /etc/key.pem\nend\n", "no sense" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen_file seen;
		struct err e;

		assert_err(answer_seen(rows[i].text, nonce, &seen, 1, &e), &e, ERR_REMOTE,
			rows[i].says);
	}
}

static void the_shell_tells_its_pid(void **state)
{
	static const struct {
		const char *text;
		int pid;
	} rows[] = { { "Welcome!\ncertpush 0123456789abcdef 4194304\nend\n", 4194304 },
		{ N "end\n", 0 }, { "certpush 0123456789abcdef -5\n", 0 },
		{ "certpush 0123456789abcdef 99999999999\n", 0 },
		{ "certpush 0123456789abcdee 17\n", 0 }, { "", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(answer_shell(rows[i].text, nonce), rows[i].pid);
}

static void a_look_at_nothing_is_an_answer_too(void **state)
{
	struct err e;

	(void)state;
	assert_ok(answer_seen(N "end\n", nonce, NULL, 0, &e), &e);
}

/* Each prefix of a good answer is refused, and so is each with one byte changed to a NUL.
 */
static void half_an_answer_is_refused(void **state)
{
	static const char whole[] = N FILE0 "file 1 missing 1\nend\n";
	struct seen_file seen[2];
	struct err e;

	(void)state;
	assert_ok(answer_seen(whole, nonce, seen, 2, &e), &e);
	for (size_t len = 0; len < sizeof whole - 1; len++) {
		char part[sizeof whole] = "";

		memcpy(part, whole, len);
		if (answer_seen(part, nonce, seen, 2, &e))
			fail_msg("%zu bytes were taken for the whole", len);
	}
}

static void a_story_is_read(void **state)
{
	static const char text[] =
		"motd\n" N "did validate 0\nfail reload 1 exit status 1: no  such  job \n"
		"did again 0\nfail again 1 \nrestored\nend\nbye\n";
	AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
	const struct remote_event *failure;
	struct err e;

	(void)state;
	assert_ok(answer_story(text, nonce, &story, &e), &e);
	assert_int_equal(story.n, 4);
	assert_true(story.restored);
	assert_false(story.events[0].failed);
	assert_string_equal(story.events[0].step, "validate");
	assert_int_equal(story.events[0].index, 0);
	failure = remote_story_failure(&story);
	assert_ptr_equal(failure, &story.events[1]);
	assert_int_equal(failure->index, 1);
	assert_string_equal(failure->text, "exit status 1: no  such  job ");
	assert_string_equal(story.events[3].text, "");
}

static void an_index_that_is_none_is_minus_one(void **state)
{
	static const char *const words[] = { "-", "x", "-1", "1x", "1234567", "99999999999",
		"0x1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
		char text[128];
		struct err e;

		snprintf(text, sizeof text, N "fail stage %s why\nend\n", words[i]);
		assert_ok(answer_story(text, nonce, &story, &e), &e);
		assert_int_equal(story.events[0].index, -1);
	}
}

static void what_is_no_story_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "didn't start" },
		{ "certpush fedcba9876543210\nend\n", "didn't start" },
		{ N, "breaks off" },
		{ N "did validate 0\n", "breaks off" },
		{ N "did validate 0\nend", "breaks off" },
		{ N "\nend\n", "breaks off" },
		{ N "did\nend\n", "no sense" },
		{ N "did validate\nend\n", "no sense" },
		{ N "fail\nend\n", "no sense" },
		{ N "failed stage - x\nend\n", "no sense" },
		{ N "Segmentation fault\nend\n", "no sense: Segmentation" },
		{ N "END\nend\n", "no sense" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(remote_story) struct remote_story story = REMOTE_STORY_EMPTY;
		struct err e;

		assert_err(answer_story(rows[i].text, nonce, &story, &e), &e, ERR_REMOTE,
			rows[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_is_read),
		cmocka_unit_test(certificates_are_read_with_it),
		cmocka_unit_test(modes_are_read_as_ls_writes_them),
		cmocka_unit_test(what_is_no_look_is_refused),
		cmocka_unit_test(the_shell_tells_its_pid),
		cmocka_unit_test(a_look_at_nothing_is_an_answer_too),
		cmocka_unit_test(half_an_answer_is_refused),
		cmocka_unit_test(a_story_is_read),
		cmocka_unit_test(an_index_that_is_none_is_minus_one),
		cmocka_unit_test(what_is_no_story_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
