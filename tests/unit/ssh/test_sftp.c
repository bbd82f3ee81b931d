/*
 * The SFTP client against servers that misbehave.
 */
#include "peer.h"
#include "tape.h"

/* What the server says, byte for byte, after the greeting or in its place. */
static const struct row {
	const char *name;
	const char *bytes;
	size_t len;
	enum err_kind kind;
	const char *error;
} rows[] = {
#define BYTES(s) s, sizeof(s) - 1
	{ "a shell's greeting", BYTES("Welcome to web1\n"), ERR_PROTOCOL,
		"garbled answer 'Welcome to web1?' (does a start-up file" },
	{ "a greeting, then no version", BYTES("Hello\n\0\0\0\5\145\0\0\0\3"), ERR_PROTOCOL,
		"garbled" },
	{ "length 0", BYTES("\0\0\0\0"), ERR_PROTOCOL, "garbled" },
	{ "length too large", BYTES("\0\4\0\1\2"), ERR_PROTOCOL, "garbled" },
	{ "no version", BYTES("\0\0\0\5\145\0\0\0\3"), ERR_PROTOCOL, "garbled" },
	{ "short version", BYTES("\0\0\0\4\2\0\0\3"), ERR_PROTOCOL, "garbled" },
	{ "version 2", BYTES("\0\0\0\5\2\0\0\0\2"), ERR_REMOTE, "version 2 only" },
	{ "extension cut off", BYTES("\0\0\0\13\2\0\0\0\3\0\0\0\7ab"), ERR_PROTOCOL,
		"garbled" },
#define HELLO "\0\0\0\5\2\0\0\0\3"
	{ "silence", BYTES(HELLO), ERR_NET, "over" },
	{ "half an answer", BYTES(HELLO "\0\0\0\21\151\0\0"), ERR_NET, "over" },
	{ "another id", BYTES(HELLO "\0\0\0\11\151\0\0\0\1\0\0\0\0"), ERR_PROTOCOL,
		"nobody asked" },
	{ "no id", BYTES(HELLO "\0\0\0\4\151\0\0\0"), ERR_PROTOCOL, "nobody asked" },
	{ "the same twice",
		BYTES(HELLO "\0\0\0\11\151\0\0\0\0\0\0\0\0\0\0\0\11\151\0\0\0\0\0\0\0\0"),
		ERR_PROTOCOL, "nobody asked" },
	{ "no attributes", BYTES(HELLO "\0\0\0\5\151\0\0\0\0"), ERR_PROTOCOL, "malformed" },
	{ "attributes cut off", BYTES(HELLO "\0\0\0\13\151\0\0\0\0\0\0\0\2\0\0"),
		ERR_PROTOCOL, "malformed" },
	{ "endless extensions",
		BYTES(HELLO "\0\0\0\15\151\0\0\0\0\200\0\0\0\377\377\377\377"),
		ERR_PROTOCOL, "malformed" },
	{ "a handle", BYTES(HELLO "\0\0\0\12\146\0\0\0\0\0\0\0\1x"), ERR_PROTOCOL,
		"wrong kind" },
	{ "status OK", BYTES(HELLO "\0\0\0\11\145\0\0\0\0\0\0\0\0"), ERR_PROTOCOL,
		"wrong kind" },
	{ "status cut off", BYTES(HELLO "\0\0\0\7\145\0\0\0\0\0\0"), ERR_REMOTE,
		"look at x: failure" },
	{ "unknown status", BYTES(HELLO "\0\0\0\11\145\0\0\0\0\0\0\0\143"), ERR_REMOTE,
		"look at x: failure" },
	{ "status with a cut message",
		BYTES(HELLO "\0\0\0\16\145\0\0\0\0\0\0\0\3\0\0\1\0a"), ERR_REMOTE,
		"look at x: permission denied" },
};

static bool look(const struct row *r, size_t step, struct err *e)
{
	struct tape t = { r->bytes, r->len, 0, step };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ tape_move, &t });
	struct sftp_attrs a;

	return sftp_attrs(f, sftp_stat(f, "x"), &a, 0, e);
}

/* In one piece; a byte at a time must come to an error as well. */
static void bad_servers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct err e = { 0 };

		if (look(r, r->len, &e) || e.kind != r->kind || !strstr(e.msg, r->error))
			fail_msg("%s: kind %d, %s", r->name, (int)e.kind, e.msg);
		if (strcmp(r->name, "the same twice") != 0 && look(r, 1, &e))
			fail_msg("%s: byte by byte", r->name);
	}
}

static void good_server_byte_by_byte(void **state)
{
	static const struct row good[] = {
		{ "good", BYTES(HELLO "\0\0\0\11\151\0\0\0\0\0\0\0\0"), 0, NULL },
		{ "behind a shell that talks",
			BYTES("Welcome to web1\n\033[0m\n" HELLO
			      "\0\0\0\11\151\0\0\0\0\0\0\0\0"),
			0, NULL },
	};
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_ok(look(&good[i], 1, &e), &e);
		assert_ok(look(&good[i], 7, &e), &e);
		assert_ok(look(&good[i], good[i].len, &e), &e);
	}
}

