/*
 * What ssh.h promises, by either carrier, in front of a real sshd.
 */
#include "sshd.h"

#include "base/stop.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static const enum ssh_carrier carriers[] = { SSH_LIBSSH2, SSH_OPENSSH };
static const char *const names[] = { "libssh2", "OpenSSH" };

#define EACH(i) for (size_t i = 0; i < ARRAY_LEN(carriers); i++)

/* Ends once the session has: nothing is left running. */
#define UNTIL_CLOSED "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done"

static struct ssh *opened(const struct sshd *d, size_t i)
{
	struct ssh_config c = sshd_config(d, carriers[i]);
	struct err e = { 0 };
	struct ssh *s = ssh_open(&c, &e);

	if (!s)
		fail_msg("%s: %s", names[i], e.msg);
	return s;
}

static int64_t soon(void)
{
	return deadline_in(60);
}

/* ---- commands ---- */

static const struct command {
	const char *line, *input;
	size_t out, err; /* how much it prints */
	int status[2];   /* by each carrier */
} commands[] = {
	{ "true", "", 0, 0, { 0, 0 } },
	{ "exit 3", "", 0, 0, { 3, 3 } },
	{ "exit 255", "", 0, 0, { 255, 255 } },
	{ "cat", "hello", 5, 0, { 0, 0 } },
	{ "cat >&2; printf out", "hello", 3, 5, { 0, 0 } },
	{ "kill -TERM $$", "", 0, 0, { 143, 128 } },
	{ "exec <&-; exit 4", "not read", 0, 0, { 4, 4 } },
	{ "head -c 300000 /dev/zero", "", 256 << 10, 0, { 0, 0 } },
	{ "head -c 300000 /dev/zero >&2; exit 1", "", 0, 256 << 10, { 1, 1 } },
	{ "exec request failed on channel 2", "", 0, 1, { 127, 127 } },
};

static void commands_run(void **state)
{
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);

		for (size_t k = 0; k < ARRAY_LEN(commands); k++) {
			const struct command *c = &commands[k];
			AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
			struct err e = { 0 };

			assert_ok(ssh_exec(s, c->line, c->input, strlen(c->input), &r,
					  soon(), &e),
				&e);
			if (r.out.len != c->out ||
				(c->err == 1 ? !r.err.len : r.err.len != c->err) ||
				r.status != c->status[i])
				fail_msg("%s: %s: status %d, %zu and %zu bytes", names[i],
					c->line, r.status, r.out.len, r.err.len);
		}
		assert_int_equal(strncmp(ssh_host_key(s), "ssh-ed25519 SHA256:", 19), 0);
		assert_non_null(strstr(ssh_carried_by(s), names[i]));
	}
}

static void large_input_arrives(void **state)
{
	const struct sshd *d = sshd_fresh(state);
	enum { SIZE = 1 << 20 };
	char *input = xmalloc(SIZE);

	memset(input, 'x', SIZE);
	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		assert_ok(ssh_exec(s, "wc -c", input, SIZE, &r, soon(), &e), &e);
		assert_int_equal(strtol(r.out.data, NULL, 10), SIZE);
		/* and one that isn't read holds up nothing */
		assert_ok(ssh_exec(s, "exit 7", input, SIZE, &r, soon(), &e), &e);
		assert_int_equal(r.status, 7);
	}
	free(input);
}

static void deadline_passes(void **state)
{
	static const char *const lines[] = { UNTIL_CLOSED, "yes", "yes >&2" };
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		for (size_t k = 0; k < ARRAY_LEN(lines); k++) {
			AUTO(ssh) struct ssh *s = opened(d, i);
			AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
			struct err e = { 0 };

			assert_err(ssh_exec(s, lines[k], "", 0, &r, deadline_in_ms(50), &e),
				&e, ERR_TIMEOUT, "timed out");
			assert_int_equal(r.status, -1);
			assert_err(ssh_exec(s, "true", "", 0, &r, soon(), &e), &e, ERR_NET,
				"given up");
		}
	}
}

static void connection_breaks(void **state)
{
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		assert_err(ssh_exec(s, "echo begun; kill -9 $PPID", "", 0, &r, soon(), &e),
			&e, ERR_NET, "the host hung up");
		assert_int_equal(r.status, -1);
		assert_err(ssh_exec(s, "true", "", 0, &r, soon(), &e), &e, ERR_NET,
			"given up");
	}
}

