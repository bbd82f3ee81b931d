/*
 * tape - a peer that plays recorded bytes, so many at a time, and takes whatever is sent.
 */
#pragma once

#include "ssh/private/sftp.h"

struct tape {
	const void *bytes;
	size_t len, at, step;
};

static inline bool tape_move(void *ctx, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	struct tape *t = ctx;
	size_t n = t->len - t->at < t->step ? t->len - t->at : t->step;

	(void)deadline;
	*sent = out->len;
	buf_add(in, (const char *)t->bytes + t->at, n);
	t->at += n;
	return n > 0 || err_set(e, ERR_NET, "the tape is over");
}