static void wrong_answers_to(void **state)
{
	static const struct turn turns[] = {
		{ "realpath .", RAW, 0, 0, "\150\0\0\0\0", 5 }, /* no name */
		{ "realpath .", RAW, 0, 0, "\150\0\0\0\2", 5 }, /* two */
		{ "realpath .", RAW, 0, 0, "\150\0\0\0\1\0\0\0\4ab", 11 },
		{ "realpath .", RAW, 0, 0, "\150\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 17 },
		{ "realpath .", RAW, 0, 0, "\150\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0", 18 },
		{ "realpath .", ATTRS, 0, 0, NULL, 0 },
		{ "opendir d", RAW, 0, 0, "\146\0\0\1\0abc", 8 },
		{ "opendir d", RAW, 0, 0, "\146\0\0", 3 },
		{ "readdir #0", RAW, 0, 0, "\150\377\377\377\377", 5 },
		{ "readdir #0", RAW, 0, 0, "\150", 1 },
		{ "readdir #0", NAMES, 0, 0, "a/b", 0 },
	};
	struct peer p = { .turns = turns, .n = ARRAY_LEN(turns) };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ peer_move, &p });
	struct sftp_handle h = { "", 1 };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char *name = NULL;

		assert_err(sftp_name(f, sftp_realpath(f, "."), &name, 0, &e), &e,
			ERR_PROTOCOL, "resolve .");
	}
	for (size_t i = 0; i < 2; i++)
		assert_err(sftp_opened(f, sftp_opendir(f, "d"), &h, 0, &e), &e,
			ERR_PROTOCOL, "malformed");
	h = (struct sftp_handle){ "", 1 };
	for (size_t i = 0; i < 3; i++) {
		AUTO(sftp_names) struct sftp_names names = { NULL, 0, false };

		assert_err(sftp_names(f, sftp_readdir(f, &h, "d"), &names, 0, &e), &e,
			ERR_PROTOCOL, "malformed");
	}
}

/* What a read may be answered by; a file that gives nothing and doesn't end isn't one. */
static void answers_to_a_read(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *error; /* NULL: it is good */
		bool end;
	} reads[] = {
		{ BYTES(HELLO "\0\0\0\13\147\0\0\0\0\0\0\0\2ab"), NULL, false },
		{ BYTES(HELLO "\0\0\0\11\145\0\0\0\0\0\0\0\1"), NULL, true },
		{ BYTES(HELLO "\0\0\0\11\147\0\0\0\0\0\0\0\0"), "malformed", false },
		{ BYTES(HELLO "\0\0\0\13\147\0\0\0\0\0\0\0\3ab"), "malformed", false },
		{ BYTES(HELLO "\0\0\0\11\145\0\0\0\0\0\0\0\3"), "read x: permission denied",
			false },
		{ BYTES(HELLO "\0\0\0\11\145\0\0\0\0\0\0\0\0"), "wrong kind", false },
	};
	const struct sftp_handle h = { "", 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reads); i++) {
		struct tape t = { reads[i].bytes, reads[i].len, 0, 7 };
		AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ tape_move, &t });
		AUTO(buf) struct buf got = BUF_EMPTY;
		struct err e = { 0 };
		bool end = false;
		const bool ok = sftp_data(f, sftp_read(f, &h, "x", 0), &got, &end, 0, &e);

		assert_int_equal(end, reads[i].end);
		if (ok != !reads[i].error || (!ok && !strstr(e.msg, reads[i].error)))
			fail_msg("%zu: %s", i, e.msg);
		assert_string_equal(got.data, ok && !end ? "ab" : "");
	}
}

/* Answers may come in another order; tickets start anew after sftp_forget. */
static void any_order(void **state)
{
	static const char bytes[] = HELLO "\0\0\0\11\145\0\0\0\1\0\0\0\3"
					  "\0\0\0\11\145\0\0\0\0\0\0\0\0"
					  "\0\0\0\11\145\0\0\0\2\0\0\0\2";
	struct tape t = { bytes, sizeof bytes - 1, 0, 35 };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ tape_move, &t });
	size_t first = sftp_rmdir(f, "a"), second = sftp_rmdir(f, "b"), third;
	struct err e = { 0 };

	(void)state;
	assert_ok(sftp_done(f, first, 0, &e), &e);
	assert_err(sftp_done(f, second, 0, &e), &e, ERR_REMOTE,
		"remove directory b: permission denied");
	sftp_forget(f);
	third = sftp_rmdir(f, "c");
	assert_err(sftp_done(f, third, 0, &e), &e, ERR_REMOTE, "c: no such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_servers),
		cmocka_unit_test(good_server_byte_by_byte),
		cmocka_unit_test(wrong_answers_to),
		cmocka_unit_test(answers_to_a_read),
		cmocka_unit_test(any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
