/*
 * mux - a command, or a connection, over the control socket of an ssh that is logged in
 * already: version 4 of OpenSSH's PROTOCOL.mux.
 *
 * One more ssh for each command would do the same, but makes one status, 255, of a broken
 * connection, of a signal and of a command that ended with 255; and where it isn't let in
 * it dials the host anew by itself.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct mux {
	int fd; /* closing it ends what was begun */
	struct buf in;
	bool greeted, opened, alive, refused; /* the answers that came */
	bool exited;                          /* with `status` */
	bool ended;                           /* closed by the other side */
	int status;
};
#define MUX_EMPTY                                                                          \
	{                                                                                  \
		.fd = -1, .in = BUF_EMPTY                                                  \
	}
void mux_end(struct mux *m);
DEFINE_AUTO_VALUE(struct mux, mux, mux_end)

/*
 * Begin a command, or a subsystem. The descriptors become its standard ones; the caller
 * closes its own. ERR_REMOTE: the host has no channel for it; ERR_NET: that ssh is gone.
 */
bool mux_begin(struct mux *m, const char *path, bool subsystem, const char *what,
	const int fds[3], int64_t deadline, struct err *e) NODISCARD;

/* Begin a connection from the host to host:port, as the host sees them; `fd`, a socket,
 * becomes its other end, and the caller closes its own. Errors as of mux_begin. */
bool mux_forward(struct mux *m, const char *path, const char *host, int port, int fd,
	int64_t deadline, struct err *e) NODISCARD;

/* Once m->fd is readable: take what came, which sets exited and ended. */
bool mux_hear(struct mux *m, struct err *e) NODISCARD;

/* Whether that ssh still has its connection: one that lost it ends, and doesn't answer. */
bool mux_alive(const char *path, int64_t deadline, struct err *e) NODISCARD;