/* ---- files ---- */

static void files_are_put_and_removed(void **state)
{
	static const struct ssh_file files[] = { { "key", "secret", 6 },
		{ "none", "", 0 } };
	const struct sshd *d = sshd_fresh(state);
	AUTO(str) char *dir = sshd_path(d, "staging");
	AUTO(str) char *key = sshd_path(d, "staging/key");

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		struct err e = { 0 };
		struct stat st;

		for (int twice = 0; twice < 2; twice++) {
			AUTO(str) char *path = NULL;
			AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;

			assert_ok(ssh_put(s, dir, files, 2, &path, soon(), &e), &e);
			assert_string_equal(path, dir);
			assert_int_equal(stat(key, &st), 0);
			assert_int_equal(st.st_mode & 0777, 0600);
			assert_int_equal(st.st_size, 6);
			assert_ok(ssh_exec(s, "true", "", 0, &r, soon(), &e), &e);
		}
		assert_ok(ssh_remove(s, dir, soon(), &e), &e);
		assert_false(fs_exists(dir));
		assert_ok(ssh_remove(s, dir, soon(), &e), &e);
	}
}

/* After what the host refuses the session goes on. */
static void files_are_refused(void **state)
{
	static const struct ssh_file file = { "key", "secret", 6 };
	struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };
		char *path = NULL;

		assert_err(ssh_put(s, "/dev/null/x", &file, 1, &path, soon(), &e), &e,
			ERR_REMOTE, "/dev/null");
		assert_ok(ssh_exec(s, "exit 5", "", 0, &r, soon(), &e), &e);
		assert_int_equal(r.status, 5);
	}
	sshd_set(d, "HostKey host_ed25519\n");
	sshd_know(d, "", SSHD_HOST, "host_ed25519");
	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };
		char *path = NULL;

		assert_err(ssh_put(s, "x", &file, 1, &path, soon(), &e), &e, ERR_REMOTE,
			"the host has no sftp");
		assert_ok(ssh_exec(s, "true", "", 0, &r, soon(), &e), &e);
	}
}

static void one_channel_is_enough(void **state)
{
	static const struct ssh_file file = { "key", "secret", 6 };
	struct sshd *d = sshd_fresh(state);
	AUTO(str) char *dir = sshd_path(d, "staging");

	sshd_set(d, SSHD_USUAL "MaxSessions 1\n");
	sshd_know(d, "", SSHD_HOST, "host_ed25519");
	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		AUTO(str) char *path = NULL;
		struct err e = { 0 };

		assert_ok(ssh_put(s, dir, &file, 1, &path, soon(), &e), &e);
		assert_ok(ssh_exec(s, "exit 6", "", 0, &r, soon(), &e), &e);
		assert_int_equal(r.status, 6);
		assert_ok(ssh_remove(s, dir, soon(), &e), &e);
	}
}

/* ---- who may not come in, and where ---- */

static void refuses(const struct sshd *d, enum err_kind kind, const char *const *texts)
{
	EACH(i)
	{
		struct ssh_config c = sshd_config(d, carriers[i]);
		struct err e = { 0 };

		assert_err(ssh_open(&c, &e), &e, kind, texts[0]);
		for (const char *const *text = texts + 1; *text; text++)
			if (!strstr(e.msg, *text))
				fail_msg("%s: '%s' is not in: %s", names[i], *text, e.msg);
	}
}

static void host_keys(void **state)
{
	static const struct {
		const char *marker, *host, *key;
		const char *texts[4];
	} rows[] = {
		{ "", "elsewhere", "host_ed25519",
			{ "host key of host.test isn't known: ssh-ed25519 SHA256:",
				"ssh-keyscan -t ed25519 host.test >> ", NULL } },
		{ "", SSHD_HOST, "other_ed25519",
			{ "host key of host.test has changed: it is now ssh-ed25519 SHA256:",
				"known:1", "ssh-keygen -f ", NULL } },
		{ "@revoked ", SSHD_HOST, "host_ed25519",
			{ "host key of host.test is revoked in ", "known:1", NULL } },
		{ "", SSHD_HOST, "host_rsa",
			{ "only its ssh-rsa key is on file (", "isn't known: ssh-ed25519",
				NULL } },
	};
	const struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		sshd_know(d, rows[i].marker, rows[i].host, rows[i].key);
		refuses(d, ERR_AUTH, rows[i].texts);
	}
}

