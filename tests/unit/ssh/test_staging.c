/*
 * The directory on a host: what is asked of it, and what is refused.
 */
#include "peer.h"
#include "ssh/private/staging.h"

#include "base/alloc.h"

enum { DIR_MODE = 040700, FILE_MODE = 0100600, LINK_MODE = 0120777 };

#define OK(what)                                                                           \
	{                                                                                  \
		what, STATUS, SFTP_OK, 0, NULL, 0                                          \
	}
#define CODE(what, code)                                                                   \
	{                                                                                  \
		what, STATUS, code, 0, NULL, 0                                             \
	}
#define SAID(what, code, text)                                                             \
	{                                                                                  \
		what, STATUS, code, 0, text, 0                                             \
	}
#define IS(what, mode, uid)                                                                \
	{                                                                                  \
		what, ATTRS, mode, uid, NULL, 0                                            \
	}
#define OPENED(what, handle)                                                               \
	{                                                                                  \
		what, HANDLE, handle, 0, NULL, 0                                           \
	}
#define LISTED(what, names)                                                                \
	{                                                                                  \
		what, NAMES, 0, 0, names, 0                                                \
	}
#define HOME            LISTED("realpath .", "/home/me"), IS("stat .", DIR_MODE, 1000)
#define FRESH           OK("mkdir s 700"), IS("lstat s", DIR_MODE, 1000)
#define NOT_THERE(what) CODE(what, SFTP_NO_SUCH_FILE)
#define CREATED         OPENED("open s/key 600", 1), OPENED("open s/none 600", 2)
#define OLD(mode, uid)  CODE("mkdir s 700", SFTP_FAILURE), IS("lstat s", mode, uid)
#define WRITTEN                                                                            \
	OK("write #1 5"), OK("fsync #1"), OK("close #1"), OK("fsync #2"), OK("close #2")

struct row {
	const char *name, *dir;
	struct turn turns[24];
	const char *path; /* NULL: it fails */
	enum err_kind kind;
	const char *error;
	bool no_fsync;
};

