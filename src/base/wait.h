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

/* The same for the first of several; a negative fd is passed over, as by poll(2). n is at
 * most WAIT_MOST. */
enum { WAIT_MOST = 7 };
struct pollfd;
bool wait_fds(struct pollfd *fds, size_t n, int64_t deadline, struct err *e) NODISCARD;

/* AUTO(fd) int fd = -1: closed at the end of the scope. */
static inline void auto_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
