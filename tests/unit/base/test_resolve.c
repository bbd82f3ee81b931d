#include "base/clock.h"
#include "base/resolve.h"
#include "base/wait.h"
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void an_address_is_itself(void **state)
{
	AUTO(addrinfo) struct addrinfo *found = NULL;
	struct sockaddr_in in;
	struct err e;

	(void)state;
	assert_ok(resolve("192.0.2.7", 119, SOCK_STREAM, deadline_in(10), &found, &e), &e);
	assert_null(found->ai_next);
	assert_int_equal(found->ai_family, AF_INET);
	memcpy(&in, found->ai_addr, sizeof in);
	assert_int_equal(ntohs(in.sin_port), 119);
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0xc0000207);
}

static void a_name_is_looked_up(void **state)
{
	AUTO(addrinfo) struct addrinfo *found = NULL;
	struct err e;

	(void)state;
	assert_ok(resolve("localhost", 25, SOCK_STREAM, deadline_in(10), &found, &e), &e);
	assert_non_null(found);
}

static void what_is_no_name_is_told(void **state)
{
	struct addrinfo *found = NULL;
	struct err e;

	(void)state;
	assert_err(resolve("no such name", 25, SOCK_STREAM, deadline_in(10), &found, &e),
		&e, ERR_NET, "no such name: no address: ");
	assert_null(found);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* A machine of our own, whose only name server takes questions and never answers. */
static int silent_server(const char *dir)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	char conf[128], map[32];
	int fd;

	snprintf(conf, sizeof conf, "%s/resolv.conf", dir);
	snprintf(map, sizeof map, "0 %u 1", getuid());
	if (!put(conf, "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n") ||
		unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0 ||
		!put("/proc/self/uid_map", map) ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount(conf, "/etc/resolv.conf", NULL, MS_BIND, NULL) != 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	return ioctl(fd, SIOCSIFFLAGS, &lo) == 0 &&
			bind(fd, (const struct sockaddr *)&at, sizeof at) == 0
		? fd
		: -1;
}

/* In a child, for nothing leads back from there. The resolver alone would wait 150 s: if
 * that were waited for, the error would be another one. */
static void a_silent_resolver_is_not_waited_for(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		const int server = silent_server(*state);
		struct addrinfo *found = NULL;
		struct err e;

		if (server < 0)
			_exit(77);
		if (resolve("www.example.net", 25, SOCK_STREAM, deadline_in_ms(100), &found,
			    &e))
			_exit(1);
		if (!wait_fd(server, POLLIN, deadline_in(10), &(struct err){ 0 }))
			_exit(2); /* it wasn't asked at all */
		_exit(e.kind == ERR_TIMEOUT &&
					strstr(e.msg, "www.example.net: the resolver")
				? 0
				: 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		puts("SKIPPED: a silent resolver needs user namespaces");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	/* The one that forks comes first: a thread of another test that is about to end can
	 * hold the resolver's lock, and a child would have it locked for ever. */
	const struct CMUnitTest tests[] = {
		scratch_test(a_silent_resolver_is_not_waited_for),
		cmocka_unit_test(an_address_is_itself),
		cmocka_unit_test(a_name_is_looked_up),
		cmocka_unit_test(what_is_no_name_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
