#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int caught;
static int pipe_fds[2] = { -1, -1 };
static _Thread_local int shields;

static void on_signal(int signo)
{
	int saved = errno;
	char byte = 0;

	atomic_store(&caught, signo);
	if (write(pipe_fds[1], &byte, 1) < 0)
		errno = 0; /* the flag is set; nothing better can be done in a handler */
	errno = saved;
}

void stop_init(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool stop_requested(void)
{
	return shields == 0 && atomic_load(&caught) != 0;
}

int stop_signal(void)
{
	return atomic_load(&caught);
}

int stop_fd(void)
{
	return shields == 0 ? pipe_fds[0] : -1;
}

void stop_shield(void)
{
	shields++;
}

void stop_unshield(void)
{
	shields--;
}
