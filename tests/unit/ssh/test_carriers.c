/*
 * What ssh.h promises, by either carrier, in front of a real sshd.
 */
#include "sshd.h"

#include "base/stop.h"
#include "ssh/private/keyfile.h"

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
	{ "head -c 5", "hello", 5, 0, { 0, 0 } },
	{ "head -c 5 >&2; printf out", "hello", 3, 5, { 0, 0 } },
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

			assert_ok(ssh_exec(s, c->line, c->input, strlen(c->input), NULL, &r,
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

		assert_ok(ssh_exec(s, "head -c 1048576 | wc -c", input, SIZE, NULL, &r,
				  soon(), &e),
			&e);
		assert_int_equal(strtol(r.out.data, NULL, 10), SIZE);
		/* and one that isn't read holds up nothing */
		assert_ok(ssh_exec(s, "exit 7", input, SIZE, NULL, &r, soon(), &e), &e);
		assert_int_equal(r.status, 7);
	}
	free(input);
}

/* A command that has answered goes on, and is talked to: what it prints when is its own. */
static void a_command_answers(void **state)
{
	static const char line[] = "n=0; while read -r w; do n=$((n + 1)); echo \"$n $w\"; "
				   "[ \"$w\" != bye ] || exit 9; done";
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		for (int n = 1; n <= 3; n++) {
			AUTO(str) char *want = xasprintf("%d hello\n", n);

			assert_ok(
				ssh_exec(s, line, "hello\n", 6, "hello\n", &r, soon(), &e),
				&e);
			assert_string_equal(r.out.data, want);
			assert_int_equal(r.status, -1);
		}
		assert_ok(ssh_exec(s, line, "bye\n", 4, "hello\n", &r, soon(), &e), &e);
		assert_string_equal(r.out.data, "4 bye\n");
		assert_int_equal(r.status, 9);
		assert_ok(ssh_exec(s, line, "hello\n", 6, "hello\n", &r, soon(), &e), &e);
		assert_string_equal(r.out.data, "1 hello\n");
		assert_err(
			ssh_exec(s, line, "y\n", 2, "never\n", &r, deadline_in_ms(300), &e),
			&e, ERR_TIMEOUT, "timed out");
	}
}

/* Too much for an answer isn't waited for. */
static void a_flood_is_no_answer(void **state)
{
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		assert_err(ssh_exec(s, "yes", "", 0, "end\n", &r, soon(), &e), &e,
			ERR_PROTOCOL, "prints without end");
	}
}

/* Two bytes for each that was printed, until it has complained. */
static size_t answers(const void *ctx, const struct buf *out, const struct buf *err)
{
	(void)ctx;
	return err->len > 0 ? INPUT_OVER : 2 * out->len;
}

static void input_may_wait_for_what_is_printed(void **state)
{
	static const struct {
		const char *line, *out;
	} rows[] = {
		{ "printf 1; read a; printf 2; read b; printf $a$b; cat", "12abc\n" },
		{ "printf 1; read a; echo no >&2; read b || printf end; cat", "1end" },
		{ "exit", "" },
	};
	static const struct input in = { "a\nb\nc\n", 6, answers, NULL, NULL };
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);

		for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
			AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
			struct err e = { 0 };

			assert_ok(ssh_talk(s, rows[k].line, &in, &r, soon(), &e), &e);
			assert_string_equal(r.out.data, rows[k].out);
		}
	}
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

			assert_err(ssh_exec(s, lines[k], "", 0, NULL, &r,
					   deadline_in_ms(50), &e),
				&e, ERR_TIMEOUT, "timed out");
			assert_int_equal(r.status, -1);
			assert_err(ssh_exec(s, "true", "", 0, NULL, &r, soon(), &e), &e,
				ERR_NET, "given up");
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

		assert_err(ssh_exec(s, "echo begun; kill -9 $PPID", "", 0, NULL, &r, soon(),
				   &e),
			&e, ERR_NET, "the host hung up");
		assert_int_equal(r.status, -1);
		assert_err(ssh_exec(s, "true", "", 0, NULL, &r, soon(), &e), &e, ERR_NET,
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
			assert_ok(ssh_exec(s, "true", "", 0, NULL, &r, soon(), &e), &e);
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
	const struct sshd *d = sshd_fresh(state);

	EACH(i)
	{
		AUTO(ssh) struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };
		char *path = NULL;

		assert_err(ssh_put(s, "/dev/null/x", &file, 1, &path, soon(), &e), &e,
			ERR_REMOTE, "/dev/null");
		assert_false(ssh_lacks_sftp(s));
		assert_ok(ssh_exec(s, "exit 5", "", 0, NULL, &r, soon(), &e), &e);
		assert_int_equal(r.status, 5);
	}
}

