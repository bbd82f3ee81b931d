/* Probes that go another way than from this machine: what is at its end is a socketpair's.
 */
#include "check.h"
#include "made_cert.h"

#include "base/clock.h"
#include "probe/probe.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

struct end {
	int fd;    /* the other one; -1: nobody is let through */
	char seen; /* the first byte that came */
	char asked[64];
	int tries, tries_left; /* it is gone after so many */
};

static int go(void *ctx, const struct probe_address *to, int64_t deadline, struct err *e)
{
	struct end *end = ctx;
	int pair[2];

	(void)deadline;
	end->tries++;
	snprintf(end->asked, sizeof end->asked, "%s", to->text);
	if (end->fd < 0) {
		err_set(e, ERR_REMOTE, "forbidden there");
		return -1;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	__atomic_store_n(&end->fd, pair[1], __ATOMIC_RELEASE);
	return pair[0];
}

static bool gone(void *ctx)
{
	const struct end *end = ctx;

	return end->tries > end->tries_left;
}

/* Takes the first byte, and hangs up. */
static void *attend(void *ctx)
{
	struct end *end = ctx;

	while (__atomic_load_n(&end->fd, __ATOMIC_ACQUIRE) == 0 ||
		recv(end->fd, &end->seen, 1, 0) != 1)
		usleep(1000);
	close(end->fd);
	return NULL;
}

/* Once, or until it is good, which it never is. */
static struct probe_result ask(struct end *end, bool patient)
{
	static const struct made_wish wish = { "Root", NULL, 0, 0, NULL };
	struct made root = made_cert(&wish, NULL);
	AUTO(trust) struct trust *trust = made_trust(&root);
	struct err e = { 0 };
	AUTO(prober) struct prober *prober = prober_new(trust, 1, &e);
	const struct probe_way way = { go, gone, end };
	const struct probe_target t = {
		.protocol = "https", .name = "www.example.net", .way = &way
	};
	struct probe_address place;
	struct probe_result r = { 0 };

	probe_place("localhost", 8443, &place);
	if (patient)
		probe_until(prober, &t, &place, NULL, 3, deadline_in(600), &r);
	else
		probe_run(prober, &t, &place, NULL, deadline_in(60), &r);
	made_clear(&root);
	return r;
}

static void the_way_is_gone(void **state)
{
	struct end end = { 0 };
	struct probe_result r;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, attend, &end), 0);
	r = ask(&end, false);
	pthread_join(thread, NULL);
	assert_int_equal(end.seen, 0x16); /* a handshake record */
	assert_string_equal(end.asked, "localhost:8443");
	assert_int_equal(r.verdict, PROBE_HANDSHAKE);
	assert_string_equal(r.address, "localhost:8443");
	probe_result_clear(&r);
}

static void a_way_that_is_closed_says_why(void **state)
{
	struct end end = { .fd = -1 };
	struct probe_result r = ask(&end, false);

	(void)state;
	assert_int_equal(r.verdict, PROBE_UNREACHABLE);
	assert_string_equal(r.err.msg, "forbidden there");
	probe_result_clear(&r);
}

static void what_is_gone_for_good_is_not_waited_for(void **state)
{
	struct end end = { .fd = -1, .tries_left = 2 };
	struct probe_result r = ask(&end, true);

	(void)state;
	assert_int_equal(r.verdict, PROBE_UNREACHABLE);
	assert_int_equal(end.tries, 3);
	probe_result_clear(&r);
}

static void places_have_names(void **state)
{
	struct probe_address a;

	(void)state;
	probe_place("::1", 24, &a);
	assert_string_equal(a.text, "[::1]:24");
	assert_int_equal(a.sockaddr.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_is_gone),
		cmocka_unit_test(a_way_that_is_closed_says_why),
		cmocka_unit_test(what_is_gone_for_good_is_not_waited_for),
		cmocka_unit_test(places_have_names),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
