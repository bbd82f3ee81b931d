/*
 * lines - read lines and bytes from a socket, and write to it: one buffer, one deadline.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	int fd; /* not owned, non-blocking */
	int64_t deadline;
	bool said;         /* something was sent */
	size_t start, end; /* what was read and not yet taken */
	char data[4096];   /* and the longest line there may be */
};

/*
 * The next line, without CR LF (or a bare LF); valid until the next call. NULL with
 * ERR_PROTOCOL for one that is too long or holds a NUL, ERR_NET when the peer has closed.
 */
const char *lines_read(struct lines *l, struct err *e) NODISCARD;

/* The next n bytes, whatever they are; valid until the next call. NULL as above, also for
 * more than the buffer holds. */
const unsigned char *lines_bytes(struct lines *l, size_t n, struct err *e) NODISCARD;

bool lines_write(struct lines *l, const char *text, struct err *e) NODISCARD;
bool lines_send(struct lines *l, const void *data, size_t len, struct err *e) NODISCARD;

/* Bytes that came after what was taken last. */
static inline size_t lines_pending(const struct lines *l)
{
	return l->end - l->start;
}
