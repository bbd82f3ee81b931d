#include "base/wait.h"
#include "base/clock.h"
#include "base/stop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* With the stop request's descriptor after the caller's own. */
static int look(struct pollfd *fds, size_t n, int64_t deadline)
{
	struct pollfd all[WAIT_MOST + 1];
	int ready;

	memcpy(all, fds, n * sizeof *fds);
	all[n] = (struct pollfd){ .fd = stop_fd(), .events = POLLIN };
	ready = poll(all, n + 1, deadline_left(deadline));
	memcpy(fds, all, n * sizeof *fds);
	return ready;
}

static bool any(const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i].revents)
			return true;
	return false;
}

bool wait_fds(struct pollfd *fds, size_t n, int64_t deadline, struct err *e)
{
	for (;;) {
		int ready;

		if (stop_requested())
			return err_set(e, ERR_STOPPED, "interrupted");
		ready = look(fds, n, deadline);
		if (ready < 0 && errno != EINTR)
			return err_sys(e, "poll");
		if (ready > 0 && any(fds, n))
			return true;
		if (ready == 0)
			return err_set(e, ERR_TIMEOUT, "timed out");
	}
}

bool wait_fd(int fd, short events, int64_t deadline, struct err *e)
{
	return wait_fds(&(struct pollfd){ .fd = fd, .events = events }, 1, deadline, e);
}
