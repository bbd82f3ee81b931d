#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/wait.h"
#include "ssh/private/complaint.h"
#include "ssh/private/master.h"
#include "ssh/private/mux.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * By OpenSSH alone: its ssh takes several at once, from any thread, and one that hangs in
 * the host's connect harms no other. libssh2 1.10 can open one channel at a time, and the
 * session is lost with one that doesn't open in time.
 */

/* From the end of what goes through an ssh to its own. */
enum { A_MOMENT_MS = 200 };

struct ssh_line {
	const struct master *master;
	const char *host;
	int port;
	char *to; /* both, for messages */
	struct mux mux;
};

bool ssh_tunnels(const struct ssh *s)
{
	return s->by->master;
}

bool ssh_lost(const struct ssh *s, bool wait)
{
	struct err goes_on;

	return wait_fd(s->by->master(s->t)->tether.pidfd, POLLIN,
		deadline_in_ms(wait ? A_MOMENT_MS : 0), &goes_on);
}

struct ssh_line *ssh_line_new(const struct ssh *s, const char *host, int port)
{
	struct ssh_line *l = xcalloc(1, sizeof *l);

	*l = (struct ssh_line){
		.master = s->by->master(s->t),
		.host = host,
		.port = port,
		.to = xasprintf("%s:%d", host, port),
		.mux = MUX_EMPTY,
	};
	return l;
}

void ssh_line_free(struct ssh_line *l)
{
	if (!l)
		return;
	mux_end(&l->mux);
	free(l->to);
	free(l);
}

/* ssh's answer is just no: the host's reason is in what it printed since. */
static bool refused(const struct ssh_line *l, off_t from, struct err *e)
{
	static const char failed[] = "connect failed: ";
	AUTO(buf) struct buf log = BUF_EMPTY;
	AUTO(str) char *why = NULL;

	tether_log_since(&l->master->tether, from, &log);
	why = complaint_forward(log.data, l->to);
	if (why && text_starts(why, "administratively prohibited"))
		return err_set(e, ERR_REMOTE,
			"the host's sshd forbids a tunnel to %s: AllowTcpForwarding, PermitOpen, DisableForwarding, or the key's options there",
			l->to);
	if (why && text_starts(why, failed))
		memmove(why, why + strlen(failed), strlen(why + strlen(failed)) + 1);
	return err_set(e, ERR_NET, "the host can't connect to %s: %s", l->to,
		why ? why : "refused");
}

/* The descriptor that ssh gets is its own from then on. */
static bool begin(struct ssh_line *l, int theirs, int64_t deadline, struct err *e)
{
	const off_t from = tether_printed(&l->master->tether);

	if (mux_forward(&l->mux, l->master->socket, l->host, l->port, theirs, deadline, e))
		return true;
	if (e->kind == ERR_REMOTE)
		return refused(l, from, e);
	if (e->kind == ERR_TIMEOUT)
		return err_set(
			e, ERR_TIMEOUT, "no answer to the host's connect to %s", l->to);
	return err_wrap(e, "tunnel to %s", l->to);
}

int ssh_line_connect(struct ssh_line *l, int64_t deadline, struct err *e)
{
	int pair[2];

	mux_end(&l->mux);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(e, "socketpair");
		return -1;
	}
	if (!begin(l, pair[1], deadline, e)) {
		close(pair[0]);
		pair[0] = -1;
		mux_end(&l->mux);
	}
	close(pair[1]);
	return pair[0];
}
