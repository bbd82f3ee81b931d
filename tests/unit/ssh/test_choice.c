/*
 * Which of the two carries, and why; in front of a real sshd. The first rows are what
 * libssh2 before 1.11 can't do.
 */
#include "sshd.h"

static const char *const no_options[] = { NULL };
static const char *const alias[] = { "-oHostKeyAlias=alias", NULL };

static const struct row {
	const char *name;
	const char *sshd;                /* its settings */
	const char *key;                 /* the user's */
	const char *marker, *host, *pub; /* the line in known_hosts */
	const char *const *options;
	const char *carrier; /* and why */
	bool old_only;       /* with libssh2 1.11 it would be that */
} rows[] = {
	{ "RSA user key", SSHD_USUAL, "user_rsa", "", SSHD_HOST, "host_ed25519", no_options,
		"OpenSSH, as the key /%/user_rsa is RSA", true },
	{ "RSA host key", "HostKey host_rsa\n", "user_ed25519", "", SSHD_HOST, "host_rsa",
		no_options, "OpenSSH, as no algorithm in common with SSH-2.0-OpenSSH",
		true },
	{ "only -etm",
		SSHD_USUAL "Ciphers aes256-ctr\nMACs hmac-sha2-256-etm@openssh.com\n",
		"user_ed25519", "", SSHD_HOST, "host_ed25519", no_options,
		"OpenSSH, as no algorithm in common", true },
	{ "only AEAD", SSHD_USUAL "Ciphers aes256-gcm@openssh.com\n", "user_ed25519", "",
		SSHD_HOST, "host_ed25519", no_options, "OpenSSH, as no algorithm in common",
		true },
	{ "user certificate",
		"HostKey host_ed25519\nTrustedUserCAKeys ca_ed25519.pub\n"
		"AuthorizedKeysFile none\n",
		"with_cert", "", SSHD_HOST, "host_ed25519", no_options,
		"OpenSSH, as the key /%/with_cert has a certificate", false },
	{ "host certificate", SSHD_USUAL "HostCertificate host_ed25519-cert.pub\n",
		"user_ed25519", "@cert-authority ", "*.test", "ca_ed25519", no_options,
		"OpenSSH, as known_hosts has a @cert-authority for it", false },
	{ "alias", SSHD_USUAL, "user_ed25519", "", "alias", "host_ed25519", alias,
		"OpenSSH, as the inventory says -oHostKeyAlias=alias", false },
	{ "nothing of that", SSHD_USUAL, "user_ed25519", "", SSHD_HOST, "host_ed25519",
		no_options, "libssh2 ", false },
};

/* A user's key with a certificate, and a host's. */
static void certify(const struct sshd *d)
{
	static const char script[] =
		"cp user_ed25519 with_cert; cp user_ed25519.pub with_cert.pub\n"
		"ssh-keygen -q -s ca_ed25519 -I user -n \"$1\" with_cert.pub\n"
		"ssh-keygen -q -s ca_ed25519 -I host -h -n " SSHD_HOST
		" host_ed25519.pub\n";

	sshd_run(d, (const char *const[]){ "sh", "-ec", script, "sh", d->user, NULL });
}

static void arrange(struct sshd *d, const struct row *r)
{
	sshd_set(d, r->sshd);
	sshd_know(d, r->marker, r->host, r->pub);
	free(d->key);
	d->key = sshd_path(d, r->key);
}

/* What stands before "/%" and after it, with any directory between. */
static bool tells(const char *text, const char *pattern)
{
	const char *gap = strstr(pattern, "/%");
	size_t len = gap ? (size_t)(gap - pattern) : strlen(pattern);

	return strncmp(text, pattern, len) == 0 && (!gap || strstr(text, gap + 2));
}

static void chosen(void **state)
{
	struct sshd *d = sshd_fresh(state);
	bool old = !libssh2_version(0x010b00);

	certify(d);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct ssh_config c;
		AUTO(ssh) struct ssh *s = NULL;
		AUTO(ssh_result) struct ssh_result result = SSH_RESULT_EMPTY;
		struct err e = { 0 };

		arrange(d, r);
		c = sshd_config(d, SSH_AUTO);
		c.options = r->options;
		s = ssh_open(&c, &e);
		if (!s)
			fail_msg("%s: %s", r->name, e.msg);
		assert_ok(ssh_exec(s, "exit 3", "", 0, NULL, &result, deadline_in(60), &e),
			&e);
		assert_int_equal(result.status, 3);
		if ((old || !r->old_only) && !tells(ssh_carried_by(s), r->carrier))
			fail_msg("%s: carried by %s", r->name, ssh_carried_by(s));
		ssh_close(TAKE(s));
		/* by OpenSSH alone it goes as well */
		c.carrier = SSH_OPENSSH;
		s = ssh_open(&c, &e);
		if (!s)
			fail_msg("%s by OpenSSH: %s", r->name, e.msg);
		assert_string_equal(ssh_carried_by(s), "OpenSSH");
	}
}