static const struct row puts_rows[] = {
	{ "new", "s", { HOME, FRESH, CREATED, WRITTEN }, "/home/me/s", 0, NULL, false },
	{ "absolute", "/s",
		{ IS("stat .", DIR_MODE, 1000), OK("mkdir /s 700"),
			IS("lstat /s", DIR_MODE, 1000), OPENED("open /s/key 600", 1),
			OPENED("open /s/none 600", 2), WRITTEN },
		"/s", 0, NULL, false },
	{ "no fsync", "s",
		{ HOME, FRESH, CREATED, OK("write #1 5"), OK("close #1"), OK("close #2") },
		"/home/me/s", 0, NULL, true },
	{ "mkdir forgets the mode", "s",
		{ HOME, OK("mkdir s 700"), IS("lstat s", 040755, 1000), OK("chmod s 700"),
			CREATED, WRITTEN },
		"/home/me/s", 0, NULL, false },
	{ "old one is emptied", "s",
		{ HOME, OLD(DIR_MODE, 1000), OPENED("opendir s", 7),
			LISTED("readdir #7", ". .. old"), CODE("readdir #7", SFTP_EOF),
			OK("close #7"), NOT_THERE("remove s/old"), OK("rmdir s"), FRESH,
			CREATED, WRITTEN },
		"/home/me/s", 0, NULL, false },
	{ "parent is made", "p/s",
		{ HOME, NOT_THERE("lstat p"), NOT_THERE("stat p"),
			NOT_THERE("mkdir p/s 700"), NOT_THERE("lstat p/s"),
			OK("mkdir p 700"), OK("mkdir p/s 700"),
			IS("lstat p/s", DIR_MODE, 1000), OPENED("open p/s/key 600", 1),
			OPENED("open p/s/none 600", 2), WRITTEN },
		"/home/me/p/s", 0, NULL, false },
	{ "below /tmp", "/tmp/s",
		{ IS("stat .", DIR_MODE, 1000), IS("lstat /tmp", 041777, 0),
			IS("stat /tmp", 041777, 0), OK("mkdir /tmp/s 700"),
			IS("lstat /tmp/s", DIR_MODE, 1000),
			OPENED("open /tmp/s/key 600", 1), OPENED("open /tmp/s/none 600", 2),
			WRITTEN },
		"/tmp/s", 0, NULL, false },

	{ "symlink", "s", { HOME, OLD(LINK_MODE, 1000) }, NULL, ERR_REMOTE,
		"s is a symbolic link", false },
	{ "file", "s", { HOME, OLD(FILE_MODE, 1000) }, NULL, ERR_REMOTE, "not a directory",
		false },
	{ "a stranger's", "s", { HOME, OLD(DIR_MODE, 1001) }, NULL, ERR_REMOTE, "uid 1001",
		false },
	{ "the parent is a stranger's", "p/s",
		{ HOME, IS("lstat p", DIR_MODE, 1001), IS("stat p", DIR_MODE, 1001),
			OK("mkdir p/s 700"), IS("lstat p/s", DIR_MODE, 1000) },
		NULL, ERR_REMOTE, "p belongs to somebody else", false },
	{ "the parent is a stranger's link to root's", "p/s",
		{ HOME, IS("lstat p", LINK_MODE, 1001), IS("stat p", DIR_MODE, 0),
			OK("mkdir p/s 700"), IS("lstat p/s", DIR_MODE, 1000) },
		NULL, ERR_REMOTE, "p belongs to somebody else", false },
	{ "everybody writes to the parent", "p/s",
		{ HOME, IS("lstat p", 040777, 1000), IS("stat p", 040777, 1000),
			OK("mkdir p/s 700"), IS("lstat p/s", DIR_MODE, 1000) },
		NULL, ERR_REMOTE, "everybody may write", false },
	{ "swapped for a link", "s",
		{ HOME, OK("mkdir s 700"), IS("lstat s", LINK_MODE, 1000) }, NULL,
		ERR_REMOTE, "replaced while we looked", false },
	{ "home may not be written to", "s",
		{ HOME, CODE("mkdir s 700", SFTP_PERMISSION_DENIED), NOT_THERE("lstat s"),
			CODE("mkdir s 700", SFTP_PERMISSION_DENIED), NOT_THERE("lstat s") },
		NULL, ERR_REMOTE, "make directory s: permission denied", false },
	{ "parent may not be made", "p/s",
		{ HOME, NOT_THERE("lstat p"), NOT_THERE("stat p"),
			NOT_THERE("mkdir p/s 700"), NOT_THERE("lstat p/s"),
			CODE("mkdir p 700", SFTP_PERMISSION_DENIED) },
		NULL, ERR_REMOTE, "make directory p: permission denied", false },
	{ "directory inside", "s",
		{ HOME, OLD(DIR_MODE, 1000), OPENED("opendir s", 7),
			LISTED("readdir #7", "sub"), CODE("readdir #7", SFTP_EOF),
			OK("close #7"), CODE("remove s/sub", SFTP_FAILURE),
			CODE("rmdir s", SFTP_FAILURE) },
		NULL, ERR_REMOTE, "remove s/sub: failure", false },
	{ "a name that leads out", "s",
		{ HOME, OLD(DIR_MODE, 1000), OPENED("opendir s", 7),
			LISTED("readdir #7", "../../etc/shadow"),
			CODE("readdir #7", SFTP_EOF) },
		NULL, ERR_PROTOCOL, "malformed", false },
	{ "no room for a name", "s",
		{ HOME, FRESH, CODE("open s/key 600", SFTP_FAILURE),
			OPENED("open s/none 600", 2) },
		NULL, ERR_REMOTE, "create s/key: failure", false },
	{ "disk full", "s",
		{ HOME, FRESH, CREATED, CODE("write #1 5", SFTP_FAILURE), OK("fsync #1"),
			OK("close #1"), OK("fsync #2"), OK("close #2") },
		NULL, ERR_REMOTE, "write s/key: failure (disk full?)", false },
	{ "the server says why", "s",
		{ HOME, FRESH, CREATED, SAID("write #1 5", SFTP_FAILURE, "quota\nexceeded"),
			OK("fsync #1"), OK("close #1"), OK("fsync #2"), OK("close #2") },
		NULL, ERR_REMOTE, "failure (quota?exceeded)", false },
	{ "the server says the same", "s",
		{ HOME, FRESH, CREATED, OK("write #1 5"), OK("fsync #1"),
			SAID("close #1", SFTP_FAILURE, "Failure"), OK("fsync #2"),
			OK("close #2") },
		NULL, ERR_REMOTE, "close s/key: failure", false },
	{ "empty", "", { { NULL } }, NULL, ERR_CONFIG, "not a directory", false },
	{ "root", "/", { { NULL } }, NULL, ERR_CONFIG, "not a directory", false },
	{ "up", "../s", { { NULL } }, NULL, ERR_CONFIG, "not a directory", false },
	{ "up inside", "a/../s", { { NULL } }, NULL, ERR_CONFIG, "not a directory", false },
	{ "slash at the end", "s/", { { NULL } }, NULL, ERR_CONFIG, "not a directory",
		false },
	{ "too deep", "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", { { NULL } }, NULL, ERR_CONFIG,
		"not a directory", false },
};

