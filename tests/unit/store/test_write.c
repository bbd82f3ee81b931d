/* A new generation goes in whole: old or new at every step, and others' trees are taken
 * over. */
#include "check.h"
#include "store/store.h"
#include "tree.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void a_first_write_lays_out_the_tree(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle b = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *generations = at(state, "www/generations");
	AUTO(str) char *current = at(state, "www/current");
	AUTO(str) char *key = at(state, "www/privkey.pem");
	AUTO(str) char *target = NULL;
	AUTO(str) char *key_target = NULL;
	struct err e;

	umask(0);
	assert_ok(store_write(s, "www", &b, 2, &e), &e);
	umask(022);
	assert_true(shows(dir, &b));
	assert_true(reads(s, "www", &b));
	assert_true(store_has(s, "www"));
	target = link_target(current);
	key_target = link_target(key);
	assert_true(strncmp(target, "generations/1", 13) == 0 ||
		strncmp(target, "generations/2", 13) == 0);
	assert_string_equal(key_target, "current/privkey.pem");
	assert_int_equal(mode_of(dir, "."), 0700);
	assert_int_equal(mode_of(dir, "generations"), 0700);
	assert_int_equal(mode_of(dir, "current/."), 0700);
	assert_int_equal(mode_of(dir, "privkey.pem"), 0600);
	assert_int_equal(mode_of(dir, "fullchain.pem"), 0644);
	assert_int_equal(count(dir), 6);
	assert_int_equal(count(generations), 1);
}

static void keeps_at_least_two(void **state)
{
	static const struct {
		int keep;
		size_t left;
	} rows[] = { { 3, 3 }, { 2, 2 }, { 1, 2 }, { -1, 2 } };
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *generations = at(state, "www/generations");
	struct err e;

	for (int i = 0; i < 3; i++)
		assert_ok(store_write(s, "www", &old, 9, &e), &e);
	assert_int_equal(count(generations), 3);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_ok(store_write(s, "www", &new, rows[i].keep, &e), &e);
		assert_int_equal(count(generations), rows[i].left);
		assert_true(shows(dir, &new));
	}
}

static void the_one_before_is_read(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(bundle) struct bundle got = BUNDLE_EMPTY;
	struct err e;

	assert_err(
		store_read_previous(s, "www", &got, &e), &e, ERR_REFUSED, "no earlier one");
	assert_ok(store_write(s, "www", &old, 5, &e), &e);
	assert_err(
		store_read_previous(s, "www", &got, &e), &e, ERR_REFUSED, "no earlier one");
	assert_ok(store_write(s, "www", &new, 5, &e), &e);
	assert_ok(store_read_previous(s, "www", &got, &e), &e);
	assert_string_equal(got.fullchain_pem.data, old.fullchain_pem.data);
	assert_string_equal(got.privkey_pem.data, old.privkey_pem.data);
	assert_true(reads(s, "www", &new));
}

static void takes_dehydrateds_tree_over(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *generation = at(state, "www/generations/1700000000");
	AUTO(str) char *generations = at(state, "www/generations");
	struct err e;

	dehydrated(dir, "1700000000", &old);
	put_text(dir, "cert.csr", "the request");
	assert_ok(store_write(s, "www", &new, 2, &e), &e);
	assert_true(shows(dir, &new));
	assert_true(shows(generation, &old));
	assert_int_equal(count(generations), 2);
	/* its own files stay as they are */
	assert_true(holds_text(dir, "privkey-1700000000.pem", &old.privkey_pem));
	assert_true(holds_text(dir, "fullchain-1700000000.pem", &old.fullchain_pem));
	assert_int_equal(count(dir), 4 + 4 + 2 + 1);
}

/* Whoever leaves dehydrated's cron job running must not get yesterday's certificate. */
static void dehydrated_may_go_on(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *generations = at(state, "www/generations");
	struct err e;

	assert_ok(store_write(s, "www", &old, 2, &e), &e);
	dehydrated(dir, "1800000000", &new);
	assert_true(reads(s, "www", &new));
	assert_ok(store_write(s, "www", &old, 3, &e), &e);
	assert_true(shows(dir, &old));
	assert_int_equal(count(generations), 3);
}

static void plain_files_are_taken_over_too(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *generations = at(state, "www/generations");
	struct err e;

	make_dir(dir);
	put(dir, "privkey.pem", &old.privkey_pem);
	put(dir, "fullchain.pem", &old.fullchain_pem);
	assert_ok(store_write(s, "www", &new, 2, &e), &e);
	assert_true(shows(dir, &new));
	assert_int_equal(count(generations), 2);
}

