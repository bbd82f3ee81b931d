#include "base/wait.h"
#include "base/clock.h"
#include "base/stop.h"

#include <errno.h>
#include <poll.h>

bool wait_fd(int fd, short events, int64_t deadline, struct err *e)
{
	struct pollfd fds[2] = { { .fd = fd, .events = events },
		{ .fd = stop_fd(), .events = POLLIN } };
	int n;

	for (;;) {
		if (stop_requested())
			return err_set(e, ERR_STOPPED, "interrupted");
		n = poll(fds, 2, deadline_left(deadline));
		if (n < 0 && errno != EINTR)
			return err_sys(e, "poll");
		if (n > 0 && fds[0].revents)
			return true;
		if (n == 0)
			return err_set(e, ERR_TIMEOUT, "timed out");
	}
}
