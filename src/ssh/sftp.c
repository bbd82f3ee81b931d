#include "ssh/private/sftp.h"
#include "base/alloc.h"
#include "ssh/private/printable.h"
#include "ssh/private/wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	VERSION = 3,
	MAX_FRAME = 256 << 10, /* as OpenSSH has it */
	MAX_NAMES = 4096,
};

/* Section 3. */
enum type {
	T_INIT = 1,
	T_VERSION = 2,
	T_OPEN = 3,
	T_CLOSE = 4,
	T_READ = 5,
	T_WRITE = 6,
	T_LSTAT = 7,
	T_SETSTAT = 9,
	T_OPENDIR = 11,
	T_READDIR = 12,
	T_REMOVE = 13,
	T_MKDIR = 14,
	T_RMDIR = 15,
	T_REALPATH = 16,
	T_STAT = 17,
	T_RENAME = 18,
	T_STATUS = 101,
	T_HANDLE = 102,
	T_DATA = 103,
	T_NAME = 104,
	T_ATTRS = 105,
	T_EXTENDED = 200,
};

/* Sections 5 and 6.3. */
enum {
	ATTR_SIZE = 1,
	ATTR_OWNER = 2,
	ATTR_MODE = 4,
	ATTR_TIMES = 8,
	OPEN_READ = 1,
	OPEN_WRITE = 2,
	OPEN_CREATE = 8,
	OPEN_EXCLUSIVE = 32,
};

#define ATTR_EXTENDED 0x80000000U

struct request {
	const char *verb;
	char *path;
	bool answered;
	uint8_t type; /* of the answer */
	struct buf body;
};

struct sftp {
	struct sftp_pipe pipe;
	struct buf out, in;
	size_t sent;
	uint32_t first_id; /* of requests[0] */
	struct request *requests;
	size_t n;
	bool greeted;
	unsigned can; /* bits of enum extension */
};

/* Of OpenSSH's PROTOCOL, section 4. */
enum extension { FSYNC, POSIX_RENAME, HARDLINK };

static const char *const extensions[] = { [FSYNC] = "fsync@openssh.com",
	[POSIX_RENAME] = "posix-rename@openssh.com",
	[HARDLINK] = "hardlink@openssh.com" };

static void put_mode(struct buf *b, mode_t mode)
{
	put_u32(b, ATTR_MODE);
	put_u32(b, mode);
}

static void take_attrs(struct reader *r, struct sftp_attrs *a)
{
	uint32_t flags = take_u32(r), n;
	size_t ignored;

	*a = (struct sftp_attrs){ .there = true };
	if (flags & ATTR_SIZE) {
		a->has_size = true;
		a->size = (uint64_t)take_u32(r) << 32;
		a->size |= take_u32(r);
	}
	if (flags & ATTR_OWNER) {
		a->has_owner = true;
		a->uid = take_u32(r);
		a->gid = take_u32(r);
	}
	if (flags & ATTR_MODE) {
		a->has_mode = true;
		a->mode = take_u32(r);
	}
	if (flags & ATTR_TIMES)
		take(r, 8);
	for (n = flags & ATTR_EXTENDED ? take_u32(r) : 0; n > 0 && !r->bad; n--) {
		take_bytes(r, &ignored);
		take_bytes(r, &ignored);
	}
}

struct sftp *sftp_new(struct sftp_pipe pipe)
{
	struct sftp *s = xcalloc(1, sizeof *s);

	s->pipe = pipe;
	buf_init(&s->out);
	buf_init(&s->in);
	put_u32(&s->out, 5);
	buf_putc(&s->out, T_INIT);
	put_u32(&s->out, VERSION);
	return s;
}

void sftp_forget(struct sftp *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->requests[i].path);
		buf_clear(&s->requests[i].body);
	}
	free(s->requests);
	s->requests = NULL;
	s->first_id += (uint32_t)s->n;
	s->n = 0;
}

void sftp_free(struct sftp *s)
{
	if (!s)
		return;
	sftp_forget(s);
	buf_clear(&s->out);
	buf_clear(&s->in);
	free(s);
}

bool sftp_greeted(const struct sftp *s)
{
	return s->greeted;
}

static bool can(const struct sftp *s, enum extension which)
{
	return s->can & 1U << which;
}

