/*
 * wait - wait for one descriptor, a deadline or a stop request, whichever is first.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <unistd.h>

/*
 * events as poll(2) takes them. True when fd is ready (or broken: the next call on it
 * tells); false with ERR_TIMEOUT or ERR_STOPPED.
 */
bool wait_fd(int fd, short events, int64_t deadline, struct err *e) NODISCARD;

/* AUTO(fd) int fd = -1: closed at the end of the scope. */
static inline void auto_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
