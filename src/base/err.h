/*
 * err - one failure: what kind it is, where in a file, and what a person reads.
 *
 * Owns no memory. Filled at the deepest frame that knows what went wrong, given a
 * name ("linode: ", "certs/www: ") where one is known, told once, by cli.
 */
#pragma once

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,    /* the command line */
	ERR_CONFIG,   /* settings, inventory, playbooks, domains.txt */
	ERR_IO,       /* this machine's files and programs */
	ERR_NET,      /* no connection, or it broke, or the server is in trouble */
	ERR_TIMEOUT,  /* a deadline passed */
	ERR_AUTH,     /* host key, login or sudo refused */
	ERR_PROTOCOL, /* the peer said what it may not say */
	ERR_TLS,      /* handshakes, certificates, keys */
	ERR_REMOTE,   /* a command on a host failed */
	ERR_ACME,     /* the CA refused */
	ERR_DNS,      /* the name servers refused, or don't show a record */
	ERR_HOOK,     /* the user's own hook failed */
	ERR_REFUSED,  /* certpush itself refuses: it would do harm */
	ERR_LOCKED,   /* another run holds the lock */
	ERR_STOPPED,  /* SIGINT or SIGTERM */
};

/* A place in a file the user wrote. file is not owned; line 0 means there is none. */
struct pos {
	const char *file;
	int line; /* from 1 */
	int col;  /* from 1 */
};
bool pos_eq(const struct pos *a, const struct pos *b);

struct err {
	enum err_kind kind;
	struct pos pos;
	time_t not_before; /* the peer wants no other try before then; 0: it didn't say */
	char msg[480];
};

/* Each returns false, so that a failing function can `return err_set(...)`. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4);
bool err_at(struct err *e, struct pos pos, const char *fmt, ...)
	PRINTF(3, 4);                                           /* ERR_CONFIG */
bool err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3); /* + errno, as ERR_IO */

/* Put "doing this: " before the cause; all else stays. Returns false. */
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Up to 20 errors of one file, so that it is mended once. */
struct errs {
	struct err list[20];
	int n;
	int dropped; /* how many more there were */
};

/* The slot for the next error; when full, a scratch slot, counted in `dropped`. */
struct err *errs_next(struct errs *all);
