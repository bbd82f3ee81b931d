/*
 * peer - an SFTP server that follows a script: what it wants to be asked, and its answers.
 */
#pragma once

#include "check.h"
#include "ssh/private/sftp.h"

enum answer_kind { STATUS, ATTRS, HANDLE, NAMES, RAW };

struct turn {
	const char
		*ask; /* "mkdir a/b", or "write #3" (its handle's first byte, its length) */
	enum answer_kind kind;
	unsigned value; /* code, mode, handle */
	unsigned uid;   /* 1000 is ours */
	const char
		*text; /* names, one a word; a status's message; RAW: bytes after the id */
	size_t len;    /* of RAW: its first byte is the type */
};

struct peer {
	const struct turn *turns;
	size_t n, at;
	bool no_fsync;
};

static inline void add_u32(struct buf *b, size_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_putc(b, (char)(v >> shift & 255));
}

static inline void add_text(struct buf *b, const char *s, size_t len)
{
	add_u32(b, len);
	buf_add(b, s, len);
}

static inline size_t get_u32(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static inline void add_names(struct buf *b, const char *words)
{
	size_t n = *words != '\0';

	for (const char *p = words; *p; p++)
		n += *p == ' ';
	add_u32(b, n);
	for (; n > 0; n--) {
		size_t len = strcspn(words, " ");

		add_text(b, words, len);
		add_text(b, "ls -l line", 10);
		add_u32(b, 0);
		words += len + 1;
	}
}

static inline void add_answer(struct buf *in, const struct turn *t, size_t id)
{
	static const char types[] = { 101, 105, 102, 104, 0 };
	AUTO(buf) struct buf b = BUF_EMPTY;

	buf_putc(&b, t->kind == RAW ? t->text[0] : types[t->kind]);
	add_u32(&b, id);
	if (t->kind == STATUS) {
		add_u32(&b, t->value);
		add_text(&b, t->text ? t->text : "", t->text ? strlen(t->text) : 0);
		add_text(&b, "", 0);
	} else if (t->kind == ATTRS) {
		add_u32(&b, 6);
		add_u32(&b, t->uid);
		add_u32(&b, t->uid);
		add_u32(&b, t->value);
	} else if (t->kind == HANDLE) {
		char h = (char)t->value;

		add_text(&b, &h, 1);
	} else if (t->kind == NAMES) {
		add_names(&b, t->text);
	} else {
		buf_add(&b, t->text + 1, t->len - 1);
	}
	add_u32(in, b.len);
	buf_add(in, b.data, b.len);
}

/* A request in words. */
static inline void describe(const char *frame, size_t len, char *text, size_t size)
{
	static const char *const verbs[] = { [3] = "open",
		[4] = "close",
		[6] = "write",
		[7] = "lstat",
		[9] = "chmod",
		[11] = "opendir",
		[12] = "readdir",
		[13] = "remove",
		[14] = "mkdir",
		[15] = "rmdir",
		[16] = "realpath",
		[17] = "stat",
		[200] = "extended" };
	unsigned type = (unsigned char)frame[0];
	const char *arg = frame + 9;
	size_t n = get_u32(frame + 5);

	assert_true(type < ARRAY_LEN(verbs) && verbs[type] && n <= len - 9);
	if (type == 6)
		snprintf(text, size, "write #%d %zu", arg[0], get_u32(arg + n + 8));
	else if (type == 4 || type == 12)
		snprintf(text, size, "%s #%d", verbs[type], arg[0]);
	else if (type == 200)
		snprintf(text, size, "fsync #%d", arg[n + 4]);
	else if (type == 3 || type == 14 || type == 9)
		snprintf(text, size, "%s %.*s %03zo", verbs[type], (int)n, arg,
			get_u32(frame + len - 4));
	else
		snprintf(text, size, "%s %.*s", verbs[type], (int)n, arg);
}

static inline void greet_back(const struct peer *p, struct buf *in)
{
	add_u32(in, p->no_fsync ? 5 : 30);
	buf_putc(in, 2);
	add_u32(in, 3);
	if (!p->no_fsync) {
		add_text(in, "fsync@openssh.com", 17);
		add_u32(in, 0);
	}
}

static inline void respond(struct peer *p, const char *frame, size_t len, struct buf *in)
{
	char asked[200];

	if (frame[0] == 1) {
		greet_back(p, in);
		return;
	}
	describe(frame, len, asked, sizeof asked);
	if (p->at == p->n)
		fail_msg("not in the script: %s", asked);
	assert_string_equal(asked, p->turns[p->at].ask);
	add_answer(in, &p->turns[p->at++], get_u32(frame + 1));
}

/* All that was asked is answered at once. */
static inline bool peer_move(void *ctx, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	struct peer *p = ctx;
	size_t before = in->len;

	(void)deadline;
	while (*sent + 4 <= out->len) {
		size_t len = get_u32(out->data + *sent);

		respond(p, out->data + *sent + 4, len, in);
		*sent += 4 + len;
	}
	return in->len > before || err_set(e, ERR_NET, "the script is over");
}
