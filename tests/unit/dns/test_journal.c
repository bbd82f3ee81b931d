/* The journal: what a crash left is found, and taken out by the next run. */
#include "base/alloc.h"
#include "base/fs.h"
#include "dns/private/journal.h"

#include "check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct dns_config hook = {
	.provider = "hook", .hook = "/bin/true", .hook_timeout = 20
};
static struct dns_config failing = {
	.provider = "hook", .hook = "/bin/false", .hook_timeout = 20
};

static struct dns_record record(const char *domain, const char *value)
{
	return (struct dns_record){
		.config = &hook, .domain = domain, .token = "token", .value = value
	};
}

static char *path_in(void **state)
{
	return fs_join(*state, "records");
}

static char *content(void **state)
{
	AUTO(str) char *path = path_in(state);
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	assert_ok(fs_read(path, 1 << 20, &text, &e), &e);
	return buf_take(&text);
}

static struct dns_journal *reopen(void **state)
{
	AUTO(str) char *path = path_in(state);
	struct err e;
	struct dns_journal *j = dns_journal_open(path, &e);

	assert_ok(j, &e);
	return j;
}

static void put(void **state, const char *text)
{
	AUTO(str) char *path = path_in(state);
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
}

static void records_are_named_before_and_dropped_after(void **state)
{
	AUTO(dns_journal) struct dns_journal *j = reopen(state);
	struct dns_record r[] = { record("example.net", "one"),
		record("example.net", "two") };
	AUTO(str) char *before = NULL;
	AUTO(str) char *between = NULL;
	AUTO(str) char *after = NULL;
	AUTO(str) char *path = path_in(state);
	struct stat st;

	dns_present(r, 2, j);
	before = content(state);
	assert_string_equal(before,
		"add - example.net token one hook _acme-challenge.example.net\n"
		"add - example.net token two hook _acme-challenge.example.net\n");
	dns_cleanup(r, 1, j);
	between = content(state);
	assert_non_null(strstr(
		between, "del - example.net token one hook _acme-challenge.example.net\n"));
	dns_cleanup(r, 2, j);
	after = content(state);
	assert_string_equal(after, "");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	dns_records_clear(r, 2);
}

static const struct dns_config *find(void *ctx, const char *domain, const char *name)
{
	(void)ctx;
	assert_true(strncmp(name, "_acme-challenge.", 16) == 0);
	if (strcmp(domain, "gone.example.net") == 0)
		return NULL;
	return strcmp(domain, "bad.example.net") == 0 ? &failing : &hook;
}

static void what_was_left_is_taken_out(void **state)
{
	struct err e;

	put(state,
		"add example.net a.example.net t one rfc2136 _acme-challenge.a.example.net\n"
		"add - b.example.net t two hook _acme-challenge.b.example.net\n"
		"del - b.example.net t two hook _acme-challenge.b.example.net\n"
		"add - c.example.net t three hook _acme-challenge.c.example.net\n"
		"add - d.exam"); /* cut by the crash: it was never added */
	{
		AUTO(dns_journal) struct dns_journal *j = reopen(state);
		AUTO(str) char *after = NULL;

		assert_int_equal(dns_journal_recover(j, find, NULL, &e), 2);
		assert_string_equal(e.msg, "");
		after = content(state);
		assert_string_equal(after, "");
	}
}

static void what_cannot_be_taken_out_stays(void **state)
{
	struct err e;

	put(state,
		"add - bad.example.net t one hook _acme-challenge.bad.example.net\n"
		"add - good.example.net t two hook _acme-challenge.good.example.net\n"
		"add - gone.example.net t three hook _acme-challenge.gone.example.net\n");
	for (int round = 0; round < 2; round++) {
		AUTO(dns_journal) struct dns_journal *j = reopen(state);
		AUTO(journal_entries) struct journal_entries left = { 0 };

		assert_int_equal(dns_journal_recover(j, find, NULL, &e), round ? 0 : 1);
		assert_int_not_equal(e.kind, ERR_NONE);
		journal_snapshot(j, &left);
		assert_int_equal(left.n, 2);
	}
}