static const struct row remove_rows[] = {
	{ "with files", "s",
		{ IS("stat .", DIR_MODE, 1000), IS("lstat s", DIR_MODE, 1000),
			OPENED("opendir s", 7), LISTED("readdir #7", ". a .. b"),
			CODE("readdir #7", SFTP_EOF), OK("close #7"), OK("remove s/a"),
			OK("remove s/b"), OK("rmdir s") },
		"", 0, NULL, false },
	{ "missing", "s",
		{ IS("stat .", DIR_MODE, 1000), NOT_THERE("lstat s"),
			NOT_THERE("opendir s") },
		"", 0, NULL, false },
	{ "symlink", "s",
		{ IS("stat .", DIR_MODE, 1000), IS("lstat s", LINK_MODE, 1000),
			OPENED("opendir s", 7) },
		NULL, ERR_REMOTE, "symbolic link", false },
	{ "may not be removed", "s",
		{ IS("stat .", DIR_MODE, 1000), IS("lstat s", DIR_MODE, 1000),
			OPENED("opendir s", 7), CODE("readdir #7", SFTP_EOF),
			CODE("readdir #7", SFTP_EOF), OK("close #7"),
			CODE("rmdir s", SFTP_PERMISSION_DENIED) },
		NULL, ERR_REMOTE, "remove directory s: permission denied", false },
	{ "may not be looked at", "s",
		{ IS("stat .", DIR_MODE, 1000), CODE("lstat s", SFTP_PERMISSION_DENIED),
			CODE("opendir s", SFTP_PERMISSION_DENIED) },
		NULL, ERR_REMOTE, "look at s: permission denied", false },
};

static size_t count(const struct turn *turns)
{
	size_t n = 0;

	while (turns[n].ask)
		n++;
	return n;
}

static bool play(const struct row *r, bool put, char **path, struct err *e)
{
	static const struct ssh_file files[] = { { "key", "12345", 5 }, { "none", "", 0 } };
	struct peer p = {
		.turns = r->turns, .n = count(r->turns), .no_fsync = r->no_fsync
	};
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ peer_move, &p });
	bool ok = put ? staging_put(f, r->dir, files, 2, path, 0, e)
		      : staging_remove(f, r->dir, 0, e);

	if (p.at != p.n)
		fail_msg("%s: not asked: %s", r->name, p.turns[p.at].ask);
	return ok;
}

static void check(const struct row *r, bool put)
{
	AUTO(str) char *path = NULL;
	struct err e = { 0 };
	bool ok = play(r, put, &path, &e);

	if (ok != (r->path != NULL))
		fail_msg("%s: %s", r->name, ok ? "succeeded" : e.msg);
	if (!ok && (e.kind != r->kind || !strstr(e.msg, r->error)))
		fail_msg("%s: kind %d, %s", r->name, (int)e.kind, e.msg);
	if (ok && put)
		assert_string_equal(path, r->path);
}

static void puts_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(puts_rows); i++)
		check(&puts_rows[i], true);
}

static void removes_directories(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(remove_rows); i++)
		check(&remove_rows[i], false);
}

static void bad_file_names(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/a" };
	struct peer p = { .n = 0 };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ peer_move, &p });

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct ssh_file file = { names[i], "", 0 };
		struct err e = { 0 };
		char *path = NULL;

		assert_err(staging_put(f, "s", &file, 1, &path, 0, &e), &e, ERR_CONFIG,
			"not a file name");
	}
}

/* Large files are cut, and the second round is the last one. */
static void large_file(void **state)
{
	static const struct turn turns[] = { HOME, FRESH, OPENED("open s/big 600", 1),
		OK("write #1 32000"), OK("write #1 32000"), OK("write #1 1"),
		OK("fsync #1"), OK("close #1") };
	static char data[64001];
	struct ssh_file file = { "big", data, sizeof data };
	struct peer p = { .turns = turns, .n = ARRAY_LEN(turns) };
	AUTO(sftp) struct sftp *f = sftp_new((struct sftp_pipe){ peer_move, &p });
	AUTO(str) char *path = NULL;
	struct err e = { 0 };

	(void)state;
	assert_ok(staging_put(f, "s", &file, 1, &path, 0, &e), &e);
	assert_int_equal(p.at, p.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_files),
		cmocka_unit_test(removes_directories),
		cmocka_unit_test(bad_file_names),
		cmocka_unit_test(large_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
