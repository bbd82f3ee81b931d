/*
 * tether - a program of OpenSSH's with a directory of its own that nobody else can enter.
 *
 * Both end with us, however we end: a child of it waits for the end of a pipe that we hold.
 * Where it asks for a passphrase, a script in the directory hands that over, from a FIFO:
 * it is in no argument, environment or file.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct tether {
	char dir[64]; /* "" if it isn't made yet */
	pid_t pid;    /* and its group */
	int pidfd;    /* tells that it has ended */
	int line;     /* it ends when this is closed */
	int log;      /* a file with what it printed, on either stream */
	int fifo;     /* -1: nothing is answered */
	const char *answer;
};
/* A file that may be put into the directory, and goes with it. */
#define TETHER_KNOWN_HOSTS "known_hosts"
#define TETHER_EMPTY                                                                       \
	{                                                                                  \
		.pidfd = -1, .line = -1, .log = -1, .fifo = -1                             \
	}

/* What it may ask, word for word, NULL-terminated, and the answer, which isn't owned and
 * must stay until tether_end. */
struct tether_answer {
	const char *const *questions;
	const char *text;
};

/* The directory first. a NULL: it asks nothing. */
bool tether_place(struct tether *t, const struct tether_answer *a, struct err *e) NODISCARD;
bool tether_start(struct tether *t, const char *const *argv, int64_t deadline,
	struct err *e) NODISCARD;

/* An answer waits for whoever asks next: to be called now and then. */
void tether_feed(struct tether *t);

/* It asks no more: what wasn't taken is forgotten. */
void tether_answered(struct tether *t);

/* What it printed so far; or since it had printed `from` bytes. */
void tether_log(const struct tether *t, struct buf *out);
void tether_log_since(const struct tether *t, off_t from, struct buf *out);
off_t tether_printed(const struct tether *t);

void tether_end(struct tether *t);
DEFINE_AUTO_VALUE(struct tether, tether, tether_end)
