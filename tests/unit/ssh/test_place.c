/*
 * Files in their place over SFTP alone, in front of a real sshd that runs no command: with
 * all that OpenSSH's SFTP server offers, and without.
 */
#include "sshd.h"

#define FORCED "HostKey host_ed25519\nForceCommand internal-sftp\n"

static const char *const servers[] = {
	FORCED "Subsystem sftp internal-sftp\n",
	"HostKey host_ed25519\nSubsystem sftp internal-sftp -P posix-rename,hardlink,fsync\n",
};

#define EACH(i) for (size_t i = 0; i < ARRAY_LEN(servers); i++)

static int64_t soon(void)
{
	return deadline_in(60);
}

/* A session with this server, and files in an empty directory behind it. */
struct host {
	const struct sshd *d;
	struct ssh *s;
	char *key, *chain; /* DIR/place/a/key.pem, DIR/place/chain.pem */
};

static void host_clear(struct host *h)
{
	ssh_close(h->s);
	free(h->key);
	free(h->chain);
}
DEFINE_AUTO_VALUE(struct host, host, host_clear)

static struct host host_with(void **state, size_t server, enum ssh_carrier by)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(str) char *dir = sshd_path(d, "place");
	struct host h = { .d = d };
	struct ssh_config c;
	struct err e = { 0 };

	sshd_set(d, servers[server]);
	sshd_know(d, "", SSHD_HOST, "host_ed25519");
	c = sshd_config(d, by);
	assert_ok(fs_remove_tree(dir, &e) && fs_mkdirs(dir, 0755, &e), &e);
	h.key = sshd_path(d, "place/a/key.pem");
	h.chain = sshd_path(d, "place/chain.pem");
	h.s = ssh_open(&c, &e);
	if (!h.s)
		fail_msg("%s", e.msg);
	return h;
}

static bool place(const struct host *h, const char *key, const char *chain, struct err *e)
{
	const struct ssh_placing files[] = {
		{ .path = h->key, .data = key, .len = strlen(key), .mode = 0600 },
		{ .path = h->chain, .data = chain, .len = strlen(chain), .mode = 0644 },
	};
	bool swapped;
	const bool ok = ssh_place(h->s, files, 2, &swapped, soon(), e);

	assert_int_equal(ok, swapped);
	return ok;
}

static void restore(const struct host *h)
{
	const char *const paths[] = { h->key, h->chain };
	struct err e = { 0 };

	assert_ok(ssh_restore(h->s, paths, 2, soon(), &e), &e);
}

static void forget(const struct host *h)
{
	const char *const paths[] = { h->key, h->chain };
	struct err e = { 0 };

	assert_ok(ssh_forget(h->s, paths, 2, soon(), &e), &e);
}

