/*
 * sftp - the client's side of SFTP version 3 (draft-ietf-secsh-filexfer-02), pipelined.
 *
 * Requests are queued, each giving a ticket; waiting for a ticket sends what is queued. So
 * a batch of requests costs one round trip, where libssh2's own SFTP costs one for each
 * call. Knows nothing of SSH: bytes go through a pipe that the caller brings.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <sys/stat.h>

/*
 * Send from out->data + *sent on (counting it up), and receive: returns once something was
 * added to `in`.
 */
struct sftp_pipe {
	bool (*move)(void *ctx, const struct buf *out, size_t *sent, struct buf *in,
		int64_t deadline, struct err *e);
	void *ctx;
};

struct sftp; /* opaque */

struct sftp *sftp_new(struct sftp_pipe pipe) NODISCARD; /* the greeting is queued */
void sftp_free(struct sftp *s);
DEFINE_AUTO(struct sftp, sftp, sftp_free)

/* Forget the tickets given so far. All of them must have been waited for. */
void sftp_forget(struct sftp *s);

/* Section 7. */
enum sftp_code {
	SFTP_OK,
	SFTP_EOF,
	SFTP_NO_SUCH_FILE,
	SFTP_PERMISSION_DENIED,
	SFTP_FAILURE,
	SFTP_BAD_MESSAGE,
	SFTP_NO_CONNECTION,
	SFTP_CONNECTION_LOST,
	SFTP_UNSUPPORTED,
	SFTP_NOT_A_STATUS, /* the answer is something else: it worked */
};

/* So much is written by one request, and read by one at most. */
enum { SFTP_CHUNK = 32000 };

struct sftp_handle {
	char bytes[256];
	size_t len;
};

struct sftp_attrs {
	bool there;
	bool has_size, has_owner, has_mode;
	uint64_t size;
	uint32_t uid, gid;
	uint32_t mode; /* as in struct stat */
};

/* Requests. Paths are copied, and named in messages. */
size_t sftp_realpath(struct sftp *s, const char *path);
size_t sftp_stat(struct sftp *s, const char *path);
size_t sftp_lstat(struct sftp *s, const char *path);
size_t sftp_mkdir(struct sftp *s, const char *path, mode_t mode);
size_t sftp_rmdir(struct sftp *s, const char *path);
size_t sftp_remove(struct sftp *s, const char *path);
size_t sftp_chmod(struct sftp *s, const char *path, mode_t mode);
size_t sftp_create(struct sftp *s, const char *path, mode_t mode); /* write, exclusive */
size_t sftp_chown(struct sftp *s, const char *path, uint32_t uid, uint32_t gid);
size_t sftp_open(struct sftp *s, const char *path); /* read */
size_t sftp_read(
	struct sftp *s, const struct sftp_handle *h, const char *path, uint64_t offset);
/* Where the server can't replace, a name that is taken is a failure. */
size_t sftp_rename(struct sftp *s, const char *from, const char *to);
size_t sftp_link(struct sftp *s, const char *from, const char *to);
size_t sftp_opendir(struct sftp *s, const char *path);
size_t sftp_readdir(struct sftp *s, const struct sftp_handle *h, const char *path);
size_t sftp_write(struct sftp *s, const struct sftp_handle *h, const char *path,
	uint64_t offset, const void *data, size_t len);
size_t sftp_fsync(struct sftp *s, const struct sftp_handle *h, const char *path);
size_t sftp_close(struct sftp *s, const struct sftp_handle *h, const char *path);

/* The server has said which version it speaks. */
bool sftp_greeted(const struct sftp *s);

/* The server's greeting, which has arrived with the first answer, offers fsync,
 * posix-rename or hardlink@openssh.com. */
bool sftp_can_fsync(const struct sftp *s);
bool sftp_can_replace(const struct sftp *s);
bool sftp_can_link(const struct sftp *s);

/* Answers. False with ERR_REMOTE in words, or if the pipe broke. */
bool sftp_wait(struct sftp *s, size_t ticket, int64_t deadline, struct err *e) NODISCARD;
bool sftp_wait_all(struct sftp *s, int64_t deadline, struct err *e) NODISCARD;
/* After sftp_wait. */
enum sftp_code sftp_code(const struct sftp *s, size_t ticket);
bool sftp_done(struct sftp *s, size_t ticket, int64_t deadline, struct err *e) NODISCARD;
/* What was to be removed is: somebody else may have been quicker. */
bool sftp_gone(struct sftp *s, size_t ticket, int64_t deadline, struct err *e) NODISCARD;
/* "No such file" is an answer too: a->there is false. */
bool sftp_attrs(struct sftp *s, size_t ticket, struct sftp_attrs *a, int64_t deadline,
	struct err *e) NODISCARD;
bool sftp_opened(struct sftp *s, size_t ticket, struct sftp_handle *h, int64_t deadline,
	struct err *e) NODISCARD;
/* Add a read's bytes; *end is set at the end of the file. */
bool sftp_data(struct sftp *s, size_t ticket, struct buf *out, bool *end, int64_t deadline,
	struct err *e) NODISCARD;
/* The one name of a realpath, malloc'ed. */
bool sftp_name(struct sftp *s, size_t ticket, char **name, int64_t deadline, struct err *e)
	NODISCARD;

struct sftp_names {
	char **names;
	size_t n;
	bool end; /* of the directory */
};
void sftp_names_clear(struct sftp_names *list);
DEFINE_AUTO_VALUE(struct sftp_names, sftp_names, sftp_names_clear)
/* Add a readdir's names, without "." and ".."; a name with a slash is refused. */
bool sftp_names(struct sftp *s, size_t ticket, struct sftp_names *list, int64_t deadline,
	struct err *e) NODISCARD;
