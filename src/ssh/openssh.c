#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wait.h"
#include "ssh/private/complaint.h"
#include "ssh/private/master.h"
#include "ssh/private/mux.h"
#include "ssh/private/patience.h"
#include "ssh/private/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* How often a refused channel is tried again, and how long after: see channel.c. */
enum { TRIES = 5, CHANNEL_AGAIN_MS = 100 };

/* So long an ssh that doesn't answer any more may take to end. */
enum { LAST_WORDS_MS = 1000 };

/* What a command prints; both ends of a pipe, -1 once closed. */
struct stream {
	int ours, theirs;
	struct buf *buf;
};

/* A command, which goes on running once it has answered. */
struct command {
	bool begun;
	struct mux mux;
	int input; /* -1: it has had all */
	struct stream out, err;
};
#define COMMAND_EMPTY                                                                      \
	{                                                                                  \
		false, MUX_EMPTY, -1, { -1, -1, NULL },                                    \
		{                                                                          \
			-1, -1, NULL                                                       \
		}                                                                          \
	}

/* A session by OpenSSH. */
struct openssh {
	struct master *master;
	struct command command;
	struct mux sftp;
	int stream;    /* to the SFTP server */
	bool answered; /* it has said something */
	bool lost;     /* given up in the middle: only good for closing */
};

static void *open_session(const struct ssh_config *c, const struct known_hosts *known,
	int64_t deadline, struct refusal *why, struct err *e)
{
	struct patience p = PATIENCE;
	struct master *m = master_open(c, known, deadline, why, e);
	struct openssh *s;

	while (!m && why->again && patience_wait(&p, deadline, e))
		m = master_open(c, known, deadline, why, e);
	if (!m)
		return NULL;
	s = xcalloc(1, sizeof *s);
	*s = (struct openssh){
		.master = m, .command = COMMAND_EMPTY, .sftp = MUX_EMPTY, .stream = -1
	};
	return s;
}

static void stream_close(struct stream *s)
{
	auto_fd(&s->ours);
	auto_fd(&s->theirs);
	s->ours = s->theirs = -1;
}

static void end_command(struct openssh *s)
{
	mux_end(&s->command.mux);
	auto_fd(&s->command.input);
	stream_close(&s->command.out);
	stream_close(&s->command.err);
	s->command = (struct command)COMMAND_EMPTY;
}

static void end_sftp(struct openssh *s)
{
	mux_end(&s->sftp);
	auto_fd(&s->stream);
	s->stream = -1;
}

static void close_session(void *t)
{
	struct openssh *s = t;

	end_command(s);
	end_sftp(s);
	master_close(s->master);
	free(s);
}

static const char *host_key(const void *t)
{
	const struct openssh *s = t;

	return s->master->host_key ? s->master->host_key : "host key as OpenSSH knows it";
}

static bool usable(const void *t, struct err *e)
{
	const struct openssh *s = t;

	if (stop_requested())
		return err_set(e, ERR_STOPPED, "interrupted");
	return !s->lost || err_set(e, ERR_NET, "the connection was given up");
}

/* Given up. Of a connection that broke, ssh has said more than we know. Returns false. */
static bool lose(struct openssh *s, struct err *e)
{
	AUTO(buf) struct buf log = BUF_EMPTY;
	AUTO(str) char *line = NULL;

	struct err ignored;

	s->lost = true;
	if (e->kind != ERR_NET)
		return false;
	if (!wait_fd(s->master->tether.pidfd, POLLIN, deadline_in_ms(LAST_WORDS_MS),
		    &ignored))
		return false;
	tether_log(&s->master->tether, &log);
	line = complaint_line(log.data);
	return err_set(e, ERR_NET, "the host hung up%s%s", *line ? ": " : "", line);
}

/* Is it that something ended there, or the connection? */
static bool still_there(struct openssh *s, int64_t deadline, struct err *e)
{
	return mux_alive(s->master->socket, deadline, e) || lose(s, e);
}

/* A command that has ended may count for a while yet (MaxSessions 1). */
static bool begin(struct openssh *s, struct mux *m, bool subsystem, const char *what,
	const int fds[3], int64_t deadline, struct err *e)
{
	for (int tries = 1;; tries++) {
		if (mux_begin(m, s->master->socket, subsystem, what, fds, deadline, e))
			return true;
		mux_end(m);
		if (e->kind != ERR_REMOTE)
			return lose(s, e);
		if (tries == TRIES || !clock_sleep_ms(CHANNEL_AGAIN_MS, e))
			return false;
	}
}

/* ---- commands ---- */

static bool stream_open(struct stream *s, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	s->ours = ends[0];
	s->theirs = ends[1];
	return fcntl(s->ours, F_SETFL, O_NONBLOCK) == 0 || err_sys(e, "pipe");
}

/* One read per turn, so that a command that never stops talking doesn't hide its deadline.
 */
static void drain(struct stream *s)
{
	size_t room = SSH_MAX_OUTPUT - s->buf->len;
	char data[16384];
	ssize_t n = read(s->ours, data, sizeof data);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		buf_add(s->buf, data, (size_t)n < room ? (size_t)n : room);
	else
		stream_close(s);
}

static bool ended(const struct command *c)
{
	return c->mux.ended && c->out.ours < 0 && c->err.ours < 0;
}

