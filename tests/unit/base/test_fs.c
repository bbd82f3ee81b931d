#include "base/alloc.h"
#include "base/fs.h"
#include "base/wait.h"
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *in(void **state, const char *name)
{
	return fs_join(*state, name);
}

static void put(const char *path, const char *text, mode_t mode)
{
	struct err e;

	assert_ok(fs_write(path, text, strlen(text), mode, &e), &e);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void assert_holds(const char *path, const char *want)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e;

	assert_ok(fs_read(path, 1 << 20, &b, &e), &e);
	assert_string_equal(b.data, want);
}

static void a_file_is_written_with_its_mode_whatever_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	AUTO(str) char *path = in(state, "privkey.pem");

	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		mode_t old = umask(masks[i]);

		put(path, "key", 0600);
		assert_int_equal(mode_of(path), 0600);
		put(path, "cert", 0644);
		assert_int_equal(mode_of(path), 0644);
		umask(old);
		assert_holds(path, "cert");
	}
}

static void a_write_that_fails_leaves_the_old_file_and_no_other(void **state)
{
	AUTO(str) char *dir = in(state, "taken");
	AUTO(str) char *file = in(state, "taken/x");
	AUTO(str) char *missing = in(state, "none/x");
	char **names;
	struct err e;
	size_t n;

	assert_ok(fs_mkdirs(dir, 0700, &e), &e);
	put(file, "old", 0600);
	assert_err(fs_write(dir, "new", 3, 0600, &e), &e, ERR_IO, "taken: ");
	assert_err(fs_write(missing, "new", 3, 0600, &e), &e, ERR_IO, "No such file");
	assert_holds(file, "old");
	assert_ok(fs_names(*state, &names, &n, &e), &e);
	assert_int_equal(n, 1);
	fs_names_free(names, n);
}

static void a_long_name_gets_a_temporary_one_too(void **state)
{
	char name[256] = "";
	AUTO(str) char *path = NULL;

	memset(name, 'n', 255);
	path = in(state, name);
	put(path, "text", 0600);
	assert_holds(path, "text");
}

/* What it writes: 64 KiB of one letter, which is another one each time. */
static void write_for_ever(const char *path)
{
	static char text[65537];
	struct err e;

	for (int i = 0;; i++) {
		memset(text, 'a' + i % 26, sizeof text - 1);
		if (!fs_write(path, text, sizeof text - 1, 0600, &e))
			_exit(1);
	}
}

static void assert_whole(const char *path)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct err e;

	assert_ok(fs_read(path, 65536, &b, &e), &e);
	assert_int_equal(b.len, 65536);
	for (size_t i = 1; i < b.len; i++)
		assert_int_equal(b.data[i], b.data[0]);
	assert_int_equal(mode_of(path), 0600);
}

static void kill_9_at_any_instant_leaves_old_or_new(void **state)
{
	AUTO(str) char *path = in(state, "f");
	char **names;
	struct err e;
	size_t n;

	for (int round = 0; round < 8; round++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			write_for_ever(path);
		while (!fs_exists(path))
			usleep(200);
		usleep((useconds_t)(round * 317));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_whole(path);
	}
	assert_ok(fs_names(*state, &names, &n, &e), &e);
	for (size_t i = 0; i < n; i++)
		assert_true(strcmp(names[i], "f") == 0 || fs_is_temp(names[i]));
	fs_names_free(names, n);
}

static void temporary_names_are_known(void **state)
{
	static const struct {
		const char *name;
		bool temp;
	} rows[] = { { ".privkey.pem.abc234.tmp", true }, { ".x.aaaaaa.tmp", true },
		{ "privkey.pem", false }, { "privkey.pem.abc234.tmp", false },
		{ ".x.aaaaa.tmp", false }, { ".x.aaaaaa.tm", false },
		{ ".aaaaaa.tmp", false }, { "..aaaaaa.tmp", false }, { ".tmp", false },
		{ "", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (fs_is_temp(rows[i].name) != rows[i].temp)
			fail_msg("%s", rows[i].name);
}

static void a_read_appends_or_leaves_as_it_was(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	AUTO(str) char *path = in(state, "f");
	AUTO(str) char *missing = in(state, "none");
	struct err e;

	put(path, "12345", 0600);
	buf_puts(&b, "before:");
	assert_ok(fs_read(path, 5, &b, &e), &e);
	assert_string_equal(b.data, "before:12345");
	assert_err(fs_read(path, 4, &b, &e), &e, ERR_IO, "larger than 4 bytes");
	assert_err(fs_read(missing, 4, &b, &e), &e, ERR_IO, "No such file");
	assert_err(fs_read(*state, 4, &b, &e), &e, ERR_IO, "is a directory");
	assert_string_equal(b.data, "before:12345");
	assert_int_equal(b.len, 12);
}

static void an_empty_file_reads_as_empty(void **state)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	AUTO(str) char *path = in(state, "f");
	struct err e;

	put(path, "", 0600);
	assert_ok(fs_read(path, 0, &b, &e), &e);
	assert_string_equal(b.data, "");
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
	static const struct {
		mode_t mode;
		bool taken;
	} rows[] = { { 0600, true }, { 0400, true }, { 0700, true }, { 0640, false },
		{ 0604, false }, { 0644, false }, { 0440, false } };
	AUTO(str) char *path = in(state, "acme.key");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf b = BUF_EMPTY;
		struct err e;

		put(path, "secret", rows[i].mode);
		if (rows[i].taken)
			assert_ok(fs_read_secret(path, 100, &b, &e), &e);
		else
			assert_err(fs_read_secret(path, 100, &b, &e), &e, ERR_REFUSED,
				"chmod 600 ");
	}
}

