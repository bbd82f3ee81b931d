#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int caught;
static int pipe_fds[2] = { -1, -1 };
static _Thread_local int shields;

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static void on_signal(int signo)
{
	int saved = errno;
	char byte = 0;

	/* the next one ends the program, whichever it is */
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], SIG_DFL);
	atomic_store(&caught, signo);
	if (write(pipe_fds[1], &byte, 1) < 0)
		errno = 0; /* the flag is set; nothing better can be done in a handler */
	errno = saved;
}

void stop_init(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, old;

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	sigfillset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		/* what nohup or a shell's & made us ignore, stays ignored */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
}

bool stop_requested(void)
{
	return shields == 0 && atomic_load(&caught) != 0;
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

bool stop_shielded(void)
{
	return shields > 0;
}