/* What libssh2 can't is an error that says so where it alone may carry. */
static void libssh2_alone(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct ssh_config c;
	struct err e = { 0 };

	if (libssh2_version(0x010b00))
		skip();
	arrange(d, &rows[0]);
	c = sshd_config(d, SSH_LIBSSH2);
	assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "can't use RSA keys");
	arrange(d, &rows[1]);
	c = sshd_config(d, SSH_LIBSSH2);
	assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "no algorithm in common");
}

/* What libssh2 could ask about properly isn't asked about twice. */
static void never_asked_twice(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct ssh_config c;
	struct err e = { 0 };

	sshd_know(d, "", SSHD_HOST, "other_ed25519");
	c = sshd_config(d, SSH_AUTO);
	assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "has changed");
	assert_int_equal(sshd_started(d), 1);

	d = sshd_fresh(state);
	free(d->key);
	d->key = sshd_path(d, "other_ed25519");
	c = sshd_config(d, SSH_AUTO);
	assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "refused: tried ");
	assert_int_equal(sshd_started(d), 1);
}

/* A certificate of another CA, and a key of that name that isn't known. */
static void host_certificate_refused(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct ssh_config c;
	struct err e = { 0 };

	certify(d);
	sshd_set(d, SSHD_USUAL "HostCertificate host_ed25519-cert.pub\n");
	sshd_know(d, "@cert-authority ", SSHD_HOST, "other_ed25519");
	c = sshd_config(d, SSH_AUTO);
	assert_err(ssh_open(&c, &e), &e, ERR_AUTH, "isn't known: ssh-ed25519 SHA256:");
	assert_non_null(strstr(e.msg, "by no @cert-authority either"));
}

/* A file of options counts, but for what would weaken the check or run something. */
static void config_file(void **state)
{
	struct sshd *d = sshd_fresh(state);
	AUTO(str)
	char *text = xasprintf("HostKeyAlias alias\nStrictHostKeyChecking no\n"
			       "UserKnownHostsFile /dev/null\nUser nobody\n"
			       "PermitLocalCommand yes\nLocalCommand touch %s/run\n"
			       "RemoteCommand touch %s/run\nProxyCommand false\n"
			       "ControlMaster no\nControlPath none\n",
		d->dir, d->dir);
	AUTO(str) char *option = xasprintf("-F%s/config", d->dir);
	AUTO(str) char *run = sshd_path(d, "run");
	const char *const options[] = { option, NULL };
	struct ssh_config c;
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = NULL;

	sshd_write(d, "config", text);
	c = sshd_config(d, SSH_AUTO);
	c.options = options;
	assert_err(ssh_open(&c, &e), &e, ERR_AUTH,
		"OpenSSH looks for another name (HostKeyAlias): ssh-ed25519");
	sshd_know(d, "", "alias", "host_ed25519");
	s = ssh_open(&c, &e);
	assert_ok(s != NULL, &e);
	assert_false(fs_exists(run));
}

/* What ssh would take for a token, or for two words. */
static void odd_names(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct ssh_config c;
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = NULL;
	AUTO(str) char *known = sshd_path(d, "known %h hosts");

	sshd_run(d, (const char *const[]){ "cp", "known", known, NULL });
	sshd_run(d, (const char *const[]){ "cp", "user_ed25519", "a %u key", NULL });
	free(d->key);
	d->key = sshd_path(d, "a %u key");
	c = sshd_config(d, SSH_OPENSSH);
	c.known_hosts = known;
	s = ssh_open(&c, &e);
	assert_ok(s != NULL, &e);
}

static void no_ssh_installed(void **state)
{
	struct sshd *d = sshd_fresh(state);
	struct ssh_config c;
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = NULL;

	setenv("PATH", "/nowhere", 1);
	c = sshd_config(d, SSH_OPENSSH);
	assert_err(ssh_open(&c, &e), &e, ERR_IO,
		"ssh, isn't installed, but needed: the inventory says so");
	c.carrier = SSH_AUTO;
	c.options = alias;
	assert_err(ssh_open(&c, &e), &e, ERR_IO,
		"ssh, isn't installed, but needed: the inventory says -oHostKeyAlias");
	assert_int_equal(sshd_started(d), 0);
	/* and is missed by nobody who doesn't need it */
	c = sshd_config(d, SSH_AUTO);
	setenv("PATH", "/usr/bin:/bin", 1);
	s = ssh_open(&c, &e);
	assert_ok(s != NULL, &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chosen),
		cmocka_unit_test(libssh2_alone),
		cmocka_unit_test(never_asked_twice),
		cmocka_unit_test(host_certificate_refused),
		cmocka_unit_test(config_file),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(no_ssh_installed),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
