#include "ssh/private/unlock.h"
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wait.h"
#include "ssh/private/agent.h"
#include "ssh/private/complaint.h"
#include "ssh/private/keyfile.h"
#include "ssh/private/tether.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

enum {
	TRIES = 3, /* of somebody at a terminal */
	AGENT_SECONDS = 10,
	PROOF_SECONDS = 60, /* a key may have been made with any number of rounds (-a) */
};

/* What became of one key and one who knows. Linked, so that what was given out stays where
 * it is. */
struct lock {
	struct lock *next;
	char *path, *source;   /* source "": somebody at a terminal */
	struct buf passphrase; /* empty: nobody said one */
	bool failed;
	struct err why;
};

const char *const usual_locked[] = { "~/.ssh/id_ed25519", "~/.ssh/id_ecdsa",
	"~/.ssh/id_rsa", NULL };

static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER; /* one question at a time */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;  /* around the list */
static struct lock *locks;

static char *path_of(const char *key_file)
{
	return fs_join(".", key_file);
}

/* The one that the options of ssh name. */
static char *agent_of(const struct ssh_config *c)
{
	static const char option[] = "-oIdentityAgent=";

	for (const char *const *o = c->options; o && *o; o++) {
		const char *path = *o + sizeof option - 1;

		if (text_starts(*o, option) && (*path == '/' || *path == '~'))
			return path_of(path);
	}
	return NULL;
}

bool is_locked(const struct ssh_config *c, const char *key_file)
{
	AUTO(str) char *path = path_of(key_file), *agent = agent_of(c);
	struct err ignored;
	const struct keyfile *k = keyfile_get(path, &ignored);

	return k && k->encrypted && !agent_has(&k->blob, agent, deadline_in(AGENT_SECONDS));
}

void unlock_hint(struct buf *out, const char *key_file)
{
	buf_printf(out,
		"ssh-add %s, or say certpush_key_passphrase_file or certpush_key_passphrase_command",
		key_file);
}

/* ---- is it the right one? ---- */

/* What ssh-keygen prints once it has opened a key: its public half. */
static bool opened(const char *log)
{
	static const char *const types[] = { "ssh-", "ecdsa-", "sk-" };

	for (const char *line = log; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < ARRAY_LEN(types); i++)
			if (text_starts(line, types[i]) && strstr(line, " AAAA"))
				return true;
	}
	return false;
}

static bool judge(const char *path, const char *log, bool *wrong, struct err *e)
{
	AUTO(str) char *line = complaint_line(log);

	if (opened(log))
		return true;
	*wrong = strstr(log, "incorrect passphrase") != NULL;
	return err_set(e, ERR_AUTH, "ssh-keygen can't open %s: %s", path,
		*line ? line : "it doesn't say why");
}

/* libssh2 has no way to ask but at a host. *wrong: it is another one. */
static bool prove(const char *path, const char *passphrase, bool *wrong, struct err *e)
{
	AUTO(str) char *by_name = xasprintf("Enter passphrase for \"%s\": ", path);
	const char *const questions[] = { "Enter passphrase: ", by_name, NULL };
	const char *const argv[] = { "ssh-keygen", "-y", "-f", path, NULL };
	const int64_t deadline = deadline_in(PROOF_SECONDS);
	AUTO(tether) struct tether t = TETHER_EMPTY;
	AUTO(buf) struct buf log = BUF_EMPTY;

	*wrong = false;
	if (!child_found("ssh-keygen"))
		return err_set(e, ERR_IO,
			"OpenSSH's ssh-keygen isn't installed, but needed to open it");
	if (!tether_place(&t, &(struct tether_answer){ questions, passphrase }, e) ||
		!tether_start(&t, argv, deadline, e) ||
		!wait_fd(t.pidfd, POLLIN, deadline, e))
		return false;
	tether_log(&t, &log);
	return judge(path, log.data, wrong, e);
}

/* ---- one question ---- */

