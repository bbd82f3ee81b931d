/*
 * channel - one command or subsystem of a session.
 */
#pragma once

#include "ssh/private/session.h"

/* "exec" with a command line, "subsystem" with a name. NULL: refused is ERR_REMOTE. */
LIBSSH2_CHANNEL *channel_open(struct session *s, const char *request, const char *what,
	int64_t deadline, struct err *e) NODISCARD;

/* What channel_read and channel_write return when it isn't a number of bytes. */
enum { CHANNEL_LATER = 0, CHANNEL_END = -1, CHANNEL_BROKEN = -2 };

/* Stream 0 is standard output, 1 standard error. */
ssize_t channel_read(struct session *s, LIBSSH2_CHANNEL *c, int stream, void *data,
	size_t len, struct err *e) NODISCARD;
ssize_t channel_write(struct session *s, LIBSSH2_CHANNEL *c, const void *data, size_t len,
	struct err *e) NODISCARD;

/* Close both ways and free it. What may still come is dropped. */
bool channel_close(struct session *s, LIBSSH2_CHANNEL *c, int64_t deadline, struct err *e)
	NODISCARD;