bool sftp_can_fsync(const struct sftp *s)
{
	return can(s, FSYNC);
}

bool sftp_can_replace(const struct sftp *s)
{
	return can(s, POSIX_RENAME);
}

bool sftp_can_link(const struct sftp *s)
{
	return can(s, HARDLINK);
}

/* Queue one request; `more` is what follows its id. */
static size_t ask(struct sftp *s, enum type type, const char *verb, const char *path,
	const struct buf *more)
{
	GROW(s->requests, s->n);
	s->requests[s->n] = (struct request){ .verb = verb, .path = xstrdup(path) };
	buf_init(&s->requests[s->n].body);
	put_u32(&s->out, (uint32_t)(5 + more->len));
	buf_putc(&s->out, (char)type);
	put_u32(&s->out, s->first_id + (uint32_t)s->n);
	buf_add(&s->out, more->data, more->len);
	return s->n++;
}

static size_t ask_path(struct sftp *s, enum type type, const char *verb, const char *path)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_text(&b, path);
	return ask(s, type, verb, path, &b);
}

static size_t ask_mode(
	struct sftp *s, enum type type, const char *verb, const char *path, mode_t mode)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_text(&b, path);
	put_mode(&b, mode);
	return ask(s, type, verb, path, &b);
}

static size_t ask_handle(struct sftp *s, enum type type, const char *verb,
	const struct sftp_handle *h, const char *path)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_bytes(&b, h->bytes, h->len);
	return ask(s, type, verb, path, &b);
}

size_t sftp_realpath(struct sftp *s, const char *path)
{
	return ask_path(s, T_REALPATH, "resolve", path);
}

size_t sftp_stat(struct sftp *s, const char *path)
{
	return ask_path(s, T_STAT, "look at", path);
}

size_t sftp_lstat(struct sftp *s, const char *path)
{
	return ask_path(s, T_LSTAT, "look at", path);
}

size_t sftp_mkdir(struct sftp *s, const char *path, mode_t mode)
{
	return ask_mode(s, T_MKDIR, "make directory", path, mode);
}

size_t sftp_rmdir(struct sftp *s, const char *path)
{
	return ask_path(s, T_RMDIR, "remove directory", path);
}

size_t sftp_remove(struct sftp *s, const char *path)
{
	return ask_path(s, T_REMOVE, "remove", path);
}

size_t sftp_chmod(struct sftp *s, const char *path, mode_t mode)
{
	return ask_mode(s, T_SETSTAT, "chmod", path, mode);
}

size_t sftp_chown(struct sftp *s, const char *path, uint32_t uid, uint32_t gid)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_text(&b, path);
	put_u32(&b, ATTR_OWNER);
	put_u32(&b, uid);
	put_u32(&b, gid);
	return ask(s, T_SETSTAT, "chown", path, &b);
}

size_t sftp_open(struct sftp *s, const char *path)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_text(&b, path);
	put_u32(&b, OPEN_READ);
	put_u32(&b, 0);
	return ask(s, T_OPEN, "read", path, &b);
}

size_t sftp_read(
	struct sftp *s, const struct sftp_handle *h, const char *path, uint64_t offset)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_bytes(&b, h->bytes, h->len);
	put_u32(&b, (uint32_t)(offset >> 32));
	put_u32(&b, (uint32_t)offset);
	put_u32(&b, SFTP_CHUNK);
	return ask(s, T_READ, "read", path, &b);
}

static size_t ask_pair(struct sftp *s, enum type type, const char *extension,
	const char *verb, const char *from, const char *to)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	if (extension)
		put_text(&b, extension);
	put_text(&b, from);
	put_text(&b, to);
	return ask(s, type, verb, to, &b);
}

size_t sftp_rename(struct sftp *s, const char *from, const char *to)
{
	return can(s, POSIX_RENAME)
		? ask_pair(s, T_EXTENDED, extensions[POSIX_RENAME], "replace", from, to)
		: ask_pair(s, T_RENAME, NULL, "put in place", from, to);
}

size_t sftp_link(struct sftp *s, const char *from, const char *to)
{
	return ask_pair(s, T_EXTENDED, extensions[HARDLINK], "keep", from, to);
}

