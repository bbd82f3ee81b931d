/*
 * Keys with a passphrase, in front of a real sshd: who is asked, how often, and what
 * becomes of the answer.
 */
#include "sshd.h"

#include "ssh/private/keyfile.h"
#include "ssh/private/unlock.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define PHRASE " pass 'phrase\" $x \\n "

/* Somebody who answers, each time the next one; the last again and again. */
struct knower {
	const char *answers[5];
	atomic_int asked;
	enum err_kind fails;
	char question[200];
};

static bool get(void *ctx, const char *question, struct buf *out, struct err *e)
{
	struct knower *k = ctx;
	int i = atomic_fetch_add(&k->asked, 1);

	snprintf(k->question, sizeof k->question, "%s", question);
	if (k->fails)
		return err_set(e, k->fails, "nobody knows");
	while (i > 0 && !k->answers[i])
		i--;
	buf_puts(out, k->answers[i]);
	return true;
}

static struct ssh_config config_of(const struct sshd *d, enum ssh_carrier carrier,
	struct knower *k, const char *source)
{
	struct ssh_config c = sshd_config(d, carrier);

	c.passphrase = (struct ssh_passphrase){ source, get, k };
	return c;
}

/* A key of its own, that sshd lets in. */
static void make(struct sshd *d, const char *name, const char *options)
{
	AUTO(str)
	char *script = xasprintf("rm -f \"$2\" \"$2.pub\"\n"
				 "ssh-keygen -q -a 1 %s -N \"$1\" -f \"$2\"\n"
				 "cat \"$2.pub\" >>authorized",
		options);

	sshd_run(d, (const char *const[]){ "sh", "-ec", script, "sh", PHRASE, name, NULL });
	free(d->key);
	d->key = sshd_path(d, name);
	unlock_forget();
	keyfile_forget();
}

static bool runs(struct ssh *s)
{
	AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
	struct err e = { 0 };

	assert_ok(ssh_exec(s, "exit 3", "", 0, NULL, &r, deadline_in(60), &e), &e);
	return r.status == 3;
}

/* Directories that ssh and ssh-keygen were run with. */
static int left(const struct sshd *d)
{
	DIR *dir = opendir(d->dir);
	const struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, "certpush-", 9) == 0;
	closedir(dir);
	return n;
}

static const struct row {
	const char *name, *options;
	const char *carrier; /* with auto, of libssh2 1.10 */
} rows[] = {
	{ "pw_ed25519", "-t ed25519", "libssh2 " },
	{ "pw_ecdsa", "-t ecdsa", "libssh2 " },
	{ "pw_ecdsa521", "-t ecdsa -b 521", "libssh2 " },
	{ "pw_rsa", "-t rsa -b 2048", "OpenSSH, as the key /" },
	{ "pw_cbc", "-t ed25519 -Z aes256-cbc", "libssh2 " },
	{ "pw_gcm", "-t ed25519 -Z aes256-gcm@openssh.com", "OpenSSH, as the key /" },
	{ "pw_chacha", "-t ed25519 -Z chacha20-poly1305@openssh.com",
		"OpenSSH, as the key /" },
	{ "pw_pkcs8", "-t ecdsa -m PKCS8", "libssh2 " },
	{ "pw_pem", "-t ecdsa -m PEM", "libssh2 " },
	{ "pw %u odd's", "-t ed25519", "libssh2 " },
};

static bool opens(
	struct sshd *d, const struct row *r, enum ssh_carrier by, struct knower *k)
{
	const bool told = by == SSH_AUTO && !libssh2_version(0x010b00);
	struct ssh_config c = config_of(d, by, k, "a file");
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = ssh_open(&c, &e);

	if (!s)
		print_error("%s: %s\n", r->name, e.msg);
	else if (told && strncmp(ssh_carried_by(s), r->carrier, strlen(r->carrier)) != 0)
		print_error("%s: by %s\n", r->name, ssh_carried_by(s));
	else
		return runs(s);
	return false;
}