static void directories_are_made_with_their_parents(void **state)
{
	AUTO(str) char *deep = in(state, "a//b/c/");
	AUTO(str) char *a = in(state, "a");
	AUTO(str) char *file = in(state, "a/file");
	AUTO(str) char *below = in(state, "a/file/x");
	mode_t old = umask(0777);
	struct err e;
	bool made = fs_mkdirs(deep, 0700, &e) && fs_mkdirs(deep, 0755, &e);

	umask(old);
	assert_ok(made, &e);
	assert_true(fs_is_dir(deep));
	assert_int_equal(mode_of(a), 0700);
	assert_int_equal(mode_of(deep), 0700);
	put(file, "", 0600);
	assert_err(fs_mkdirs(file, 0700, &e), &e, ERR_IO, "a/file: ");
	assert_err(fs_mkdirs(below, 0700, &e), &e, ERR_IO, "a/file");
	assert_err(fs_mkdirs("", 0700, &e), &e, ERR_IO, "No such file");
}

static void a_symlink_is_swapped_by_one_rename(void **state)
{
	AUTO(str) char *path = in(state, "live");
	AUTO(str) char *dir = in(state, "dir");
	AUTO(str) char *inside = in(state, "dir/x");
	char target[64] = "";
	char **names;
	struct err e;
	size_t n;

	assert_ok(fs_symlink_swap("one", path, &e), &e);
	assert_ok(fs_symlink_swap("two", path, &e), &e);
	assert_int_equal(readlink(path, target, sizeof target), 3);
	assert_string_equal(target, "two");
	assert_false(fs_exists(path));
	assert_ok(fs_mkdirs(dir, 0700, &e), &e);
	put(inside, "", 0600);
	assert_err(fs_symlink_swap("two", dir, &e), &e, ERR_IO, "dir: ");
	assert_ok(fs_names(*state, &names, &n, &e), &e);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "dir");
	assert_string_equal(names[1], "live");
	fs_names_free(names, n);
}

static void a_tree_is_removed_but_not_what_its_links_lead_to(void **state)
{
	AUTO(str) char *keep = in(state, "keep");
	AUTO(str) char *kept = in(state, "keep/x");
	AUTO(str) char *tree = in(state, "tree");
	AUTO(str) char *deep = in(state, "tree/a/b");
	AUTO(str) char *file = in(state, "tree/a/b/f");
	AUTO(str) char *link = in(state, "tree/a/link");
	struct err e;

	assert_ok(fs_mkdirs(keep, 0700, &e) && fs_mkdirs(deep, 0700, &e), &e);
	put(kept, "", 0600);
	put(file, "", 0400);
	assert_int_equal(symlink(keep, link), 0);
	assert_ok(fs_remove_tree(tree, &e), &e);
	assert_false(fs_exists(tree));
	assert_true(fs_exists(kept));
	assert_ok(fs_remove_tree(tree, &e), &e);
	assert_ok(fs_remove_tree(kept, &e), &e);
	assert_false(fs_exists(kept));
	assert_err(fs_remove_tree("/proc/self/stat", &e), &e, ERR_IO, "/proc/self/stat: ");
}