size_t sftp_create(struct sftp *s, const char *path, mode_t mode)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_text(&b, path);
	put_u32(&b, OPEN_WRITE | OPEN_CREATE | OPEN_EXCLUSIVE);
	put_mode(&b, mode);
	return ask(s, T_OPEN, "create", path, &b);
}

size_t sftp_opendir(struct sftp *s, const char *path)
{
	return ask_path(s, T_OPENDIR, "read directory", path);
}

size_t sftp_readdir(struct sftp *s, const struct sftp_handle *h, const char *path)
{
	return ask_handle(s, T_READDIR, "read directory", h, path);
}

size_t sftp_write(struct sftp *s, const struct sftp_handle *h, const char *path,
	uint64_t offset, const void *data, size_t len)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_bytes(&b, h->bytes, h->len);
	put_u32(&b, (uint32_t)(offset >> 32));
	put_u32(&b, (uint32_t)offset);
	put_bytes(&b, data, len);
	return ask(s, T_WRITE, "write", path, &b);
}

size_t sftp_fsync(struct sftp *s, const struct sftp_handle *h, const char *path)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_text(&b, extensions[FSYNC]);
	put_bytes(&b, h->bytes, h->len);
	return ask(s, T_EXTENDED, "sync", path, &b);
}

size_t sftp_close(struct sftp *s, const struct sftp_handle *h, const char *path)
{
	return ask_handle(s, T_CLOSE, "close", h, path);
}

/* Text in place of the protocol is most often what a shell's start-up file printed. */
static bool garbled(struct sftp *s, struct err *e)
{
	char start[25];
	size_t n = s->in.len < sizeof start - 1 ? s->in.len : sizeof start - 1;

	for (size_t i = 0; i < n; i++)
		start[i] = printable(s->in.data[i]);
	start[n] = '\0';
	return err_set(e, ERR_PROTOCOL, "SFTP: garbled answer '%s'%s", start,
		s->greeted ? ""
			   : " (does a start-up file of the login shell print something?)");
}

static void offered(struct sftp *s, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
		if (len == strlen(extensions[i]) && memcmp(name, extensions[i], len) == 0)
			s->can |= 1U << i;
}

/* Section 4: what the server can, as pairs of name and data. */
static bool greet(struct sftp *s, struct reader r, struct err *e)
{
	uint32_t version = take_u32(&r);
	const char *name;
	size_t len, ignored;

	if (r.bad)
		return garbled(s, e);
	if (version < VERSION)
		return err_set(e, ERR_REMOTE,
			"SFTP: the host speaks version %u only, not %d", version, VERSION);
	while (r.left) {
		name = take_bytes(&r, &len);
		take_bytes(&r, &ignored);
		if (r.bad)
			return garbled(s, e);
		offered(s, name, len);
	}
	s->greeted = true;
	return true;
}

static bool answer(struct sftp *s, uint8_t type, struct reader r, struct err *e)
{
	size_t ticket = take_u32(&r) - s->first_id;
	struct request *q;

	if (r.bad || ticket >= s->n || s->requests[ticket].answered)
		return err_set(e, ERR_PROTOCOL, "SFTP: an answer that nobody asked for");
	q = &s->requests[ticket];
	q->answered = true;
	q->type = type;
	buf_add(&q->body, r.p, r.left);
	return true;
}

static void drop(struct sftp *s, size_t len)
{
	memmove(s->in.data, s->in.data + len, s->in.len - len);
	buf_truncate(&s->in, s->in.len - len);
}

/* Past what the login shell prints before the server begins: a text, so it has no NUL, with
 * which every first frame begins. False if that isn't there yet. */
static bool skip_greeting(struct sftp *s)
{
	const char *frame = memchr(s->in.data, '\0', s->in.len);

	if (frame)
		drop(s, (size_t)(frame - s->in.data));
	return frame;
}

/* Take whole frames off what arrived. */
static bool take_frames(struct sftp *s, struct err *e)
{
	struct reader r;
	size_t used = 0;
	bool ok = true;

	if (!s->greeted && !skip_greeting(s))
		return s->in.len <= MAX_FRAME || garbled(s, e);
	r = (struct reader){ (const uint8_t *)s->in.data, s->in.len, false };
	while (ok && r.left >= 4) {
		size_t len = take_u32(&r);
		struct reader frame = { r.p + 1, len - 1, false };

		if (len == 0 || len > MAX_FRAME ||
			(!s->greeted && r.left && *r.p != T_VERSION))
			return garbled(s, e);
		if (len > r.left)
			break;
		ok = s->greeted ? answer(s, *r.p, frame, e) : greet(s, frame, e);
		take(&r, len);
		used += 4 + len;
	}
	drop(s, used);
	return ok;
}

