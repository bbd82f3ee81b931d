/*
 * session - a libssh2 session that never blocks, and the one wait that all its calls share.
 *
 * libssh2 remembers a packet that the socket took only half of, and then fails whatever
 * other call comes next. So it never learns of a full socket here: what it sends goes into
 * `out`, which is flushed before every receive and every wait.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "ssh/private/dial.h"

#include <libssh2.h>
#include <stdint.h>
#include <sys/types.h>

struct session {
	LIBSSH2_SESSION *session;
	int fd;
	pid_t proxy;   /* 0: a TCP connection */
	int proxy_err; /* a file that holds what it printed on stderr; -1 without a proxy */
	int64_t deadline; /* of the login: the key agent is waited for as long */
	struct buf out;
	size_t out_sent;   /* so much of `out` is with the kernel */
	int out_errno;     /* why sending failed, 0 if it didn't */
	bool arrived;      /* bytes have come in since the last session_pause */
	bool ended;        /* the server closed the connection */
	char farewell[80]; /* its reason, if it gave one */
	bool lost;         /* given up in the middle: only good for closing */
	char *host_key;
	LIBSSH2_CHANNEL *command;   /* it has answered, and goes on running */
	LIBSSH2_CHANNEL *subsystem; /* SFTP, once it is asked for */
};

/* A session over what dial made, which it owns from then on. No handshake yet. */
struct session *session_new(const struct dialed *d, int64_t deadline) NODISCARD;
void session_free(struct session *s);
DEFINE_AUTO(struct session, session, session_free)

/* More than fits one send: hold further writes back until a wait. */
bool session_full(const struct session *s);

/* After LIBSSH2_ERROR_EAGAIN: until something arrived or could be sent. */
bool session_wait(struct session *s, int64_t deadline, struct err *e) NODISCARD;

/*
 * Between two turns of a loop: wait, unless something moved in the last turn, or arrived: a
 * read of one stream, and a write too, may have taken the other stream's bytes off the
 * socket. A deadline or a stop request is seen even if the host never pauses.
 */
bool session_pause(struct session *s, bool moved, int64_t deadline, struct err *e)
	NODISCARD;

/* False with *e set if the session can't be used any more, or a stop is requested. */
bool session_usable(const struct session *s, struct err *e) NODISCARD;

/*
 * What libssh2 says of its last failure, after `doing`: ERR_NET if the connection is gone,
 * ERR_PROTOCOL else. Returns false.
 */
bool session_err(struct session *s, int rc, const char *doing, struct err *e);

/* The connection is gone, and not just this request refused. */
bool session_broke(const struct session *s, int rc);

/* Repeat a libssh2 call until it is more than EAGAIN; false if the wait failed. */
#define SESSION_CALL(s, rc, call, deadline, e)                                             \
	__extension__({                                                                    \
		bool waited_ = true;                                                       \
		while (((rc) = (call)) == LIBSSH2_ERROR_EAGAIN && waited_)                 \
			waited_ = session_wait((s), (deadline), (e));                      \
		waited_;                                                                   \
	})
