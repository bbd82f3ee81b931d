/*
 * scripted_peer - a service that plays a script, and rows of such scripts with how the
 * dialogue must end.
 */
#pragma once

#include "base/clock.h"
#include "check.h"
#include "probe/private/dialect.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

/*
 * A script: "S:" lines are sent, "C:" lines are waited for and must come. "S!" and "C!" are
 * without an end of line, "B:" and "R:" the same in hexadecimal. "X" closes, "W" waits
 * until the other side is gone.
 */
struct peer {
	const char *const *script;
	bool slowly; /* one byte in a packet */
	int fd;
	char why[200]; /* what it didn't like */
};

static inline void say(struct peer *p, const char *all, size_t len)
{
	for (size_t i = 0; p->slowly && i < len; i++) {
		if (send(p->fd, all + i, 1, MSG_NOSIGNAL) != 1)
			return;
		sched_yield();
	}
	if (!p->slowly && send(p->fd, all, len, MSG_NOSIGNAL) != (ssize_t)len)
		snprintf(p->why, sizeof p->why, "could not send");
}

static inline void hear(struct peer *p, const char *wanted, size_t len)
{
	char got[400] = "";
	size_t n = 0;

	while (n < len && recv(p->fd, got + n, 1, 0) == 1)
		n++;
	if (n != len || memcmp(got, wanted, len) != 0)
		snprintf(p->why, sizeof p->why, "'%.60s' came, not '%.60s'", got, wanted);
}

/* The bytes that a line of the script is about; their number is returned. */
static inline size_t bytes_of(const char *line, char *to, size_t size)
{
	size_t n = 0;
	unsigned byte;
	int used;

	if (line[0] == 'S' || line[0] == 'C')
		return (size_t)snprintf(
			to, size, "%s%s", line + 2, line[1] == ':' ? "\r\n" : "");
	for (line += 2; sscanf(line, " %2x%n", &byte, &used) == 1; line += used)
		to[n++] = (char)byte;
	return n;
}

static inline void *play(void *arg)
{
	struct peer *p = arg;
	char bytes[12000], c;

	for (const char *const *line = p->script; *line && !*p->why; line++)
		switch ((*line)[0]) {
		case 'S':
		case 'B':
			say(p, bytes, bytes_of(*line, bytes, sizeof bytes));
			break;
		case 'C':
		case 'R':
			hear(p, bytes, bytes_of(*line, bytes, sizeof bytes));
			break;
		case 'X':
			shutdown(p->fd, SHUT_RDWR);
			break;
		case 'W':
			while (recv(p->fd, &c, 1, 0) > 0)
				;
			break;
		default:
			abort();
		}
	return NULL;
}

static inline bool speak_of(
	const char *protocol, const char *name, struct peer *p, int ms, struct err *e)
{
	struct lines l = { .deadline = deadline_in_ms(ms) };
	pthread_t thread;
	int fds[2];
	bool ok;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	l.fd = fds[0];
	p->fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, play, p), 0);
	ok = dialect_speak(dialect_find(protocol), name, &l, e);
	shutdown(fds[0], SHUT_RDWR);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
	return ok;
}

static inline bool speak(const char *protocol, struct peer *p, int ms, struct err *e)
{
	return speak_of(protocol, "mail.example.net", p, ms, e);
}

struct row {
	const char *name, *protocol, *script[20];
	enum err_kind kind; /* ERR_NONE: the handshake may begin */
	const char *says;
};

static inline void try_row(const struct row *r, bool slowly)
{
	struct peer p = { .script = r->script, .slowly = slowly };
	struct err e = { 0 };
	const bool silent = r->kind == ERR_TIMEOUT;
	const bool ok = speak(r->protocol, &p, silent ? 5 : 5000, &e);

	/* the time may be over before a silent one has said all that comes before */
	if (*p.why && !silent)
		fail_msg("%s, %s: %s (%s)", r->protocol, r->name, p.why, e.msg);
	if (ok != (r->kind == ERR_NONE))
		fail_msg("%s, %s: %s", r->protocol, r->name, ok ? "taken" : e.msg);
	if (!ok && (e.kind != r->kind || !strstr(e.msg, r->says)))
		fail_msg("%s, %s: %d, %s", r->protocol, r->name, (int)e.kind, e.msg);
}

/* Nothing depends on how the bytes are cut into packets, but for what is behind them. */
static inline void try_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		try_row(&rows[i], false);
		if (rows[i].kind != ERR_TIMEOUT &&
			!strstr(rows[i].says ? rows[i].says : "", "in the clear"))
			try_row(&rows[i], true);
	}
}