bool sftp_wait(struct sftp *s, size_t ticket, int64_t deadline, struct err *e)
{
	while (!s->requests[ticket].answered) {
		if (!s->pipe.move(s->pipe.ctx, &s->out, &s->sent, &s->in, deadline, e))
			return !s->greeted && s->in.len > 0 && e->kind != ERR_STOPPED
				? garbled(s, e)
				: false;
		if (!take_frames(s, e))
			return false;
		if (s->sent == s->out.len) {
			buf_reset(&s->out);
			s->sent = 0;
		}
	}
	return true;
}

bool sftp_wait_all(struct sftp *s, int64_t deadline, struct err *e)
{
	for (size_t ticket = 0; ticket < s->n; ticket++)
		if (!sftp_wait(s, ticket, deadline, e))
			return false;
	return true;
}

static struct reader body_of(const struct sftp *s, size_t ticket)
{
	const struct buf *b = &s->requests[ticket].body;

	return (struct reader){ (const uint8_t *)b->data, b->len, false };
}

enum sftp_code sftp_code(const struct sftp *s, size_t ticket)
{
	struct reader r = body_of(s, ticket);
	uint32_t code = take_u32(&r);

	if (s->requests[ticket].type != T_STATUS)
		return SFTP_NOT_A_STATUS;
	return r.bad || code > SFTP_UNSUPPORTED ? SFTP_FAILURE : (enum sftp_code)code;
}

/* What the server adds to the code, where it adds something. */
static void remark(
	const struct sftp *s, size_t ticket, const char *word, char *text, size_t size)
{
	struct reader r = body_of(s, ticket);
	size_t len, n = 0;
	const char *said;

	take_u32(&r);
	said = take_bytes(&r, &len);
	*text = '\0';
	if (!said || len == 0 || (len == strlen(word) && strncasecmp(said, word, len) == 0))
		return;
	for (size_t i = 0; i < len && n < size - 1; i++)
		text[n++] = printable(said[i]);
	text[n] = '\0';
}

/* False, with ERR_REMOTE: "write certpush/privkey.pem: failure (disk full?)". */
static bool refused(const struct sftp *s, size_t ticket, struct err *e)
{
	static const char *const words[] = { "done", "end of file", "no such file",
		"permission denied", "failure", "bad message", "no connection",
		"connection lost", "operation unsupported" };
	const struct request *q = &s->requests[ticket];
	enum sftp_code code = sftp_code(s, ticket);
	char text[100];

	if (code == SFTP_OK || code == SFTP_NOT_A_STATUS)
		return err_set(e, ERR_PROTOCOL,
			"SFTP: %s %s: an answer of the wrong kind (%d)", q->verb, q->path,
			q->type);
	remark(s, ticket, words[code], text, sizeof text);
	/* Version 3 has no code of its own for it. */
	if (code == SFTP_FAILURE && !*text &&
		(strcmp(q->verb, "write") == 0 || strcmp(q->verb, "sync") == 0))
		snprintf(text, sizeof text, "disk full?");
	return err_set(e, ERR_REMOTE, "%s %s: %s%s%s%s", q->verb, q->path, words[code],
		*text ? " (" : "", text, *text ? ")" : "");
}

bool sftp_done(struct sftp *s, size_t ticket, int64_t deadline, struct err *e)
{
	if (!sftp_wait(s, ticket, deadline, e))
		return false;
	return sftp_code(s, ticket) == SFTP_OK || refused(s, ticket, e);
}

bool sftp_gone(struct sftp *s, size_t ticket, int64_t deadline, struct err *e)
{
	return sftp_wait(s, ticket, deadline, e) &&
		(sftp_code(s, ticket) == SFTP_NO_SUCH_FILE ||
			sftp_done(s, ticket, deadline, e));
}

