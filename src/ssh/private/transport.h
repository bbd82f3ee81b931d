/*
 * transport - what carries a session: libssh2 in this process, or OpenSSH's ssh in one of
 * its own. All that is told to a user of ssh.h about calls and errors holds for both.
 */
#pragma once

#include "ssh/private/known_hosts.h"
#include "ssh/ssh.h"

struct master;

/* Why none was opened, as far as another try may do better. */
struct refusal {
	bool again;  /* closed before a word was said, as sshd's MaxStartups does */
	bool beyond; /* for a reason that isn't the host's or the user's: another transport
		      */
	bool login;  /* no key was let in: others */
};

struct transport {
	/* NULL with *e and *why. */
	void *(*open)(const struct ssh_config *c, const struct known_hosts *k,
		int64_t deadline, struct refusal *why, struct err *e);
	void (*close)(void *t);
	const char *(*host_key)(const void *t);

	/* False with *e set if it can't be used any more, or a stop is requested. */
	bool (*usable)(const void *t, struct err *e);
	/* As ssh_talk. ERR_REMOTE: the host refused, and nothing was begun. */
	bool (*exec)(void *t, const char *command, const struct input *in,
		struct ssh_result *r, int64_t deadline, struct err *e);
	/* Is a command running that has answered? */
	bool (*goes_on)(const void *t);

	/* The SFTP subsystem, one at a time. */
	bool (*sftp_open)(void *t, int64_t deadline, struct err *e);
	bool (*sftp_move)(void *t, const struct buf *out, size_t *sent, struct buf *in,
		int64_t deadline, struct err *e); /* as sftp_pipe has it */
	bool (*sftp_close)(void *t, int64_t deadline, struct err *e);

	/* What can make connections from the host, by any thread; NULL: nothing. */
	const struct master *(*master)(const void *t);
};

extern const struct transport transport_libssh2, transport_openssh;

enum { SSH_MAX_OUTPUT = 256 << 10 }; /* of what a command prints, each stream */

/* What a command printed ends in `last`, which may be NULL. */
bool ssh_answered(const struct ssh_result *r, const char *last);
/* False, with ERR_PROTOCOL, once there is no room for `last` any more. */
bool ssh_may_answer(const struct ssh_result *r, const char *last, struct err *e) NODISCARD;

struct ssh {
	const struct transport *by;
	void *t;
	struct sftp *sftp; /* kept open between ssh_put and ssh_remove */
	bool lacks_sftp;
	char *carrier;
};