/* In a process of its own: libssh2 1.10 forgets to free a number of each ECDSA key. */
static void the_right_one_opens(void **state)
{
	struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct knower k = { .answers = { PHRASE } };
		int status;
		pid_t pid;

		make(d, rows[i].name, rows[i].options);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(opens(d, &rows[i], SSH_AUTO, &k) &&
						opens(d, &rows[i], SSH_OPENSSH, &k) &&
						k.asked == 1
					? 0
					: 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_int_equal(left(d), 0);
}

static const enum ssh_carrier both[] = { SSH_LIBSSH2, SSH_OPENSSH };

/* No host is tried with it, not even once, and nobody is asked again. */
static void a_wrong_one_is_told(void **state)
{
	struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct knower k = { .answers = { "wrong" } };
		struct ssh_config c;

		make(d, "pw_ed25519", "-t ed25519");
		c = config_of(d, both[i], &k, "/etc/key.pass");
		for (int twice = 0; twice < 2; twice++) {
			struct err e = { 0 };

			assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "wrong passphrase for ");
			assert_non_null(strstr(e.msg, "pw_ed25519 (/etc/key.pass)"));
		}
		assert_int_equal(k.asked, 1);
		/* another source is another matter */
		{
			struct knower right = { .answers = { PHRASE } };
			struct err e = { 0 };
			AUTO(ssh) struct ssh *s = NULL;

			c.passphrase = (struct ssh_passphrase){ "else", get, &right };
			s = ssh_open(&c, &e);
			assert_ok(s != NULL, &e);
		}
	}
	assert_int_equal(sshd_started(d), 2);
	assert_int_equal(left(d), 0);
}

static void somebody_may_mistype_it(void **state)
{
	static const struct {
		const char *answers[5];
		const char *error; /* NULL: it goes well */
		int asked;
	} cases[] = {
		{ { PHRASE }, NULL, 1 },
		{ { "a", PHRASE }, NULL, 2 },
		{ { "a", "b", PHRASE }, NULL, 3 },
		{ { "a", "b", "c", PHRASE }, "wrong passphrase for ", 3 },
		{ { "" }, "is protected by a passphrase", 1 },
		{ { "a", "" }, "is protected by a passphrase", 2 },
	};
	struct sshd *d = sshd_fresh(state);

	make(d, "pw_ed25519", "-t ed25519");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t n = 0; n < ARRAY_LEN(both); n++) {
			struct knower k = { 0 };
			struct ssh_config c = config_of(d, both[n], &k, NULL);
			struct err e = { 0 };
			AUTO(ssh) struct ssh *s = NULL;

			memcpy(k.answers, cases[i].answers, sizeof k.answers);
			unlock_forget();
			s = ssh_open(&c, &e);
			if (!s != !!cases[i].error ||
				(!s && !strstr(e.msg, cases[i].error)))
				fail_msg("%zu, %zu: '%s'", i, n, e.msg);
			assert_int_equal(k.asked, cases[i].asked);
			ssh_close(TAKE(s));
			s = ssh_open(&c, &e);
			assert_int_equal(!s, !!cases[i].error);
			assert_int_equal(k.asked, cases[i].asked);
			assert_non_null(strstr(k.question, "/pw_ed25519': "));
			assert_int_equal(
				strncmp(k.question, "Enter passphrase for key '/", 27), 0);
		}
}

static void a_source_that_fails_is_told(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct knower k = { .fails = ERR_CONFIG };
	struct ssh_config c;
	struct err e = { 0 };

	make(d, "pw_ed25519", "-t ed25519");
	c = config_of(d, SSH_AUTO, &k, "a file");
	for (int twice = 0; twice < 2; twice++)
		assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "pw_ed25519: nobody knows");
	assert_int_equal(k.asked, 1);
	/* but a stop is no answer */
	unlock_forget();
	k.fails = ERR_STOPPED;
	for (int twice = 0; twice < 2; twice++)
		assert_err(ssh_open(&c, &e), &e, ERR_STOPPED, "nobody knows");
	assert_int_equal(k.asked, 3);
	assert_int_equal(sshd_started(d), 0);
}

