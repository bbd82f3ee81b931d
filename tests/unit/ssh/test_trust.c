/*
 * The keys that a real sshd shows, and how they get into known_hosts.
 */
#include "sshd.h"

#include "ssh/trust.h"

static struct ssh_keys asked(const struct sshd *d, struct ssh_config *c)
{
	struct ssh_keys keys = SSH_KEYS_EMPTY;
	struct err e = { 0 };

	*c = sshd_config(d, SSH_AUTO);
	assert_ok(ssh_keys_ask(c, &keys, &e), &e);
	return keys;
}

/* As ssh-keygen -l has it. */
static char *fingerprint(const struct sshd *d, const char *key)
{
	AUTO(str) char *pub = xasprintf("%s.pub", key);
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	const char *const argv[] = { "ssh-keygen", "-l", "-f", pub, NULL };
	struct err e = { 0 };

	assert_ok(child_run(&(struct child_spec){ .argv = argv,
				    .dir = d->dir,
				    .deadline = deadline_in(60) },
			  &r, &e),
		&e);
	return ssh_fingerprint_read(r.out.data);
}

static void all_types_are_shown(void **state)
{
	struct sshd *d = sshd_fresh(state);
	static const char *const names[] = { "host_ed25519", "host_ecdsa", "host_rsa" };
	static const char *const types[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
		"ssh-rsa" };
	AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
	struct ssh_config c;

	sshd_run(d,
		(const char *const[]){ "ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f",
			"host_ecdsa", NULL });
	sshd_set(d,
		"HostKey host_rsa\nHostKey host_ecdsa\nHostKey host_ed25519\n"
		"Ciphers aes256-gcm@openssh.com\n");
	keys = asked(d, &c);
	assert_int_equal(keys.n, 3);
	assert_int_equal(sshd_started(d), 3);
	assert_true(keys.first_use);
	for (size_t i = 0; i < 3; i++) {
		AUTO(str) char *want = fingerprint(d, names[i]);

		assert_string_equal(keys.list[i].type, types[i]);
		assert_string_equal(keys.list[i].fingerprint, want);
		assert_int_equal(keys.list[i].state, SSH_KEY_NEW);
	}
}

/* Whichever of these a server is hardened to; the constants of kex.c are good for each. */
static void any_key_exchange(void **state)
{
	static const char *const methods[] = { "curve25519-sha256",
		"curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
		"diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
		"diffie-hellman-group18-sha512", "diffie-hellman-group14-sha1",
		"diffie-hellman-group1-sha1", "sntrup761x25519-sha512@openssh.com" };
	struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		AUTO(str)
		char *lines = xasprintf(SSHD_USUAL "KexAlgorithms %s\n", methods[i]);
		AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
		struct ssh_config c;

		sshd_set(d, lines);
		keys = asked(d, &c);
		assert_int_equal(keys.n, 1);
	}
	sshd_set(d, SSHD_USUAL "KexAlgorithms diffie-hellman-group-exchange-sha256\n");
	{
		AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
		struct ssh_config c = sshd_config(d, SSH_AUTO);
		struct err e = { 0 };

		assert_err(ssh_keys_ask(&c, &keys, &e), &e, ERR_PROTOCOL,
			"it has only diffie-hellman-group-exchange-sha256");
	}
}

static void states_are_told(void **state)
{
	static const struct {
		const char *marker, *host, *key;
		enum ssh_key_state want;
		bool first_use;
	} rows[] = {
		{ "", SSHD_HOST, "host_ed25519", SSH_KEY_KNOWN, false },
		{ "", "elsewhere", "host_ed25519", SSH_KEY_NEW, true },
		{ "", SSHD_HOST, "host_rsa", SSH_KEY_NEW, false },
		{ "", SSHD_HOST, "other_ed25519", SSH_KEY_CHANGED, false },
		{ "@revoked ", "*", "host_ed25519", SSH_KEY_REVOKED, true },
	};
	const struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
		struct ssh_config c;

		sshd_know(d, rows[i].marker, rows[i].host, rows[i].key);
		keys = asked(d, &c);
		assert_int_equal(keys.n, 1);
		assert_int_equal(keys.list[0].state, rows[i].want);
		assert_int_equal(keys.first_use, rows[i].first_use);
		assert_int_equal(keys.list[0].line, rows[i].want == SSH_KEY_NEW ? 0 : 1);
	}
}

static void opens(const struct ssh_config *c)
{
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = ssh_open(c, &e);

	assert_ok(s != NULL, &e);
}

/* After it both carriers come in; an alias and a port are as OpenSSH looks them up. */
static void added_keys_are_good(void **state)
{
	static const char *const alias[] = { "-oHostKeyAlias=Alias", NULL };
	static const struct {
		const char *const *options;
		int port;
		const char *line;
	} rows[] = {
		{ NULL, 22, SSHD_HOST " ssh-ed25519 " },
		{ NULL, 2222, "[" SSHD_HOST "]:2222 ssh-ed25519 " },
		{ alias, 2222, "alias ssh-ed25519 " },
	};
	struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
		AUTO(str) char *text = NULL;
		struct ssh_config c = sshd_config(d, SSH_AUTO);
		const struct ssh_key *key;
		struct err e = { 0 };

		sshd_write(d, "known", "");
		c.port = rows[i].port;
		c.options = rows[i].options;
		assert_ok(ssh_keys_ask(&c, &keys, &e), &e);
		key = &keys.list[0];
		assert_ok(ssh_trust_add(&c, &key, 1, &e), &e);
		text = sshd_read(d, "known");
		assert_int_equal(strncmp(text, rows[i].line, strlen(rows[i].line)), 0);
		opens(&c);
		c.carrier = SSH_OPENSSH;
		opens(&c);
		assert_ok(ssh_keys_look_up(&c, &keys, &e), &e);
		assert_int_equal(keys.list[0].state, SSH_KEY_KNOWN);
	}
}

