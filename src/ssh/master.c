#include "ssh/private/master.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/wait.h"
#include "ssh/private/complaint.h"
#include "ssh/private/known_edit.h"
#include "ssh/private/openssh_args.h"
#include "ssh/private/unlock.h"
#include "ssh/private/vouch.h"

#include <poll.h>
#include <stdio.h>

/* ssh binds SOCKET.0123456789abcdef before it renames that: 108 bytes are the most. */
enum { LOOK_MS = 10 };

static bool place(
	struct master *m, const struct ssh_config *c, const char *passphrase, struct err *e)
{
	AUTO(str) char *path = c->key_file ? fs_join(".", c->key_file) : NULL;
	AUTO(str)
	char *question = xasprintf("Enter passphrase for key '%.100s': ", path ? path : "");
	const char *const questions[] = { question, NULL };
	const struct tether_answer answer = { questions, passphrase };

	if (!tether_place(&m->tether, passphrase ? &answer : NULL, e))
		return false;
	snprintf(m->socket, sizeof m->socket, "%s/s", m->tether.dir);
	return true;
}

/* They are this one connection's: its only host is meant, whatever ssh calls it. */
static bool write_vouched(
	const struct master *m, const struct known_hosts *k, char **path, struct err *e)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < k->n; i++)
		if (k->keys[i].vouched)
			known_edit_add(
				&text, "*", k->keys[i].type, &k->keys[i].blob, false);
	if (text.len == 0)
		return true;
	*path = xasprintf("%s/" TETHER_KNOWN_HOSTS, m->tether.dir);
	return fs_write(*path, text.data, text.len, 0600, e);
}

static bool start(struct master *m, const struct ssh_config *c, const struct known_hosts *k,
	int64_t deadline, struct err *e)
{
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words w = { .arena = arena };
	AUTO(str) char *vouched = NULL;
	const char *passphrase = c->key_file ? unlocked(c->key_file) : NULL;

	return place(m, c, passphrase, e) && write_vouched(m, k, &vouched, e) &&
		openssh_args(c, m->socket, vouched, passphrase != NULL, &w, e) &&
		tether_start(&m->tether, words_end(&w), deadline, e);
}

/* ssh makes the socket once it is logged in. *ended: it has given up. */
static bool ready(struct master *m, int64_t deadline, bool *ended, struct err *e)
{
	while (access(m->socket, F_OK) != 0) {
		int64_t look = deadline_first(deadline, deadline_in_ms(LOOK_MS));

		*ended = wait_fd(m->tether.pidfd, POLLIN, look, e);
		if (*ended)
			return false;
		if (e->kind != ERR_TIMEOUT || deadline_left(deadline) == 0)
			return err_wrap(e, "login by OpenSSH");
		tether_feed(&m->tether);
	}
	return true;
}

static char *shown_key(const struct known_hosts *k, const char *log)
{
	char *key = complaint_host_key(log);

	return key && vouch_any(k) ? vouch_tell(key) : key;
}

struct master *master_open(const struct ssh_config *c, const struct known_hosts *k,
	int64_t deadline, struct refusal *why, struct err *e)
{
	AUTO(master) struct master *m = xcalloc(1, sizeof *m);
	AUTO(buf) struct buf log = BUF_EMPTY;
	bool ended = false;

	*why = (struct refusal){ 0 };
	m->tether = (struct tether)TETHER_EMPTY;
	if (!start(m, c, k, deadline, e))
		return NULL;
	if (ready(m, deadline, &ended, e)) {
		tether_answered(&m->tether);
		tether_log(&m->tether, &log);
		m->host_key = shown_key(k, log.data);
		return TAKE(m);
	}
	if (ended) {
		tether_log(&m->tether, &log);
		why->again = complaint_too_early(log.data);
		why->login = complaint_of_login(log.data);
		complaint_err(c, k, log.data, e);
	}
	return NULL;
}

void master_close(struct master *m)
{
	if (!m)
		return;
	tether_end(&m->tether);
	free(m->host_key);
	free(m);
}
