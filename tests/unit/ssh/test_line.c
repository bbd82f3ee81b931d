/*
 * Connections that the host makes, in front of a real sshd; the host is this machine.
 */
#include "sshd.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static struct ssh *opened(const struct sshd *d)
{
	struct ssh_config c = sshd_config(d, SSH_LIBSSH2);
	struct err e = { 0 };
	struct ssh *s;

	c.tunnels = true;
	s = ssh_open(&c, &e);
	if (!s)
		fail_msg("%s", e.msg);
	assert_true(ssh_tunnels(s));
	assert_string_equal(ssh_carried_by(s), "OpenSSH, as a tunnel is wanted");
	return s;
}

static int64_t soon(void)
{
	return deadline_in(60);
}

/* On a port of its own; without listening it stays closed, and nobody else's. */
static int bound(bool listening, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	if (listening)
		assert_int_equal(listen(fd, 8), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void arrives(int from, int to, const char *text)
{
	struct pollfd ready = { .fd = to, .events = POLLIN };
	char data[16] = "";

	assert_int_equal(send(from, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	assert_int_equal(poll(&ready, 1, 60000), 1);
	assert_int_equal(recv(to, data, sizeof data - 1, 0), strlen(text));
	assert_string_equal(data, text);
}

static void ends(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char c;

	assert_int_equal(poll(&ready, 1, 60000), 1);
	assert_int_equal(recv(fd, &c, 1, 0), 0);
}

/* Two at a time, beside a command of the session; and again when they have ended. */
static void bytes_go_both_ways(void **state)
{
	AUTO(ssh) struct ssh *s = opened(sshd_fresh(state));
	int port, listener = bound(true, &port);
	struct ssh_line *lines[2];
	int ours[2], theirs[2];
	struct err e = { 0 };

	for (int i = 0; i < 2; i++) {
		lines[i] = ssh_line_new(s, "127.0.0.1", port);
		ours[i] = ssh_line_connect(lines[i], soon(), &e);
		assert_ok(ours[i] >= 0, &e);
		theirs[i] = accept(listener, NULL, NULL);
	}
	for (int i = 0; i < 2; i++) {
		AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;

		arrives(theirs[i], ours[i], "220 hello\r\n");
		assert_ok(ssh_exec(s, "true", NULL, 0, NULL, &r, soon(), &e), &e);
		arrives(ours[i], theirs[i], "EHLO\r\n");
	}
	close(ours[0]);
	ends(theirs[0]);
	close(theirs[1]);
	ends(ours[1]);
	close(ours[1]);
	ours[0] = ssh_line_connect(lines[0], soon(), &e);
	assert_ok(ours[0] >= 0, &e);
	theirs[1] = accept(listener, NULL, NULL);
	arrives(theirs[1], ours[0], "220 again\r\n");
	/* also if the socket is kept */
	ssh_line_free(lines[0]);
	ends(theirs[1]);
	close(ours[0]);
	close(theirs[0]);
	close(theirs[1]);
	ssh_line_free(lines[1]);
	close(listener);
}

static void refusals_are_told(void **state)
{
	AUTO(ssh) struct ssh *s = opened(sshd_fresh(state));
	int port, good_port;
	int closed = bound(false, &port), listener = bound(true, &good_port), fd;
	AUTO(ssh_line) struct ssh_line *nowhere = ssh_line_new(s, "127.0.0.1", port);
	AUTO(ssh_line) struct ssh_line *nobody = ssh_line_new(s, "nosuch.invalid", 25);
	AUTO(ssh_line) struct ssh_line *good = ssh_line_new(s, "127.0.0.1", good_port);
	struct err e = { 0 };

	assert_err(ssh_line_connect(nowhere, soon(), &e) >= 0, &e, ERR_NET,
		"the host can't connect to 127.0.0.1:");
	assert_non_null(strstr(e.msg, ": Connection refused"));
	assert_err(ssh_line_connect(nobody, soon(), &e) >= 0, &e, ERR_NET,
		"the host can't connect to nosuch.invalid:25: ");
	assert_null(strstr(e.msg, "refused"));
	assert_err(ssh_line_connect(good, deadline_in(0), &e) >= 0, &e, ERR_TIMEOUT,
		"no answer to the host's connect to 127.0.0.1:");
	/* none of them harms the session */
	assert_false(ssh_lost(s, true));
	fd = ssh_line_connect(good, soon(), &e);
	assert_ok(fd >= 0, &e);
	close(fd);
	close(closed);
	close(listener);
}

static void forwarding_may_be_forbidden(void **state)
{
	struct sshd *d = sshd_fresh(state);
	int port, listener = bound(true, &port);
	struct err e = { 0 };

	sshd_set(d, SSHD_USUAL "AllowTcpForwarding no\n");
	sshd_know(d, "", SSHD_HOST, "host_ed25519");
	{
		AUTO(ssh) struct ssh *s = opened(d);
		AUTO(ssh_line) struct ssh_line *l = ssh_line_new(s, "127.0.0.1", port);

		assert_err(ssh_line_connect(l, soon(), &e) >= 0, &e, ERR_REMOTE,
			"forbids a tunnel to 127.0.0.1:");
		assert_non_null(strstr(e.msg, "AllowTcpForwarding"));
	}
	close(listener);
}

static void a_session_that_is_gone(void **state)
{
	AUTO(ssh) struct ssh *s = opened(sshd_fresh(state));
	AUTO(ssh_line) struct ssh_line *l = ssh_line_new(s, "127.0.0.1", 9);
	AUTO(ssh_result) struct ssh_result r = SSH_RESULT_EMPTY;
	struct err e = { 0 };

	assert_false(ssh_exec(s, "kill -KILL $PPID", NULL, 0, NULL, &r, soon(), &e));
	assert_err(
		ssh_line_connect(l, soon(), &e) >= 0, &e, ERR_NET, "tunnel to 127.0.0.1:9");
	assert_true(ssh_lost(s, true));
	assert_true(ssh_lost(s, false));
}

static void libssh2_carries_none(void **state)
{
	const struct ssh_config c = sshd_config(sshd_fresh(state), SSH_LIBSSH2);
	struct err e = { 0 };
	AUTO(ssh) struct ssh *s = ssh_open(&c, &e);

	assert_ok(s, &e);
	assert_false(ssh_tunnels(s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(refusals_are_told),
		cmocka_unit_test(forwarding_may_be_forbidden),
		cmocka_unit_test(a_session_that_is_gone),
		cmocka_unit_test(libssh2_carries_none),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}