static void logins(void **state)
{
	struct sshd *d = sshd_fresh(state);

	free(d->key);
	d->key = sshd_path(d, "other_ed25519");
	refuses(d, ERR_AUTH,
		(const char *const[]){ "refused: tried ", "other_ed25519", NULL });
	sshd_keygen(d, "locked_ed25519", "a phrase");
	free(d->key);
	d->key = sshd_path(d, "locked_ed25519");
	refuses(d, ERR_AUTH,
		(const char *const[]){ "is protected by a passphrase", "ssh-add ",
			"certpush_key_passphrase_file", NULL });
}

static void no_connection(void **state)
{
	const struct sshd *d = sshd_fresh(state);
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* bound, but nobody listens */
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	EACH(i)
	{
		struct ssh_config c = sshd_config(d, carriers[i]);
		struct err e = { 0 };

		c.proxy_command = "sh -c 'echo no route to it >&2; exit 1'";
		assert_err(ssh_open(&c, &e), &e, ERR_NET, "no route to it");
		c.proxy_command = NULL;
		c.address = "127.0.0.1";
		c.port = ntohs(at.sin_port);
		assert_err(ssh_open(&c, &e), &e, ERR_NET, "refused");
		c.proxy_command = "sleep 60";
		c.timeout = 1;
		assert_err(ssh_open(&c, &e), &e, ERR_TIMEOUT, "timed out");
	}
	close(fd);
}

/* ---- what is left ---- */

static size_t entries(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return n;
}

static void nothing_is_left(void **state)
{
	const struct sshd *d = sshd_fresh(state);
	size_t fds = entries("/proc/self/fd", "");

	EACH(i)
	{
		struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		assert_ok(ssh_exec(s, "true", "", 0, &r, soon(), &e), &e);
		assert_ok(ssh_remove(s, "/none", soon(), &e), &e);
		ssh_close(s);
		assert_int_equal(entries("/proc/self/fd", ""), fds);
		assert_int_equal(entries(d->dir, "certpush-"), 0);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

/* Of a run that is killed OpenSSH's client ends too, and takes its socket with it. */
static void not_even_if_we_are_killed(void **state)
{
	const struct sshd *d = sshd_fresh(state);
	pid_t pid = fork();
	int status, tries = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct ssh_config c = sshd_config(d, SSH_OPENSSH);
		struct err e = { 0 };

		if (ssh_open(&c, &e) && entries(d->dir, "certpush-") == 1)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (entries(d->dir, "certpush-") > 0 && tries++ < 1000)
		usleep(20000);
	assert_int_equal(entries(d->dir, "certpush-"), 0);
}

/* In a process of its own: a stop is for good. The command itself requests it. */
static int stopped_in_flight(const struct sshd *d, size_t i)
{
	struct ssh_config c = sshd_config(d, carriers[i]);
	AUTO(str) char *line = xasprintf("kill -INT %d; " UNTIL_CLOSED, (int)getpid());
	AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = NULL;

	stop_init();
	s = ssh_open(&c, &e);
	if (!s || ssh_exec(s, line, "", 0, &r, soon(), &e) || e.kind != ERR_STOPPED)
		return 1;
	return r.status == -1 ? 0 : 2;
}

static void stop_is_seen(void **state)
{
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(stopped_in_flight(d, i));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_int_equal(entries(d->dir, "certpush-"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_run),
		cmocka_unit_test(large_input_arrives),
		cmocka_unit_test(deadline_passes),
		cmocka_unit_test(connection_breaks),
		cmocka_unit_test(files_are_put_and_removed),
		cmocka_unit_test(files_are_refused),
		cmocka_unit_test(one_channel_is_enough),
		cmocka_unit_test(host_keys),
		cmocka_unit_test(logins),
		cmocka_unit_test(no_connection),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(not_even_if_we_are_killed),
		cmocka_unit_test(stop_is_seen),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