static void nobody_is_asked_for_a_key_that_is_open(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct knower k = { .answers = { PHRASE } };
	struct ssh_config c = config_of(d, SSH_AUTO, &k, NULL);
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = ssh_open(&c, &e);

	assert_ok(s != NULL, &e);
	assert_int_equal(k.asked, 0);
}

/* ---- an agent that has it ---- */

static pid_t agent;

static int end_agent(void **state)
{
	(void)state;
	unsetenv("SSH_AUTH_SOCK");
	return agent > 0 ? kill(agent, SIGTERM) : 0;
}

/* Its socket; it holds the key that was made last. */
static char *begin_agent(struct sshd *d)
{
	static const char load[] =
		"ssh-agent -a agent >told; printf '%s\\n' \"$1\" >phrase\n"
		"printf '#!/bin/sh\\ncat phrase\\n' >give; chmod +x give\n"
		"SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=./give SSH_AUTH_SOCK=agent "
		"ssh-add -q pw_ed25519; rm give phrase\n";
	AUTO(str) char *told = NULL;
	const char *pid;

	sshd_run(d, (const char *const[]){ "sh", "-ec", load, "sh", PHRASE, NULL });
	told = sshd_read(d, "told");
	pid = strstr(told, "SSH_AGENT_PID=");
	assert_non_null(pid);
	agent = (pid_t)strtol(pid + strlen("SSH_AGENT_PID="), NULL, 10);
	return sshd_path(d, "agent");
}

static void nobody_is_asked_for_a_key_of_the_agent(void **state)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(str) char *socket = NULL, *option = NULL;
	const char *options[] = { NULL, NULL };

	make(d, "pw_ed25519", "-t ed25519");
	socket = begin_agent(d);
	option = xasprintf("-oIdentityAgent=%s", socket);
	setenv("SSH_AUTH_SOCK", socket, 1);
	for (size_t i = 0; i < ARRAY_LEN(both) + 1; i++) {
		struct knower k = { .answers = { "wrong" } };
		struct ssh_config c = config_of(
			d, i < ARRAY_LEN(both) ? both[i] : SSH_AUTO, &k, "a file");
		struct err e = { 0 };
		AUTO(ssh) struct ssh *s = NULL;

		if (i == ARRAY_LEN(both)) {
			unsetenv("SSH_AUTH_SOCK");
			options[0] = option;
			c.options = options;
		}
		s = ssh_open(&c, &e);
		assert_ok(s != NULL, &e);
		assert_int_equal(k.asked, 0);
	}
}

/* ---- side by side ---- */

struct side {
	struct ssh_config config;
	bool opened;
	struct err e;
	pthread_t thread;
};

static void *open_side(void *arg)
{
	struct side *s = arg;
	struct ssh *ssh = ssh_open(&s->config, &s->e);

	s->opened = ssh != NULL;
	ssh_close(ssh);
	return NULL;
}

static void all_wait_for_one_question(void **state)
{
	struct sshd *d = sshd_fresh(state);

	for (int wrong = 0; wrong < 2; wrong++) {
		struct knower k = { .answers = { wrong ? "wrong" : PHRASE } };
		struct side sides[6];

		make(d, "pw_ed25519", "-t ed25519");
		for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
			sides[i].config = config_of(d, both[i % 2], &k, "a file");
			pthread_create(&sides[i].thread, NULL, open_side, &sides[i]);
		}
		for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
			pthread_join(sides[i].thread, NULL);
			if (sides[i].opened == wrong)
				fail_msg("%zu: %s", i, sides[i].e.msg);
		}
		assert_int_equal(k.asked, 1);
	}
}