static void paths_are_joined_as_the_user_would(void **state)
{
	static const struct {
		const char *dir, *path, *want;
	} rows[] = { { "/etc/certpush", "certs", "/etc/certpush/certs" },
		{ "/etc/certpush/", "certs", "/etc/certpush/certs" },
		{ "/etc/certpush", "/srv/certs", "/srv/certs" }, { ".", "certs", "certs" },
		{ "", "certs", "certs" }, { NULL, "certs", "certs" },
		{ "/", "certs", "/certs" }, { "/x", "~/certs", "/home/ann/certs" },
		{ "/x", "~", "/home/ann" }, { "/x", "~/", "/home/ann" },
		{ "/x", "~bob", "/x/~bob" } };
	const char *home = getenv("HOME");
	AUTO(str) char *old = home ? xstrdup(home) : NULL;

	(void)state;
	setenv("HOME", "/home/ann", 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str) char *got = fs_join(rows[i].dir, rows[i].path);

		assert_string_equal(got, rows[i].want);
	}
	if (old)
		setenv("HOME", old, 1);
}

static void dirname_is_as_the_shell_has_it(void **state)
{
	static const char *const rows[][2] = { { "certpush.yml", "." }, { "a/b", "a" },
		{ "/etc/certpush/c.yml", "/etc/certpush" }, { "/x", "/" }, { "/", "/" },
		{ "a/b/", "a" }, { "a//b", "a" }, { "", "." }, { "a/", "." },
		{ "//x", "/" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(str) char *got = fs_dirname(rows[i][0]);

		assert_string_equal(got, rows[i][1]);
	}
}

static void names_are_sorted_and_a_missing_directory_is_an_error(void **state)
{
	static const char *const made[] = { "b", "a", "B", ".hidden", "a.yml" };
	AUTO(str) char *missing = in(state, "none");
	char **names;
	struct err e;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		AUTO(str) char *path = in(state, made[i]);

		put(path, "", 0600);
	}
	assert_ok(fs_names(*state, &names, &n, &e), &e);
	assert_int_equal(n, 5);
	assert_string_equal(names[0], ".hidden");
	assert_string_equal(names[1], "B");
	assert_string_equal(names[4], "b");
	fs_names_free(names, n);
	assert_err(fs_names(missing, &names, &n, &e), &e, ERR_IO, "none: No such file");
	assert_null(names);
}

static void a_lock_says_who_holds_it_until_it_is_let_go(void **state)
{
	AUTO(str) char *path = in(state, "lock");
	AUTO(fd) int first = -1;
	AUTO(fd) int second = -1;
	struct err e;

	assert_ok(fs_lock(path, "a rather long line, of a run that is over by now", &first,
			  &e),
		&e);
	close(first);
	first = -1;
	assert_ok(fs_lock(path, "renew, pid 4711, since 10:15:03 UTC", &first, &e), &e);
	assert_err(fs_lock(path, "push, pid 4712", &second, &e), &e, ERR_LOCKED,
		"another run holds the lock: renew, pid 4711, since 10:15:03 UTC");
	assert_string_equal(
		e.msg, "another run holds the lock: renew, pid 4711, since 10:15:03 UTC");
	assert_int_equal(second, -1);
	assert_int_equal(mode_of(path), 0600);
	close(first);
	first = -1;
	assert_ok(fs_lock(path, "push, pid 4712", &second, &e), &e);
	assert_holds(path, "push, pid 4712\n");
}

static void a_lock_is_not_taken_through_a_symlink(void **state)
{
	AUTO(str) char *path = in(state, "lock");
	AUTO(str) char *victim = in(state, "victim");
	struct err e;
	int fd;

	put(victim, "precious", 0600);
	assert_int_equal(symlink("victim", path), 0);
	assert_err(fs_lock(path, "renew", &fd, &e), &e, ERR_IO, "lock: ");
	assert_holds(victim, "precious");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_file_is_written_with_its_mode_whatever_the_umask),
		scratch_test(a_write_that_fails_leaves_the_old_file_and_no_other),
		scratch_test(a_long_name_gets_a_temporary_one_too),
		scratch_test(kill_9_at_any_instant_leaves_old_or_new),
		cmocka_unit_test(temporary_names_are_known),
		scratch_test(a_read_appends_or_leaves_as_it_was),
		scratch_test(an_empty_file_reads_as_empty),
		scratch_test(a_secret_that_others_can_read_is_refused),
		scratch_test(directories_are_made_with_their_parents),
		scratch_test(a_symlink_is_swapped_by_one_rename),
		scratch_test(a_tree_is_removed_but_not_what_its_links_lead_to),
		cmocka_unit_test(paths_are_joined_as_the_user_would),
		cmocka_unit_test(dirname_is_as_the_shell_has_it),
		scratch_test(names_are_sorted_and_a_missing_directory_is_an_error),
		scratch_test(a_lock_says_who_holds_it_until_it_is_let_go),
		scratch_test(a_lock_is_not_taken_through_a_symlink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