static void a_damaged_tree_of_links_is_replaced(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	dehydrated(dir, "1700000000", &old);
	put(dir, "privkey-1700000000.pem", &new.privkey_pem);
	assert_ok(store_write(s, "www", &new, 2, &e), &e);
	assert_true(shows(dir, &new));
	assert_true(holds_text(dir, "fullchain-1700000000.pem", &old.fullchain_pem));
}

static void a_plain_file_is_never_lost(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct err e;

	make_dir(dir);
	put_text(dir, "privkey.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----");
	assert_err(store_write(s, "www", &new, 2, &e), &e, ERR_IO,
		"www/privkey.pem: a file, not a link, and not replaced");
	buf_puts(&text, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
	assert_true(holds_text(dir, "privkey.pem", &text));
}

static void only_whole_bundles_go_in(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	struct bundle empty = BUNDLE_EMPTY, mixed = new;
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	mixed.key = old.key;
	assert_err(
		store_write(s, "www", &empty, 2, &e), &e, ERR_REFUSED, "www: not a whole");
	assert_err(
		store_write(s, "www", &mixed, 2, &e), &e, ERR_REFUSED, "www: not a whole");
	assert_false(fs_exists(dir));
}

static void what_a_crash_left_is_tidied(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *half = at(state, "www/generations/.new");
	AUTO(str) char *never = at(state, "www/generations/9900000000");
	AUTO(str) char *generations = at(state, "www/generations");
	AUTO(str) char *current = at(state, "www/current");
	AUTO(str) char *target = NULL;
	AUTO(str) char *previous = NULL;
	struct err e;

	assert_ok(store_write(s, "www", &old, 2, &e), &e);
	target = link_target(current);
	previous = path_in(dir, target);
	make_dir(half);
	put(half, "privkey.pem", &new.privkey_pem);
	make_dir(never);
	put(never, "privkey.pem", &new.privkey_pem);
	put_link(dir, ".current.abcdef.tmp", "generations/9900000000");
	put_text(dir, "notes.txt", "the user's own");
	assert_ok(store_write(s, "www", &new, 2, &e), &e);
	assert_int_equal(count(generations), 2);
	assert_int_equal(count(dir), 6 + 1);
	assert_true(shows(dir, &new));
	/* and what it left is not mistaken for the generation to go back to */
	assert_true(shows(previous, &old));
}

/* What a reader finds who opens the public names: 'o', 'n', '-' for nothing, '!' for a mix.
 */
static char look(const char *dir, struct bundle *old, struct bundle *new)
{
	AUTO(str) char *key = path_in(dir, "privkey.pem");
	AUTO(str) char *fullchain = path_in(dir, "fullchain.pem");

	if (holds_text(dir, "privkey.pem", &new->privkey_pem))
		return shows(dir, new) ? 'n' : '!';
	if (holds_text(dir, "privkey.pem", &old->privkey_pem))
		return shows(dir, old) ? 'o' : '!';
	return fs_exists(key) || fs_exists(fullchain) ? '!' : '-';
}

/* The same files as before hold what they held: a look is dear, and there are many steps.
 */
static char seen(
	const char *dir, struct bundle *old, struct bundle *new, ino_t files[N_PARTS])
{
	bool changed = false;
	struct stat st;

	for (int part = 0; part < N_PARTS; part++) {
		AUTO(str) char *path = path_in(dir, part_files[part]);

		if (stat(path, &st) < 0)
			st.st_ino = 1;
		changed = changed || st.st_ino != files[part];
		files[part] = st.st_ino;
	}
	if (!changed)
		return '=';
	return look(dir, old, new);
}

/* The system calls that can change what a reader finds. */
static const unsigned changing[] = {
#ifdef SYS_rename
	SYS_rename, SYS_link, SYS_symlink, SYS_unlink, SYS_rmdir, SYS_mkdir, SYS_open,
	SYS_creat, SYS_chmod,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_unlinkat, SYS_mkdirat, SYS_openat,
	SYS_write, SYS_writev, SYS_pwrite64, SYS_truncate, SYS_ftruncate, SYS_fchmod,
	SYS_fchmodat, SYS_copy_file_range
};

/* From now on each of them stops this process for its tracer. */
static bool stop_at_changes(void)
{
	struct sock_filter code[2 + 2 * ARRAY_LEN(changing)];
	struct sock_fprog program = { ARRAY_LEN(code), code };
	struct sock_filter *c = code;

	*c++ = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_LEN(changing); i++) {
		*c++ = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, changing[i], 0, 1);
		*c++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	*c = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* A process that is stopped before its first step. */
static pid_t start_write(struct store *s, struct bundle *b)
{
	pid_t pid = fork();
	struct err e;
	int status;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || !stop_at_changes())
			_exit(77);
		raise(SIGSTOP);
		if (store_write(s, "www", b, 2, &e))
			_exit(0);
		dprintf(STDERR_FILENO, "%s\n", e.msg);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL,
				 PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL),
		0);
	return pid;
}