static void assert_file(const char *path, const char *text, mode_t mode)
{
	AUTO(buf) struct buf b = BUF_EMPTY;
	struct stat st;
	struct err e = { 0 };

	assert_ok(fs_read(path, 1 << 20, &b, &e), &e);
	assert_string_equal(b.data, text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

/* How many files lie in DIR/place and below whose name has "certpush" in it. */
static size_t left(const struct host *h)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	struct err e = { 0 };

	assert_ok(child_run(&(struct child_spec){ .argv = (const char *const[]){ "find",
							  "place", "-name", "*certpush*",
							  NULL },
				    .dir = h->d->dir,
				    .deadline = soon() },
			  &r, &e),
		&e);
	for (size_t n = 0, at = 0;; at++)
		if (!r.out.data[at])
			return n;
		else
			n += r.out.data[at] == '\n';
}

static void see(const struct host *h, struct ssh_seen *seen)
{
	const char *const paths[] = { h->key, h->chain };
	struct err e = { 0 };

	assert_ok(ssh_look(h->s, paths, 2, seen, soon(), &e), &e);
}

static void clear_seen(struct ssh_seen *seen)
{
	buf_clear(&seen[0].content);
	buf_clear(&seen[1].content);
}

static void what_was_not_there(void **state)
{
	EACH(i)
	{
		AUTO(host) struct host h = host_with(state, i, SSH_LIBSSH2);
		AUTO(str) char *dir = fs_dirname(h.key);
		struct ssh_seen seen[2] = { { .content = BUF_EMPTY },
			{ .content = BUF_EMPTY } };
		struct err e = { 0 };

		see(&h, seen);
		assert_int_equal(seen[0].state, SSH_MISSING);
		assert_false(seen[0].owed);
		assert_ok(place(&h, "key 1", "chain 1", &e), &e);
		assert_file(h.key, "key 1", 0600);
		assert_file(h.chain, "chain 1", 0644);
		see(&h, seen);
		assert_int_equal(seen[0].state, SSH_REGULAR);
		assert_true(seen[0].owed && seen[1].owed);
		assert_string_equal(seen[0].content.data, "key 1");
		clear_seen(seen);
		/* and one that nobody proved either is no way back to the first */
		assert_ok(place(&h, "key 2", "chain 2", &e), &e);
		restore(&h);
		assert_false(fs_exists(dir));
		assert_false(fs_exists(h.chain));
		assert_int_equal(left(&h), 0);
		assert_ok(place(&h, "key 3", "chain 3", &e), &e);
		forget(&h);
		assert_file(h.key, "key 3", 0600);
		assert_int_equal(left(&h), 0);
	}
}

static void what_was_there(void **state)
{
	EACH(i)
	{
		AUTO(host) struct host h = host_with(state, i, SSH_OPENSSH);
		struct stat before, after;
		struct err e = { 0 };

		assert_ok(place(&h, "key 1", "chain 1", &e), &e);
		forget(&h);
		assert_int_equal(stat(h.key, &before), 0);
		assert_ok(place(&h, "key 2", "chain 2", &e), &e);
		assert_file(h.key, "key 2", 0600);
		restore(&h);
		assert_file(h.key, "key 1", 0600);
		assert_file(h.chain, "chain 1", 0644);
		assert_int_equal(stat(h.key, &after), 0);
		assert_true(i > 0 || before.st_ino == after.st_ino);
		assert_int_equal(left(&h), 0);
		assert_ok(place(&h, "key 3", "chain 3", &e), &e);
		forget(&h);
		assert_file(h.key, "key 3", 0600);
		assert_int_equal(left(&h), 0);
	}
}

/* Whatever was left in the middle; and what is more than one request can carry. */
static void after_a_killed_run(void **state)
{
	EACH(i)
	{
		AUTO(host) struct host h = host_with(state, i, SSH_LIBSSH2);
		AUTO(buf) struct buf large = BUF_EMPTY;
		AUTO(str) char *new = sshd_path(h.d, "place/.chain.pem.certpush-new");
		AUTO(str) char *file = sshd_path(h.d, "place/.chain.pem.certpush-new/file");
		struct ssh_seen seen[2] = { { .content = BUF_EMPTY },
			{ .content = BUF_EMPTY } };
		struct err e = { 0 };

		assert_ok(fs_mkdirs(new, 0700, &e) && fs_write(file, "half", 4, 0600, &e),
			&e);
		while (large.len < 70000)
			buf_printf(&large, "line %zu\n", large.len);
		assert_ok(place(&h, "", large.data, &e), &e);
		see(&h, seen);
		assert_int_equal(seen[0].content.len, 0);
		assert_string_equal(seen[1].content.data, large.data);
		clear_seen(seen);
		forget(&h);
		assert_int_equal(left(&h), 0);
	}
}

static void what_is_refused_changes_nothing(void **state)
{
	EACH(i)
	{
		AUTO(host) struct host h = host_with(state, i, SSH_LIBSSH2);
		AUTO(str) char *in_the_way = sshd_path(h.d, "place/a");
		AUTO(str) char *there = xstrdup(h.chain);
		struct ssh_seen seen[2] = { { .content = BUF_EMPTY },
			{ .content = BUF_EMPTY } };
		struct err e = { 0 };

		assert_ok(fs_write(in_the_way, "a file", 6, 0644, &e), &e);
		assert_ok(fs_write(there, "chain 1", 7, 0640, &e), &e);
		assert_false(place(&h, "key 2", "chain 2", &e));
		assert_int_equal(e.kind, ERR_REMOTE);
		assert_file(h.chain, "chain 1", 0640);
		assert_int_equal(left(&h), 0);
		/* and the session goes on */
		assert_int_equal(unlink(in_the_way), 0);
		assert_int_equal(symlink("elsewhere", h.chain), -1);
		assert_int_equal(unlink(h.chain), 0);
		assert_int_equal(symlink("elsewhere", h.chain), 0);
		see(&h, seen);
		assert_int_equal(seen[1].state, SSH_SYMLINK);
	}
}

static void no_command_is_run(void **state)
{
	AUTO(host) struct host h = host_with(state, 0, SSH_LIBSSH2);
	AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
	struct err e = { 0 };

	assert_ok(ssh_exec(h.s, "echo it is", "12345 .x\n", 9, "it is\n", &r, soon(), &e),
		&e);
	assert_null(strstr(r.out.data, "it is"));
	assert_int_not_equal(r.status, -1);
	assert_ok(place(&h, "key 1", "chain 1", &e), &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_there),
		cmocka_unit_test(what_was_there),
		cmocka_unit_test(after_a_killed_run),
		cmocka_unit_test(what_is_refused_changes_nothing),
		cmocka_unit_test(no_command_is_run),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
