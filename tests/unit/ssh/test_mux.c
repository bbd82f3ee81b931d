/*
 * The control socket of an ssh that takes nobody in, or isn't there.
 */
#include "check.h"
#include "ssh/private/mux.h"

#include "base/clock.h"
#include "base/macros.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un place(const char *dir)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(to.sun_path, sizeof to.sun_path, "%s/s", dir);
	return to;
}

static int unix_socket(void)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

static bool reached(int fd, const struct sockaddr_un *to)
{
	return connect(fd, (const struct sockaddr *)to, sizeof *to) == 0;
}

static void backlog_full(void **state)
{
	const struct sockaddr_un at = place(*state);
	int listening = unix_socket(), waiting[8];
	struct err e = { 0 };
	size_t n = 0;

	assert_int_equal(bind(listening, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listening, 0), 0);
	for (waiting[n] = unix_socket(); reached(waiting[n], &at);
		waiting[n] = unix_socket())
		assert_true(++n < ARRAY_LEN(waiting));
	assert_int_equal(errno, EAGAIN);
	assert_err(mux_alive(at.sun_path, deadline_in_ms(100), &e), &e, ERR_TIMEOUT,
		"ssh takes no more");
	do
		close(waiting[n]);
	while (n-- > 0);
	close(listening);
}

static void nobody_there(void **state)
{
	const struct sockaddr_un at = place(*state);
	struct err e = { 0 };

	assert_err(mux_alive(at.sun_path, deadline_in(60), &e), &e, ERR_NET, "has ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(backlog_full),
		scratch_test(nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
