/*
 * sshd - a real sshd for one connection: it is the session's proxy command, so there is no
 * port, and nothing to end. Its host, its keys and what it logs are in a scratch directory.
 */
#pragma once

#include "check.h"
#include "ssh/ssh.h"

#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"

#include <libssh2.h>
#include <pwd.h>

#define SSHD_HOST "host.test"

static const char *const sshd_keys[] = { "host_ed25519", "host_rsa", "user_ed25519",
	"user_rsa", "other_ed25519", "ca_ed25519" };

struct sshd {
	char dir[64];
	char user[64];
	char *proxy; /* argv of a sshd with the settings of the last sshd_set */
	char *known_hosts, *key;
};

static inline char *sshd_path(const struct sshd *d, const char *name)
{
	return xasprintf("%s/%s", d->dir, name);
}

static inline void sshd_write(const struct sshd *d, const char *name, const char *text)
{
	AUTO(str) char *path = sshd_path(d, name);
	struct err e = { 0 };

	assert_ok(fs_write(path, text, strlen(text), 0600, &e), &e);
}

static inline char *sshd_read(const struct sshd *d, const char *name)
{
	AUTO(str) char *path = sshd_path(d, name);
	struct buf b = BUF_EMPTY;
	struct err e = { 0 };

	assert_ok(fs_read(path, 1 << 20, &b, &e), &e);
	return buf_take(&b);
}

/* Each word in turn, up to a NULL; runs in the scratch directory. */
static inline void sshd_run(const struct sshd *d, const char *const *argv)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	struct err e = { 0 };

	assert_ok(child_run(&(struct child_spec){ .argv = argv,
				    .dir = d->dir,
				    .deadline = deadline_in(60) },
			  &r, &e),
		&e);
	if (r.status != 0)
		fail_msg("%s %s: %s", argv[0], argv[1], r.err.data);
}

static inline void sshd_keygen(const struct sshd *d, const char *name, const char *phrase)
{
	const char *type = strstr(name, "rsa") ? "rsa" : "ed25519";

	/* -b is the least that sshd takes of RSA; of ed25519 it means nothing */
	sshd_run(d,
		(const char *const[]){ "ssh-keygen", "-q", "-t", type, "-b", "2048", "-N",
			phrase, "-f", name, NULL });
}

/* Lines of sshd_config, before those that every one here needs; and no known_hosts. */
static inline void sshd_set(struct sshd *d, const char *lines)
{
	/* The first word counts. HOME: no start-up files of whoever runs the tests. */
	AUTO(str)
	char *text = xasprintf("%sAuthorizedKeysFile %s/authorized\n"
			       "PidFile none\nStrictModes no\nUsePAM no\n"
			       "PermitRootLogin yes\nSetEnv HOME=%s\n"
			       "KexAlgorithms curve25519-sha256\n",
		lines, d->dir, d->dir);

	sshd_write(d, "sshd_config", text);
	sshd_write(d, "started", "");
	sshd_write(d, "known", "");
	free(d->key);
	d->key = sshd_path(d, "user_ed25519");
}

#define SSHD_USUAL "HostKey host_ed25519\nSubsystem sftp internal-sftp\n"

/* The host's line in known_hosts, with a marker or "". */
static inline void sshd_know(
	const struct sshd *d, const char *marker, const char *host, const char *key)
{
	AUTO(str) char *pub = xasprintf("%s.pub", key);
	AUTO(str) char *text = sshd_read(d, pub);
	AUTO(str) char *line = xasprintf("%s%s %s", marker, host, text);

	sshd_write(d, "known", line);
}

/* How often it was dialled since sshd_set. */
static inline size_t sshd_started(const struct sshd *d)
{
	AUTO(str) char *text = sshd_read(d, "started");

	return strlen(text);
}

static inline struct ssh_config sshd_config(const struct sshd *d, enum ssh_carrier carrier)
{
	return (struct ssh_config){ .name = "host",
		.address = SSHD_HOST,
		.port = 22,
		.user = d->user,
		.key_file = d->key,
		.known_hosts = d->known_hosts,
		.proxy_command = d->proxy,
		.timeout = 60,
		.carrier = carrier };
}

static inline bool sshd_installed(void)
{
	return access("/usr/sbin/sshd", X_OK) == 0 && child_found("ssh") &&
		child_found("ssh-keygen");
}

static inline int sshd_setup(void **state)
{
	struct sshd *d = xcalloc(1, sizeof *d);
	const struct passwd *me = getpwuid(geteuid());
	void *dir = NULL;
	char *text;

	if (!me || scratch_setup(&dir) != 0)
		return -1;
	snprintf(d->dir, sizeof d->dir, "%s", (char *)dir);
	free(dir);
	snprintf(d->user, sizeof d->user, "%s", me->pw_name);
	*state = d;
	if (!sshd_installed())
		return 0;
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	for (size_t i = 0; i < ARRAY_LEN(sshd_keys); i++)
		sshd_keygen(d, sshd_keys[i], "");
	text = xasprintf(
		"cd %s; printf x >>started; exec /usr/sbin/sshd -i -f sshd_config -E log",
		d->dir);
	d->proxy = xasprintf("/bin/sh -c '%s'", text);
	free(text);
	d->known_hosts = sshd_path(d, "known");
	sshd_run(d,
		(const char *const[]){ "sh", "-c",
			"cat user_ed25519.pub user_rsa.pub >authorized", NULL });
	setenv("XDG_RUNTIME_DIR", d->dir, 1);
	unsetenv("SSH_AUTH_SOCK");
	sshd_set(d, SSHD_USUAL);
	ssh_init();
	return 0;
}

static inline int sshd_teardown(void **state)
{
	struct sshd *d = *state;
	void *dir = xstrdup(d->dir);

	free(d->proxy);
	free(d->known_hosts);
	free(d->key);
	free(d);
	return scratch_teardown(&dir);
}

/* Before all else in a test: a fresh sshd, whose key is known. */
static inline struct sshd *sshd_fresh(void **state)
{
	struct sshd *d = *state;

	if (!sshd_installed())
		skip();
	sshd_set(d, SSHD_USUAL);
	sshd_know(d, "", SSHD_HOST, "host_ed25519");
	return d;
}