/* No Subsystem; one that isn't installed; no channel for it while a command runs. */
static void sftp_is_missing(void **state)
{
	static const struct ssh_file file = { "key", "secret", 6 };
	static const struct {
		const char *lines, *says[2];
	} hosts[] = {
		{ "", { "the host has no sftp", "the host has no sftp" } },
		{ "Subsystem sftp /nowhere/sftp-server\n",
			{ "SFTP server ended", "the host has no sftp" } },
		{ "Subsystem sftp internal-sftp\nMaxSessions 1\n",
			{ "another channel", "" } },
	};
	struct sshd *d = sshd_fresh(state);

	for (size_t k = 0; k < ARRAY_LEN(hosts); k++) {
		AUTO(str)
		char *lines = xasprintf("HostKey host_ed25519\n%s", hosts[k].lines);

		sshd_set(d, lines);
		sshd_know(d, "", SSHD_HOST, "host_ed25519");
		EACH(i)
		{
			AUTO(ssh) struct ssh *s = opened(d, i);
			AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
			struct err e = { 0 };
			char *path = NULL;

			assert_ok(ssh_exec(s, "while read -r w; do echo $w; done", "a\n", 2,
					  "a\n", &r, soon(), &e),
				&e);
			assert_err(ssh_put(s, "x", &file, 1, &path, soon(), &e), &e,
				ERR_REMOTE, hosts[k].says[i]);
			assert_true(ssh_lacks_sftp(s));
			assert_ok(ssh_exec(s, "", "b\n", 2, "b\n", &r, soon(), &e), &e);
		}
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
		assert_ok(ssh_exec(s, "exit 6", "", 0, NULL, &r, soon(), &e), &e);
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
				"certpush hosts trust host", NULL } },
		{ "", SSHD_HOST, "other_ed25519",
			{ "host key of host.test has changed: it is now ssh-ed25519 SHA256:",
				"known:1", "certpush hosts trust --replace host", NULL } },
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

/* What a vouch was asked, and what it says. */
struct oracle {
	bool yes;
	size_t *asked;
};

static bool oracle_says(
	const void *ctx, const char *address, const void *key, size_t len, struct err *e)
{
	const struct oracle *o = ctx;

	assert_string_equal(address, SSHD_HOST);
	assert_true(len > 19 && memcmp((const char *)key + 4, "ssh-ed25519", 11) == 0);
	++*o->asked;
	return o->yes || err_set(e, ERR_DNS, "not by me");
}

/* On somebody else's word only where nothing at all is on file. */
static void vouched_keys(void **state)
{
	static const struct {
		const char *marker, *host, *key;
		bool yes, opens;
		size_t asked;
		const char *text;
	} rows[] = {
		{ "", "elsewhere", "host_ed25519", true, true, 1, "(by SSHFP)" },
		{ "", "elsewhere", "host_ed25519", false, false, 1, " (not by me)" },
		{ "", SSHD_HOST, "other_ed25519", true, false, 0, "has changed" },
		{ "", SSHD_HOST, "host_rsa", true, false, 0, "only its ssh-rsa key" },
		{ "@revoked ", "*", "host_ed25519", true, false, 0, "is revoked" },
		{ "@revoked ", "*", "other_ed25519", true, true, 1, "(by SSHFP)" },
		{ "", SSHD_HOST, "host_ed25519", false, true, 0, "ssh-ed25519 SHA256:" },
	};
	const struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		size_t asked = 0;
		const struct oracle oracle = { rows[i / 2].yes, &asked };
		const struct ssh_vouch vouch = { oracle_says, &oracle };
		struct ssh_config c = sshd_config(d, carriers[i % 2]);
		AUTO(ssh) struct ssh *s = NULL;
		struct err e = { 0 };
		const char *told;

		sshd_know(d, rows[i / 2].marker, rows[i / 2].host, rows[i / 2].key);
		c.vouch = &vouch;
		s = ssh_open(&c, &e);
		told = s ? ssh_host_key(s) : e.msg;
		if (!s == rows[i / 2].opens || asked != rows[i / 2].asked ||
			!strstr(told, rows[i / 2].text))
			fail_msg("%s, row %zu: asked %zu times, %s", names[i % 2], i / 2,
				asked, told);
	}
	assert_int_equal(entries(d->dir, "certpush-"), 0);
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

