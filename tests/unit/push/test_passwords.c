#include "base/alloc.h"
#include "base/fs.h"
#include "check.h"
#include "push/passwords.h"

/* want: what it says that fails; NULL: it is "word". */
static void read_one(
	struct passwords *p, const struct secret_source *from, const char *want)
{
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct err e;

	if (want) {
		assert_err(passwords_read(p, from, &out, &e), &e, ERR_CONFIG, want);
	} else {
		assert_ok(passwords_read(p, from, &out, &e), &e);
		assert_string_equal(out.data, "word");
	}
}

/* Somebody is asked once a run, however many hosts there are; and a failure is one too. */
static void a_password_is_fetched_once(void **state)
{
	static const struct {
		const char *command, *want; /* what fails, or NULL */
	} rows[] = {
		{ "sh -c 'echo x >>fetched; echo word'", NULL },
		{ "sh -c 'echo x >>fetched; echo locked >&2; exit 2'",
			"that: sh: exit status 2: locked" },
		{ "sh -c 'echo x >>fetched; echo a; echo b'",
			"that: a password is one line of text" },
		{ "sh -c 'echo x >>fetched'", "the secret is empty" },
	};
	const char *dir = *state;
	AUTO(str) char *fetched = fs_join(dir, "fetched");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct secret_source from = {
			.command = rows[i].command, .dir = dir, .name = "that"
		};
		const struct secret_source again = from;
		AUTO(passwords) struct passwords *p = passwords_new();
		AUTO(buf) struct buf text = BUF_EMPTY;
		struct err e;

		unlink(fetched);
		read_one(p, &from, rows[i].want);
		read_one(p, &again, rows[i].want);
		read_one(p, &from, rows[i].want);
		assert_ok(fs_read(fetched, 1 << 10, &text, &e), &e);
		assert_string_equal(text.data, "x\n");
	}
}

static void another_source_is_another_password(void **state)
{
	static const struct secret_source from[] = {
		{ .env = "ONE" },
		{ .env = "OTHER" },
		{ .clear = "ONE" },
		{ .command = "echo ONE", .dir = "/" },
		{ .command = "echo ONE", .dir = "/tmp" },
	};
	static const char *const want[] = { "1", "2", "ONE", "ONE", "ONE" };
	AUTO(passwords) struct passwords *p = passwords_new();

	(void)state;
	setenv("ONE", "1", 1);
	setenv("OTHER", "2", 1);
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		AUTO(buf) struct buf out = BUF_EMPTY;
		struct err e;

		assert_ok(passwords_read(p, &from[i], &out, &e), &e);
		assert_string_equal(out.data, want[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		scratch_test(a_password_is_fetched_once),
		cmocka_unit_test(another_source_is_another_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