static bool turn(struct command *c, const struct input *in, size_t *sent, int64_t deadline,
	struct err *e)
{
	const bool more = input_feed(in, &c->input, sent, c->out.buf, c->err.buf);
	struct pollfd fds[] = { { c->out.ours, POLLIN, 0 }, { c->err.ours, POLLIN, 0 },
		{ c->mux.ended ? -1 : c->mux.fd, POLLIN, 0 },
		{ more ? c->input : -1, POLLOUT, 0 } };

	if (!wait_fds(fds, ARRAY_LEN(fds), deadline, e))
		return false;
	if (deadline_left(deadline) == 0)
		return err_set(e, ERR_TIMEOUT, "timed out");
	if (fds[0].revents)
		drain(&c->out);
	if (fds[1].revents)
		drain(&c->err);
	return !fds[2].revents || mux_hear(&c->mux, e);
}

/* Until it has answered; or both streams and the session have ended. */
static bool follow(struct command *c, const struct input *in, struct ssh_result *r,
	int64_t deadline, struct err *e)
{
	size_t sent = 0;

	while (!ended(c) && !ssh_answered(r, in->last))
		if (!turn(c, in, &sent, deadline, e) || !ssh_may_answer(r, in->last, e))
			return false;
	return true;
}

/* The end of a command of which no status came. */
static bool judge(struct ssh_result *r, struct err *e)
{
	if (r->out.len == 0 && text_starts(r->err.data, "exec request failed on channel "))
		return err_set(e, ERR_REMOTE, "the host refuses exec");
	r->status = 128;
	return true;
}

static bool begin_command(
	struct openssh *s, const char *line, int64_t deadline, struct err *e)
{
	struct command *c = &s->command;
	AUTO(fd) int theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	c->input = pair[0];
	theirs = pair[1];
	if (!stream_open(&c->out, e) || !stream_open(&c->err, e) ||
		!begin(s, &c->mux, false, line,
			(int[]){ theirs, c->out.theirs, c->err.theirs }, deadline, e)) {
		end_command(s);
		return false;
	}
	auto_fd(&c->out.theirs);
	auto_fd(&c->err.theirs);
	c->out.theirs = c->err.theirs = -1;
	c->begun = true;
	return true;
}

/* It has ended: how? */
static bool finish(struct openssh *s, struct ssh_result *r, int64_t deadline, struct err *e)
{
	const bool exited = s->command.mux.exited;

	r->status = s->command.mux.status;
	end_command(s);
	if (still_there(s, deadline, e))
		return exited || judge(r, e);
	r->status = -1;
	return false;
}

static bool exec(void *t, const char *command, const struct input *in, struct ssh_result *r,
	int64_t deadline, struct err *e)
{
	struct openssh *s = t;
	struct command *c = &s->command;

	if (!c->begun && !begin_command(s, command, deadline, e))
		return false;
	c->out.buf = &r->out;
	c->err.buf = &r->err;
	if (!follow(c, in, r, deadline, e))
		return lose(s, e);
	return !ended(c) || finish(s, r, deadline, e);
}

static bool goes_on(const void *t)
{
	return ((const struct openssh *)t)->command.begun;
}

/* ---- SFTP ---- */

static bool sftp_open(void *t, int64_t deadline, struct err *e)
{
	struct openssh *s = t;
	AUTO(fd) int theirs = -1, nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	s->stream = pair[0];
	theirs = pair[1];
	s->answered = false;
	if (nowhere < 0)
		err_sys(e, "/dev/null");
	else if (begin(s, &s->sftp, true, "sftp", (int[]){ theirs, theirs, nowhere },
			 deadline, e))
		return true;
	end_sftp(s);
	return false;
}

static bool sftp_ended(struct openssh *s, int64_t deadline, struct err *e)
{
	if (!still_there(s, deadline, e))
		return false;
	return err_set(e, ERR_REMOTE,
		s->answered ? "the host's SFTP server ended"
			    : "the host has no sftp (Subsystem in its sshd_config)");
}

/* False at the end. */
static bool receive(struct openssh *s, struct buf *in)
{
	char data[16384];
	ssize_t n = recv(s->stream, data, sizeof data, MSG_DONTWAIT);

	if (n > 0) {
		buf_add(in, data, (size_t)n);
		wipe(data, (size_t)n); /* it may be of a key */
	}
	s->answered = s->answered || n > 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* What can't be sent will be seen in receive. */
static void transmit(struct openssh *s, const struct buf *out, size_t *sent)
{
	ssize_t n = 1;

	while (*sent < out->len && n > 0) {
		n = send(s->stream, out->data + *sent, out->len - *sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		*sent += n > 0 ? (size_t)n : 0;
	}
}

static bool sftp_move(void *t, const struct buf *out, size_t *sent, struct buf *in,
	int64_t deadline, struct err *e)
{
	struct openssh *s = t;
	size_t before = in->len;

	for (;;) {
		transmit(s, out, sent);
		if (!receive(s, in))
			return sftp_ended(s, deadline, e);
		if (in->len > before)
			return true;
		if (!wait_fd(s->stream, *sent < out->len ? POLLIN | POLLOUT : POLLIN,
			    deadline, e))
			return lose(s, e);
	}
}

static bool sftp_close(void *t, int64_t deadline, struct err *e)
{
	(void)deadline;
	(void)e;
	end_sftp(t);
	return true;
}

static const struct master *master_of(const void *t)
{
	return ((const struct openssh *)t)->master;
}

const struct transport transport_openssh = { open_session, close_session, host_key, usable,
	exec, goes_on, sftp_open, sftp_move, sftp_close, master_of };