/* A new file and its directory are nobody else's; an old one keeps its mode, and a link
 * leads where it did. */
static void files_stay_what_they_are(void **state)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(str) char *fresh = sshd_path(d, "a/b/known_hosts");
	AUTO(str) char *dir = sshd_path(d, "a");
	AUTO(str) char *link = sshd_path(d, "link");
	AUTO(str) char *target = sshd_path(d, "target");
	AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
	struct ssh_config c;
	const struct ssh_key *key;
	struct err e = { 0 };
	struct stat st;

	sshd_set(d, SSHD_USUAL);
	keys = asked(d, &c);
	key = &keys.list[0];
	c.known_hosts = fresh;
	assert_ok(ssh_trust_add(&c, &key, 1, &e), &e);
	assert_int_equal(stat(fresh, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);

	sshd_write(d, "target", "# mine\n");
	assert_int_equal(chmod(target, 0644), 0);
	assert_int_equal(symlink("target", link), 0);
	c.known_hosts = link;
	assert_ok(ssh_trust_add(&c, &key, 1, &e), &e);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_true(st.st_size > 7);
}

static void changed_key_is_replaced(void **state)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
	struct ssh_config c;
	struct err e = { 0 };

	sshd_know(d, "", SSHD_HOST, "other_ed25519");
	keys = asked(d, &c);
	assert_int_equal(keys.list[0].state, SSH_KEY_CHANGED);
	assert_ok(ssh_trust_replace(&c, &keys.list[0], &e), &e);
	assert_ok(ssh_keys_look_up(&c, &keys, &e), &e);
	assert_int_equal(keys.list[0].state, SSH_KEY_KNOWN);
	sshd_know(d, "", "*.test", "other_ed25519");
	assert_ok(ssh_keys_look_up(&c, &keys, &e), &e);
	assert_err(ssh_trust_replace(&c, &keys.list[0], &e), &e, ERR_REFUSED,
		"known: line 1 is for other hosts too");
}

/* What has a word on stderr isn't tried again, which takes seconds. */
static void no_host_no_keys(void **state)
{
	static const struct {
		const char *proxy, *text;
		enum err_kind kind;
	} rows[] = {
		{ "sh -c 'echo no route to it >&2; exit 1'", "no route to it", ERR_NET },
		{ "echo HTTP/1.0 400 Bad Request", "host hung up", ERR_NET },
		{ "sh -c 'echo - >&2; cat /dev/zero'", "no SSH banner", ERR_NET },
		{ "sh -c 'echo - >&2; echo SSH-1.5-old; sleep 60'",
			"no SSH banner: SSH-1.5-old", ERR_NET },
		{ "sh -c 'echo SSH-2.0-x; echo nonsense; sleep 60'", "doesn't speak SSH",
			ERR_PROTOCOL },
		{ "sh -c 'echo SSH-2.0-x'", "key exchange: the host hung up", ERR_NET },
	};
	const struct sshd *d = sshd_fresh(state);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ssh_keys) struct ssh_keys keys = SSH_KEYS_EMPTY;
		struct ssh_config c = sshd_config(d, SSH_AUTO);
		struct err e = { 0 };

		c.proxy_command = rows[i].proxy;
		assert_err(ssh_keys_ask(&c, &keys, &e), &e, rows[i].kind, rows[i].text);
		assert_int_equal(keys.n, 0);
	}
}

#define PRINT "SHA256:E/L3Pyln9fte8v5EAt8csDv0u2gMhzJHOHHFLgr8T5Q"

static void fingerprints_are_read(void **state)
{
	static const char *const good[] = { PRINT, "  " PRINT "\t\r\n",
		"256 " PRINT " root@vm (ED25519)", "ssh-ed25519 " PRINT };
	static const char *const bad[] = { "", "yes", "SHA256:", "SHA256:abc", PRINT "=",
		PRINT "A", "sha256:E/L3Pyln9fte8v5EAt8csDv0u2gMhzJHOHHFLgr8T5Q",
		"SHA256:E/L3Pyln9fte8v5EAt8csDv0u2gMhzJHOHHFLgr8T5R", PRINT " " PRINT,
		"MD5:00:11", "SHA256:E-L3Pyln9fte8v5EAt8csDv0u2gMhzJHOHHFLgr8T5Q" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(str) char *got = ssh_fingerprint_read(good[i]);

		assert_string_equal(got, PRINT);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(ssh_fingerprint_read(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_types_are_shown),
		cmocka_unit_test(any_key_exchange),
		cmocka_unit_test(states_are_told),
		cmocka_unit_test(added_keys_are_good),
		cmocka_unit_test(files_stay_what_they_are),
		cmocka_unit_test(changed_key_is_replaced),
		cmocka_unit_test(no_host_no_keys),
		cmocka_unit_test(fingerprints_are_read),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
