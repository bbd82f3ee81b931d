/*
 * lines - read lines from a socket and write to it: one buffer, one deadline.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	int fd; /* not owned, non-blocking */
	int64_t deadline;
	size_t start, end; /* what was read and not yet taken */
	char data[4096];   /* and the longest line there may be */
};

/*
 * The next line, without CR LF (or a bare LF); valid until the next call. NULL with
 * ERR_PROTOCOL for one that is too long or holds a NUL, ERR_NET when the peer has closed.
 */
const char *lines_read(struct lines *l, struct err *e) NODISCARD;

bool lines_write(struct lines *l, const char *text, struct err *e) NODISCARD;

/* Bytes that came after the last line taken. */
static inline size_t lines_pending(const struct lines *l)
{
	return l->end - l->start;
}