/* What we sign with ourselves, a key parsed once; and what libssh2 has to. */
static void every_type_of_key(void **state)
{
	static const struct {
		const char *type, *bits, *format;
		bool ours;
	} rows[] = {
		{ "ed25519", "256", "RFC4716", true },
		{ "ecdsa", "256", "RFC4716", true },
		{ "ecdsa", "384", "RFC4716", true },
		{ "ecdsa", "521", "RFC4716", true },
		{ "ecdsa", "256", "PEM", false },
	};
	static const char make[] =
		"rm -f any any.pub; ssh-keygen -q -N '' -f any -t $1 -b $2 -m $3\n"
		"cat any.pub >>authorized\n";
	struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ssh_config c;
		const struct keyfile *k;
		struct err e = { 0 };
		AUTO(ssh) struct ssh *s = NULL;

		keyfile_forget();
		sshd_run(d,
			(const char *const[]){ "sh", "-ec", make, "sh", rows[i].type,
				rows[i].bits, rows[i].format, NULL });
		free(d->key);
		d->key = sshd_path(d, "any");
		k = keyfile_get(d->key, &e);
		assert_ok(k != NULL, &e);
		assert_int_equal(k->signer != NULL, rows[i].ours);
		c = sshd_config(d, SSH_LIBSSH2);
		s = ssh_open(&c, &e);
		if (!s)
			fail_msg("%s %s: %s", rows[i].type, rows[i].bits, e.msg);
	}
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

/* As MaxStartups drops one: closed before a word was said, by the host or by a jump host;
 * and a proxy that failed for another reason isn't asked again. */
static void dropped_ones_are_tried_again(void **state)
{
	static const struct {
		const char *says; /* the proxy, of a connection that is dropped */
		size_t dialled;
	} rows[] = {
		{ "", 3 },
		{ "kex_exchange_identification: read: Connection reset by peer", 3 },
		{ "deploy@jump: Permission denied (publickey).", 1 },
	};
	struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		AUTO(str)
		char *proxy = xasprintf(
			"/bin/sh -c 'cd %s; printf x >>started; "
			"if [ $(wc -c <started) -lt 3 ]; then printf \"%%s\" \"%s\" >&2; exit 1; fi; "
			"exec /usr/sbin/sshd -i -f sshd_config -E log'",
			d->dir, rows[i / 2].says);
		struct ssh_config c = sshd_config(d, carriers[i % 2]);
		AUTO(ssh) struct ssh *s = NULL;
		struct err e = { 0 };

		sshd_write(d, "started", "");
		c.proxy_command = proxy;
		s = ssh_open(&c, &e);
		assert_int_equal(sshd_started(d), rows[i / 2].dialled);
		if (!s != (rows[i / 2].dialled == 1))
			fail_msg("%s: %s", names[i % 2], e.msg);
	}
}

/* ---- what is left ---- */

static void nothing_is_left(void **state)
{
	const struct sshd *d = sshd_fresh(state);
	size_t fds = entries("/proc/self/fd", "");

	EACH(i)
	{
		struct ssh *s = opened(d, i);
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		assert_ok(ssh_exec(s, "true", "", 0, NULL, &r, soon(), &e), &e);
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
	if (!s || ssh_exec(s, line, "", 0, NULL, &r, soon(), &e) || e.kind != ERR_STOPPED)
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
		cmocka_unit_test(input_may_wait_for_what_is_printed),
		cmocka_unit_test(a_command_answers),
		cmocka_unit_test(a_flood_is_no_answer),
		cmocka_unit_test(deadline_passes),
		cmocka_unit_test(connection_breaks),
		cmocka_unit_test(files_are_put_and_removed),
		cmocka_unit_test(files_are_refused),
		cmocka_unit_test(sftp_is_missing),
		cmocka_unit_test(one_channel_is_enough),
		cmocka_unit_test(host_keys),
		cmocka_unit_test(vouched_keys),
		cmocka_unit_test(logins),
		cmocka_unit_test(every_type_of_key),
		cmocka_unit_test(no_connection),
		cmocka_unit_test(dropped_ones_are_tried_again),
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(not_even_if_we_are_killed),
		cmocka_unit_test(stop_is_seen),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