static void a_torn_line_is_not_glued_to_the_next(void **state)
{
	struct dns_record r = record("b.example.net", "two");

	put(state, "add - a.example.net t one hook _acme-challenge.a.example.net\nadd - x");
	{
		AUTO(dns_journal) struct dns_journal *j = reopen(state);

		dns_present(&r, 1, j);
		assert_true(r.presented);
		dns_records_clear(&r, 1);
	}
	{
		AUTO(dns_journal) struct dns_journal *j = reopen(state);
		AUTO(journal_entries) struct journal_entries live = { 0 };

		journal_snapshot(j, &live);
		assert_int_equal(live.n, 2);
		assert_string_equal(live.list[1].domain, "b.example.net");
	}
}

static void what_is_no_journal_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *says;
	} rows[] = {
#define ROW(text, says) { text, sizeof text - 1, says }
		ROW("hello\n", "line 1 isn't one"),
		ROW("\n", "line 1 isn't one"),
		ROW("add - a t v hook n\nadd - a t v hook\n", "line 2 isn't one"),
		ROW("add - a t v hook n more\n", "line 1 isn't one"),
		ROW("add - a t  hook n\n", "line 1 isn't one"),
		ROW("put - a t v hook n\n", "line 1 isn't one"),
		ROW("add - a t v ho\0ok n\n", "line 1 isn't one"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(journal_entries) struct journal_entries live = { 0 };
		size_t whole;
		struct err e;

		assert_err(journal_parse(rows[i].text, rows[i].len, &live, &whole, &e), &e,
			ERR_IO, rows[i].says);
	}
}

static void a_record_that_cannot_be_written_down_is_not_added(void **state)
{
	AUTO(dns_journal) struct dns_journal *j = reopen(state);
	AUTO(str) char *after = NULL;
	struct dns_record r[] = { record("a b", "v"), record("a.example.net", "v\nw"),
		record("", "v") };

	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		dns_present(&r[i], 1, j);
		assert_int_equal(r[i].err.kind, ERR_DNS);
		assert_false(r[i].presented);
	}
	dns_records_clear(r, ARRAY_LEN(r));
	after = content(state);
	assert_string_equal(after, "");
}

static void a_journal_that_cannot_be_opened_says_why(void **state)
{
	AUTO(str) char *link = fs_join(*state, "link");
	struct err e;

	assert_null(dns_journal_open("/nonexistent/records", &e));
	assert_non_null(strstr(e.msg, "open /nonexistent/records: No such file"));
	assert_int_equal(symlink("/tmp/elsewhere", link), 0);
	assert_null(dns_journal_open(link, &e));
	assert_int_equal(e.kind, ERR_IO);
}

/* As on a full disk: a write that ends in the midst of a line. */
static void a_line_that_finds_no_room_leaves_nothing(void **state)
{
	AUTO(dns_journal) struct dns_journal *j = reopen(state);
	struct dns_record first = record("a.example.net", "one");
	struct dns_record second = record("b.example.net", "two");
	AUTO(str) char *before = NULL;
	AUTO(str) char *after = NULL;
	struct rlimit was, tight;
	struct err e;

	dns_present(&first, 1, j);
	assert_int_equal(first.err.kind, ERR_NONE);
	before = content(state);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_IGN);
	tight = (struct rlimit){ strlen(before) + 10, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	dns_present(&second, 1, j);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
	e = second.err;
	assert_err(false, &e, ERR_IO, "File too large");
	assert_false(second.presented);
	after = content(state);
	assert_string_equal(after, before);
	dns_records_clear(&first, 1);
	dns_records_clear(&second, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(records_are_named_before_and_dropped_after),
		scratch_test(what_was_left_is_taken_out),
		scratch_test(what_cannot_be_taken_out_stays),
		scratch_test(a_torn_line_is_not_glued_to_the_next),
		scratch_test(a_line_that_finds_no_room_leaves_nothing),
		cmocka_unit_test(what_is_no_journal_is_refused),
		scratch_test(a_record_that_cannot_be_written_down_is_not_added),
		scratch_test(a_journal_that_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