/* ---- keys that nobody named ---- */

static const struct usual {
	enum ssh_carrier carrier;
	const char *name, *options;
} usual[] = {
	{ SSH_LIBSSH2, ".ssh/id_ed25519", "-t ed25519" },
	{ SSH_OPENSSH, ".ssh/id_ed25519", "-t ed25519" },
	{ SSH_OPENSSH, ".ssh/id_rsa", "-t rsa -b 2048" },
};

static void make_usual(struct sshd *d, const char *name, const char *options)
{
	sshd_run(d,
		(const char *const[]){
			"sh", "-c", "rm -rf .ssh; mkdir -m 700 .ssh", NULL });
	make(d, name, options);
	setenv("HOME", d->dir, 1);
}

static void usual_keys_come_last(void **state)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(str) char *home = xstrdup(getenv("HOME"));

	for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
		struct knower k = { .answers = { PHRASE } };
		struct ssh_config c;
		struct err e = { 0 };
		AUTO(ssh) struct ssh *s = NULL;

		make_usual(d, usual[i].name, usual[i].options);
		c = config_of(d, usual[i].carrier, &k, NULL);
		c.key_file = NULL;
		c.passphrase.get = NULL;
		assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "is protected by a passphrase");
		c.passphrase.get = get;
		s = ssh_open(&c, &e);
		setenv("HOME", home, 1);
		assert_ok(s != NULL, &e);
		assert_int_equal(k.asked, 1);
	}
}

/* A host key that isn't the right one is no matter of passphrases. */
static void not_asked_in_vain(void **state)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(str) char *home = xstrdup(getenv("HOME"));
	struct knower k = { .answers = { PHRASE } };

	make_usual(d, ".ssh/id_ed25519", "-t ed25519");
	sshd_know(d, "", SSHD_HOST, "other_ed25519");
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct ssh_config c = config_of(d, both[i], &k, NULL);
		struct err e = { 0 };

		c.key_file = NULL;
		assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "has changed");
	}
	setenv("HOME", home, 1);
	assert_int_equal(k.asked, 0);
}

static void nobody_knows(void **state)
{
	struct sshd *d = sshd_fresh(state);

	make(d, "pw_ed25519", "-t ed25519");
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		struct ssh_config c = sshd_config(d, both[i]);
		struct err e = { 0 };

		assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "is protected by a passphrase");
		assert_non_null(strstr(e.msg, "ssh-add /"));
		assert_non_null(strstr(e.msg, "certpush_key_passphrase_file"));
		assert_non_null(strstr(e.msg, "certpush_key_passphrase_command"));
	}
}

/* Neither the master's FIFO nor its script. */
static void nothing_is_left_if_we_are_killed(void **state)
{
	struct sshd *d = sshd_fresh(state);
	int status, tries = 0;
	pid_t pid;

	make(d, "pw_ed25519", "-t ed25519");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct knower k = { .answers = { PHRASE } };
		struct ssh_config c = config_of(d, SSH_OPENSSH, &k, "a file");
		struct err e = { 0 };

		if (ssh_open(&c, &e) && left(d) == 1)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (left(d) > 0 && tries++ < 1000)
		usleep(20000);
	assert_int_equal(left(d), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_one_opens),
		cmocka_unit_test(a_wrong_one_is_told),
		cmocka_unit_test(somebody_may_mistype_it),
		cmocka_unit_test(a_source_that_fails_is_told),
		cmocka_unit_test(nobody_is_asked_for_a_key_that_is_open),
		cmocka_unit_test_teardown(
			nobody_is_asked_for_a_key_of_the_agent, end_agent),
		cmocka_unit_test(all_wait_for_one_question),
		cmocka_unit_test(usual_keys_come_last),
		cmocka_unit_test(not_asked_in_vain),
		cmocka_unit_test(nobody_knows),
		cmocka_unit_test(nothing_is_left_if_we_are_killed),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