static bool say_wrong(const struct ssh_config *c, const char *path, struct err *e)
{
	if (c->passphrase.source)
		return err_set(e, ERR_AUTH, "wrong passphrase for %s (%.200s)", path,
			c->passphrase.source);
	return err_set(e, ERR_AUTH, "wrong passphrase for %s, %d times", path, TRIES);
}

/* An empty answer is none, as for ssh: it goes on without the key. */
static bool find_out(const struct ssh_config *c, struct lock *new, struct err *e)
{
	const struct ssh_passphrase *from = &c->passphrase;
	AUTO(str)
	char *question = xasprintf("Enter passphrase for key '%s': ", new->path);
	bool wrong = true;

	for (int i = 0; wrong && i < (from->source ? 1 : TRIES); i++) {
		buf_reset(&new->passphrase);
		if (!from->get(from->ctx, question, &new->passphrase, e))
			return e->kind != ERR_STOPPED && err_wrap(e, "%s", new->path);
		if (new->passphrase.len == 0 ||
			prove(new->path, new->passphrase.data, &wrong, e))
			return true;
	}
	return wrong ? say_wrong(c, new->path, e) : err_wrap(e, "%s", new->path);
}

static void forget(struct lock *l)
{
	buf_clear(&l->passphrase);
	free(l->path);
	free(l->source);
	free(l);
}

/* A stop request is told, and not noted. */
static bool ask(
	const struct ssh_config *c, const char *path, const char *source, struct err *e)
{
	struct lock *new = xcalloc(1, sizeof *new);

	new->path = xstrdup(path);
	new->source = xstrdup(source);
	buf_init(&new->passphrase);
	new->failed = !find_out(c, new, e);
	if (new->failed && e->kind == ERR_STOPPED) {
		forget(new);
		return false;
	}
	if (new->failed) {
		buf_clear(&new->passphrase);
		e->kind = ERR_AUTH; /* no host is to blame, or worth another try */
		new->why = *e;
	}
	pthread_mutex_lock(&guard);
	new->next = locks;
	locks = new;
	pthread_mutex_unlock(&guard);
	return !new->failed;
}

/* ---- what is known ---- */

static const struct lock *find(const char *path, const char *source)
{
	const struct lock *l;

	pthread_mutex_lock(&guard);
	l = locks;
	while (l && !(text_eq(l->path, path) && text_eq(l->source, source)))
		l = l->next;
	pthread_mutex_unlock(&guard);
	return l;
}

static bool once(const struct ssh_config *c, const char *path, struct err *e)
{
	const char *source = c->passphrase.source ? c->passphrase.source : "";
	const struct lock *known;

	if (stop_requested())
		return err_set(e, ERR_STOPPED, "interrupted");
	known = find(path, source);
	if (!known)
		return ask(c, path, source, e);
	if (known->failed)
		*e = known->why;
	return !known->failed;
}

bool unlock(const struct ssh_config *c, const char *key_file, struct err *e)
{
	AUTO(str) char *path = path_of(key_file);
	bool ok;

	if (!c->passphrase.get || !is_locked(c, key_file))
		return true;
	pthread_mutex_lock(&asking);
	ok = once(c, path, e);
	pthread_mutex_unlock(&asking);
	return ok;
}

const char *unlocked(const char *key_file)
{
	AUTO(str) char *path = path_of(key_file);
	const char *passphrase = NULL;

	pthread_mutex_lock(&guard);
	for (const struct lock *l = locks; l && !passphrase; l = l->next)
		if (l->passphrase.len > 0 && text_eq(l->path, path))
			passphrase = l->passphrase.data;
	pthread_mutex_unlock(&guard);
	return passphrase;
}

void unlock_forget(void)
{
	pthread_mutex_lock(&guard);
	while (locks) {
		struct lock *old = locks;

		locks = old->next;
		forget(old);
	}
	pthread_mutex_unlock(&guard);
}
