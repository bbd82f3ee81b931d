/*
 * input - what a command reads: all of it at once, or a part of it only once the command
 * has said something.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

struct input {
	const void *data;
	size_t len;
	/*
	 * How many bytes of it may go, now that this was printed; INPUT_OVER: no more than
	 * have gone, and the end. NULL: all.
	 */
	size_t (*may)(const void *ctx, const struct buf *out, const struct buf *err);
	const void *ctx;
	/* What is printed is an answer once it ends in this: then it stays open, and more
	 * comes later. NULL: it ends behind these bytes. */
	const char *last;
};
#define INPUT_OVER SIZE_MAX

/* How many bytes may go after the `sent` that have; *over: nothing comes behind them. */
size_t input_due(const struct input *in, size_t sent, const struct buf *out,
	const struct buf *err, bool *over);

/*
 * Into our end of a socket pair that the command reads from: as much as may go and fits.
 * The end is closed, *fd -1, once all is over or nobody reads any more. True if more may go
 * as soon as the socket takes it.
 */
bool input_feed(const struct input *in, int *fd, size_t *sent, const struct buf *out,
	const struct buf *err);