static bool short_answer(const struct sftp *s, size_t ticket, struct err *e)
{
	const struct request *q = &s->requests[ticket];

	return err_set(e, ERR_PROTOCOL, "SFTP: %s %s: malformed answer", q->verb, q->path);
}

/* The answer's body, if it is of the type that was asked for. */
static bool expect(struct sftp *s, size_t ticket, enum type type, struct reader *r,
	int64_t deadline, struct err *e)
{
	if (!sftp_wait(s, ticket, deadline, e))
		return false;
	*r = body_of(s, ticket);
	return s->requests[ticket].type == type || refused(s, ticket, e);
}

bool sftp_attrs(struct sftp *s, size_t ticket, struct sftp_attrs *a, int64_t deadline,
	struct err *e)
{
	struct reader r;

	*a = (struct sftp_attrs){ .there = false };
	if (!sftp_wait(s, ticket, deadline, e))
		return false;
	if (sftp_code(s, ticket) == SFTP_NO_SUCH_FILE)
		return true;
	if (!expect(s, ticket, T_ATTRS, &r, deadline, e))
		return false;
	take_attrs(&r, a);
	return !r.bad || short_answer(s, ticket, e);
}

bool sftp_opened(struct sftp *s, size_t ticket, struct sftp_handle *h, int64_t deadline,
	struct err *e)
{
	struct reader r;
	const char *bytes;

	if (!expect(s, ticket, T_HANDLE, &r, deadline, e))
		return false;
	bytes = take_bytes(&r, &h->len);
	/* Section 6.3: at most 256 bytes. */
	if (!bytes || h->len > sizeof h->bytes)
		return short_answer(s, ticket, e);
	memcpy(h->bytes, bytes, h->len);
	return true;
}

/* Section 6.4: at least one byte, unless it is the end. */
bool sftp_data(struct sftp *s, size_t ticket, struct buf *out, bool *end, int64_t deadline,
	struct err *e)
{
	struct reader r;
	const char *bytes;
	size_t len;

	if (!sftp_wait(s, ticket, deadline, e))
		return false;
	*end = sftp_code(s, ticket) == SFTP_EOF;
	if (*end)
		return true;
	if (!expect(s, ticket, T_DATA, &r, deadline, e))
		return false;
	bytes = take_bytes(&r, &len);
	if (!bytes || len == 0 || len > SFTP_CHUNK)
		return short_answer(s, ticket, e);
	buf_add(out, bytes, len);
	return true;
}

/* One entry of a NAME answer: name, the line that ls -l would print, attributes. */
static char *take_name(struct reader *r)
{
	struct sftp_attrs ignored;
	size_t len, long_len;
	const char *name = take_bytes(r, &len);

	take_bytes(r, &long_len);
	take_attrs(r, &ignored);
	if (r->bad || len == 0 || memchr(name, 0, len)) {
		r->bad = true;
		return NULL;
	}
	return xstrndup(name, len);
}

bool sftp_name(struct sftp *s, size_t ticket, char **name, int64_t deadline, struct err *e)
{
	struct reader r;

	if (!expect(s, ticket, T_NAME, &r, deadline, e))
		return false;
	if (take_u32(&r) == 1 && (*name = take_name(&r)))
		return true;
	return short_answer(s, ticket, e);
}

/* A name that leads out of its directory must not be believed. */
static bool add_name(struct sftp_names *list, char *name)
{
	bool dots = name && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0);

	if (!name || dots || strchr(name, '/') || list->n >= MAX_NAMES) {
		free(name);
		return dots;
	}
	GROW(list->names, list->n);
	list->names[list->n++] = name;
	return true;
}

bool sftp_names(struct sftp *s, size_t ticket, struct sftp_names *list, int64_t deadline,
	struct err *e)
{
	struct reader r;

	if (!sftp_wait(s, ticket, deadline, e))
		return false;
	if (sftp_code(s, ticket) == SFTP_EOF) {
		list->end = true;
		return true;
	}
	if (!expect(s, ticket, T_NAME, &r, deadline, e))
		return false;
	for (uint32_t n = take_u32(&r); n > 0; n--)
		if (!add_name(list, take_name(&r)))
			return short_answer(s, ticket, e);
	return !r.bad || short_answer(s, ticket, e);
}

void sftp_names_clear(struct sftp_names *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct sftp_names){ NULL, 0, false };
}