/* To just before its next change; false once it has ended, which must be well. */
static bool step(pid_t pid)
{
	int status;

	assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSTOPPED(status)) {
		assert_int_equal(status >> 8, SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
		return true;
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/*
 * Between any two changes that a write makes, what a reader finds is wholly the old or
 * wholly the new certificate, and never the old again after the new.
 */
static void walk(struct store *s, const char *dir, struct bundle *old, struct bundle *new,
	char before)
{
	pid_t pid = start_write(s, new);
	ino_t files[N_PARTS] = { 0 };
	char last = before, now;
	int steps = 0;

	for (; step(pid); steps++) {
		now = seen(dir, old, new, files);
		if (now == '=')
			continue;
		if ((now != before && now != 'n') || (last == 'n' && now != 'n'))
			fail_msg("'%c' after %d steps", now, steps);
		if (now != '-' && !reads(s, "www", now == 'n' ? new : old))
			fail_msg("not readable after %d steps", steps);
		last = now;
	}
	assert_int_equal(look(dir, old, new), 'n');
	assert_true(steps > 20);
}

static void every_step_is_old_or_new(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	struct err e;

	if (thorough()) { /* the tree of another is where there is most to go wrong */
		walk(s, dir, &old, &new, '-');
		assert_ok(store_write(s, "www", &old, 2, &e), &e);
		walk(s, dir, &old, &new, 'o');
		assert_ok(fs_remove_tree(dir, &e), &e);
	}
	dehydrated(dir, "1700000000", &old);
	walk(s, dir, &old, &new, 'o');
}

/* Killed after n steps; then the next write must find its way, and leave nothing behind. */
static bool kill_after(
	struct store *s, const char *dir, int n, struct bundle *old, struct bundle *new)
{
	pid_t pid = start_write(s, new);
	struct err e;
	bool more = true;
	char now;

	while (more && n-- > 0)
		more = step(pid);
	if (!more)
		return false;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	now = look(dir, old, new);
	assert_true(now == 'o' || now == 'n');
	assert_true(reads(s, "www", now == 'o' ? old : new));
	assert_ok(store_write(s, "www", new, 2, &e), &e);
	assert_int_equal(look(dir, old, new), 'n');
	return true;
}

static void a_killed_write_is_mended_by_the_next(void **state)
{
	AUTO(store) struct store *s = open_store(state);
	AUTO(bundle) struct bundle old = fixture("old");
	AUTO(bundle) struct bundle new = fixture("new");
	AUTO(str) char *dir = at(state, "www");
	AUTO(str) char *generations = at(state, "www/generations");
	const int stride = thorough() ? 1 : 61;
	bool more = true;
	struct err e;

	for (int n = 1; more; n += stride) {
		assert_ok(fs_remove_tree(dir, &e), &e);
		dehydrated(dir, "1700000000", &old);
		more = kill_after(s, dir, n, &old, &new);
		assert_int_equal(count(dir), 4 + 4 + 2);
		assert_int_equal(count(generations), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_first_write_lays_out_the_tree),
		scratch_test(keeps_at_least_two),
		scratch_test(the_one_before_is_read),
		scratch_test(takes_dehydrateds_tree_over),
		scratch_test(dehydrated_may_go_on),
		scratch_test(plain_files_are_taken_over_too),
		scratch_test(a_damaged_tree_of_links_is_replaced),
		scratch_test(a_plain_file_is_never_lost),
		scratch_test(only_whole_bundles_go_in),
		scratch_test(what_a_crash_left_is_tidied),
		scratch_test(every_step_is_old_or_new),
		scratch_test(a_killed_write_is_mended_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
