/*
 * ssh - one session with one host: log in, run commands, put files.
 *
 * A session belongs to one thread. Host keys are always checked. Every call has a deadline
 * and sees a stop request.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/input.h"

#include <stdint.h>

/* Once, before the first thread. */
void ssh_init(void);

/* What carries the session. */
enum ssh_carrier {
	SSH_AUTO, /* libssh2, or OpenSSH for what libssh2 can't */
	SSH_LIBSSH2,
	SSH_OPENSSH,
};

/*
 * Who else can speak for a key of a host of which known_hosts knows nothing. Asked by
 * several threads. False with the reason.
 */
struct ssh_vouch {
	bool (*vouches)(const void *ctx, const char *address, const void *key, size_t len,
		struct err *e);
	const void *ctx;
};

/*
 * Who knows the passphrase of a key file that no agent has. Called by one thread at a time,
 * once for each key file and source, or up to three times if there is no source.
 */
struct ssh_passphrase {
	const char *source; /* what messages call it, "/etc/certpush/key.pass"; NULL:
			       somebody who is asked, and may mistype it */
	/* One line into `out`, empty if there is none; false with *e. NULL: nobody knows.
	 */
	bool (*get)(void *ctx, const char *question, struct buf *out, struct err *e);
	void *ctx;
};

/* Texts are not owned. */
struct ssh_config {
	const char *name;    /* what messages call it: the inventory's name */
	const char *address; /* host name or address */
	int port;
	const char *user;
	const char *key_file; /* NULL: the agent, then ~/.ssh/id_ed25519, id_ecdsa; these
				 and id_rsa with a passphrase if nothing else was let in */
	struct ssh_passphrase passphrase;
	const char
		*known_hosts; /* NULL: ~/.ssh/known_hosts, then /etc/ssh/ssh_known_hosts */
	const char *
		proxy_command; /* argv as text; NULL: a TCP connection, or with OpenSSH what
				  ~/.ssh/config says */
	const char *const
		*through; /* the jump hosts on the way, or a proxy's command: what other
			     sessions may go through too; NULL-terminated, NULL: none */
	int timeout;      /* seconds for connect and login */
	const struct ssh_vouch *vouch; /* NULL: nobody */
	enum ssh_carrier carrier;
	bool tunnels; /* ssh_line is wanted: by OpenSSH then, whatever carrier says */
	const char *const
		*options; /* words for OpenSSH ("-oHostKeyAlias=mail") that
			       libssh2 can't honour; NULL-terminated, NULL: none */
};

struct ssh; /* opaque */

/*
 * ERR_NET: no connection; ERR_AUTH: host key or login refused, or no algorithm in common
 * (the message says how to mend it); ERR_TIMEOUT; ERR_STOPPED; ERR_IO: no ssh is installed,
 * and libssh2 won't do. Messages don't begin with c->name.
 */
struct ssh *ssh_open(const struct ssh_config *c, struct err *e) NODISCARD;
void ssh_close(struct ssh *s);
DEFINE_AUTO(struct ssh, ssh, ssh_close)

struct ssh_result {
	struct buf out,
		err; /* what it printed; each at most 256 KiB, the rest is dropped */
	int status;  /* exit status; 128 + n for signal n (OpenSSH doesn't tell which: 128);
			-1 if the session broke, or the command goes on. libssh2 makes 0 of
			a channel that closes without a status, so a script should end in a
			line that says it got there */
};
#define SSH_RESULT_EMPTY                                                                   \
	{                                                                                  \
		BUF_EMPTY, BUF_EMPTY, 0                                                    \
	}
void ssh_result_clear(struct ssh_result *r);
DEFINE_AUTO_VALUE(struct ssh_result, ssh_result, ssh_result_clear)

/*
 * Run a command line (the login shell parses it), and put this into its standard input,
 * which stays open. What it printed is an answer once it ends in `last`: then the command
 * goes on running, and the next call gives its input to that one, whatever `command` says:
 * one round trip, where beginning it takes two more. last NULL: run it to its end.
 *
 * False only if the session broke, the deadline passed, or what it printed was too much for
 * an answer: the command's own failure is in r->status. The command has ended once nobody
 * holds its output any more: what it leaves running must have its output elsewhere.
 *
 * After ERR_NET, ERR_TIMEOUT, ERR_PROTOCOL or ERR_STOPPED from a call that had begun, the
 * session is only good for ssh_close; after ERR_REMOTE it goes on.
 */
bool ssh_exec(struct ssh *s, const char *command, const void *input, size_t len,
	const char *last, struct ssh_result *r, int64_t deadline, struct err *e) NODISCARD;

/* The same with input that answers what the command prints; `last` is in it. */
bool ssh_talk(struct ssh *s, const char *command, const struct input *in,
	struct ssh_result *r, int64_t deadline, struct err *e) NODISCARD;

/* Is there a command that has answered, and takes the next input? */
bool ssh_goes_on(const struct ssh *s);

/* A file to put. Its content may be a key. */
struct ssh_file {
	const char *name; /* in the directory */
	const void *data;
	size_t len;
};

/*
 * Over SFTP: make `dir` (relative to the login's home, or absolute) 0700, removing an old
 * one of that name and its files first, and write the files into it, 0600 from the open,
 * exclusively. *path gets dir's absolute path (malloc'ed). ERR_REMOTE says what the
 * host refused ("No space left on device" comes as SFTP's failure).
 */
bool ssh_put(struct ssh *s, const char *dir, const struct ssh_file *files, size_t n,
	char **path, int64_t deadline, struct err *e) NODISCARD;

/* After ssh_put has failed: for want of an SFTP server there, or of a channel to it. */
bool ssh_lacks_sftp(const struct ssh *s);

/* Over SFTP: remove the directory that ssh_put made, and the files in it. What is missing
 * is no error. */
bool ssh_remove(struct ssh *s, const char *dir, int64_t deadline, struct err *e) NODISCARD;

/* ---- files in their place, over SFTP alone: for a login that can run no command ---- */

/* Paths are absolute. What lies beside a file while it isn't proved is what
 * push/transact.sh leaves there, by the same names. */

enum ssh_state { SSH_MISSING, SSH_REGULAR, SSH_SYMLINK, SSH_OTHER };

struct ssh_seen {
	enum ssh_state state;
	unsigned mode;
	uint32_t uid, gid;
	bool owed;          /* a push put it there, and nothing has proved it yet */
	struct buf content; /* of a regular file; may be a key */
};

/* One for each path; their contents are to be cleared, also if it failed. */
bool ssh_look(struct ssh *s, const char *const *paths, size_t n, struct ssh_seen *seen,
	int64_t deadline, struct err *e) NODISCARD;

struct ssh_placing {
	const char *path;
	const void *data;
	size_t len;
	unsigned mode;
	bool owned; /* uid and gid are to be its owner's, if the login may say so */
	uint32_t uid, gid;
};

/*
 * Put all of them in place, each by one rename where the server can replace, and keep what
 * was last proved. *swapped: it came so far that ssh_restore is to put that back.
 */
bool ssh_place(struct ssh *s, const struct ssh_placing *files, size_t n, bool *swapped,
	int64_t deadline, struct err *e) NODISCARD;
/* Back to what was last proved; or what is there is proved. */
bool ssh_restore(struct ssh *s, const char *const *paths, size_t n, int64_t deadline,
	struct err *e) NODISCARD;
bool ssh_forget(struct ssh *s, const char *const *paths, size_t n, int64_t deadline,
	struct err *e) NODISCARD;

/* ---- connections that the host makes, to ports that only it can reach ---- */

/* Can it? Only a session by OpenSSH does. */
bool ssh_tunnels(const struct ssh *s);
/* Has it ended, or does it within a moment, if that is waited for? What goes through it
 * can't tell. */
bool ssh_lost(const struct ssh *s, bool wait);

/* One destination, as the host sees it: any thread's, but one's alone. */
struct ssh_line;
struct ssh_line *ssh_line_new(const struct ssh *s, const char *host, int port)
	NODISCARD; /* s must outlive it */
/*
 * A connected, non-blocking socket, the caller's to close; it is good until the next call
 * and ssh_line_free. -1: ERR_REMOTE: the host's sshd forbids it; ERR_NET, ERR_TIMEOUT: the
 * host isn't let in there, or the session is gone. The session stays as it is.
 */
int ssh_line_connect(struct ssh_line *l, int64_t deadline, struct err *e) NODISCARD;
void ssh_line_free(struct ssh_line *l);
DEFINE_AUTO(struct ssh_line, ssh_line, ssh_line_free)

/* "ssh-ed25519 SHA256:…" of the host key that was accepted, for -v. */
const char *ssh_host_key(const struct ssh *s);
/* "libssh2 1.10.0", or "OpenSSH, as …", for -v. */
const char *ssh_carried_by(const struct ssh *s);
