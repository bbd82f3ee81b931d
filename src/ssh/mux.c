#include "ssh/private/mux.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/wait.h"
#include "ssh/private/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { VERSION = 4, MAX_FRAME = 64 << 10, FULL_AGAIN_MS = 20 };

#define M_HELLO             UINT32_C(0x00000001)
#define M_NEW_SESSION       UINT32_C(0x10000002)
#define M_NEW_FORWARD       UINT32_C(0x10000008)
#define M_ALIVE_CHECK       UINT32_C(0x10000004)
#define M_PERMISSION_DENIED UINT32_C(0x80000002)
#define M_FAILURE           UINT32_C(0x80000003)
#define M_EXIT              UINT32_C(0x80000004)
#define M_ALIVE             UINT32_C(0x80000005)
#define M_OPENED            UINT32_C(0x80000006)
#define NO_ESCAPE           UINT32_C(0xffffffff)

static uint32_t get_u32(const char *at)
{
	const uint8_t *p = (const uint8_t *)at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool gone(struct err *e)
{
	return err_set(e, ERR_NET, "ssh has ended");
}

/* One piece, with a descriptor if fd isn't negative. */
static ssize_t post(int to, const void *data, size_t len, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	/* sendmsg doesn't write to it; the prototype can't say so */
	memcpy(&iov.iov_base, &data, sizeof data);
	if (fd >= 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof control.room;
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	}
	return sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool send_all(const struct mux *m, const void *data, size_t len, int fd,
	int64_t deadline, struct err *e)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = post(m->fd, p, len, fd);

		if (n < 0 && errno == EAGAIN) {
			if (!wait_fd(m->fd, POLLOUT, deadline, e))
				return false;
		} else if (n < 0 && errno != EINTR) {
			return gone(e);
		}
		p += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return true;
}

static bool send_frame(
	const struct mux *m, const struct buf *body, int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_u32(&b, (uint32_t)body->len);
	buf_add(&b, body->data, body->len);
	return send_all(m, b.data, b.len, -1, deadline, e);
}

/* The answers; what else may come, of terminals and forwarding, wasn't asked for. */
static bool understand(struct mux *m, const char *frame, size_t len, struct err *e)
{
	uint32_t type = len < 4 ? 0 : get_u32(frame);

	if (type == M_HELLO && (len < 8 || get_u32(frame + 4) != VERSION))
		return err_set(e, ERR_PROTOCOL,
			"ssh's control socket speaks another version than %d", VERSION);
	m->greeted = m->greeted || type == M_HELLO;
	m->opened = m->opened || type == M_OPENED;
	m->alive = m->alive || type == M_ALIVE;
	m->refused = m->refused || type == M_FAILURE || type == M_PERMISSION_DENIED;
	if (type == M_EXIT && len >= 12) {
		m->exited = true;
		m->status = (int)(get_u32(frame + 8) & 0xff);
	}
	return true;
}

static bool take_frames(struct mux *m, struct err *e)
{
	size_t used = 0;

	while (m->in.len - used >= 4) {
		const char *frame = m->in.data + used + 4;
		size_t len = get_u32(frame - 4);

		if (len > MAX_FRAME)
			return err_set(
				e, ERR_PROTOCOL, "ssh's control socket: garbled answer");
		if (len > m->in.len - used - 4)
			break;
		if (!understand(m, frame, len, e))
			return false;
		used += 4 + len;
	}
	memmove(m->in.data, m->in.data + used, m->in.len - used);
	buf_truncate(&m->in, m->in.len - used);
	return true;
}

bool mux_hear(struct mux *m, struct err *e)
{
	char data[1024];
	ssize_t n = recv(m->fd, data, sizeof data, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n > 0) {
		buf_add(&m->in, data, (size_t)n);
		return take_frames(m, e);
	}
	m->ended = true;
	return true;
}

/* Until the answer is there. */
static bool await(struct mux *m, const bool *answer, int64_t deadline, struct err *e)
{
	while (!*answer) {
		if (!wait_fd(m->fd, POLLIN, deadline, e) || !mux_hear(m, e))
			return false;
		if (m->refused)
			return err_set(e, ERR_REMOTE,
				"the host refuses another channel (MaxSessions)");
		if (m->ended && !*answer)
			return gone(e);
	}
	return true;
}

/* unix(7): where the backlog is full it is EAGAIN, which poll(2) can't wait for. */
static bool connect_to(struct mux *m, const char *path, int64_t deadline, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, path, strlen(path) + 1);
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return err_sys(e, "socket");
	while (connect(m->fd, (const struct sockaddr *)&to, sizeof to) < 0) {
		if (errno != EAGAIN)
			return gone(e);
		if (deadline_left(deadline) == 0)
			return err_set(e, ERR_TIMEOUT, "ssh takes no more at its socket");
		if (!clock_sleep_ms(FULL_AGAIN_MS, e))
			return false;
	}
	return true;
}

static bool greet(struct mux *m, const char *path, int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_u32(&b, M_HELLO);
	put_u32(&b, VERSION);
	return connect_to(m, path, deadline, e) && send_frame(m, &b, deadline, e) &&
		await(m, &m->greeted, deadline, e);
}

/* "reserved", then no terminal, no X11, no agent, and what it is. */
static void put_session(struct buf *b, bool subsystem, const char *what)
{
	put_u32(b, M_NEW_SESSION);
	put_u32(b, 0); /* the request's number: there is no other */
	put_text(b, "");
	for (int i = 0; i < 3; i++)
		put_u32(b, 0);
	put_u32(b, subsystem);
	put_u32(b, NO_ESCAPE);
	put_text(b, "");
	put_text(b, what);
}

static bool begin(struct mux *m, const char *path, const struct buf *request,
	const int *fds, size_t n, int64_t deadline, struct err *e)
{
	if (!greet(m, path, deadline, e) || !send_frame(m, request, deadline, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!send_all(m, "", 1, fds[i], deadline, e))
			return false;
	return await(m, &m->opened, deadline, e);
}

bool mux_begin(struct mux *m, const char *path, bool subsystem, const char *what,
	const int fds[3], int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_session(&b, subsystem, what);
	return begin(m, path, &b, fds, 3, deadline, e);
}

/* PROTOCOL.mux calls the port a string: ssh reads a number. */
bool mux_forward(struct mux *m, const char *path, const char *host, int port, int fd,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_u32(&b, M_NEW_FORWARD);
	put_u32(&b, 0); /* the request's number */
	put_text(&b, "");
	put_text(&b, host);
	put_u32(&b, (uint32_t)port);
	return begin(m, path, &b, (int[]){ fd, fd }, 2, deadline, e);
}

bool mux_alive(const char *path, int64_t deadline, struct err *e)
{
	AUTO(mux) struct mux m = MUX_EMPTY;
	AUTO(buf) struct buf b = BUF_EMPTY;

	put_u32(&b, M_ALIVE_CHECK);
	put_u32(&b, 0);
	return greet(&m, path, deadline, e) && send_frame(&m, &b, deadline, e) &&
		await(&m, &m.alive, deadline, e);
}

void mux_end(struct mux *m)
{
	if (m->fd >= 0)
		close(m->fd);
	buf_clear(&m->in);
	*m = (struct mux)MUX_EMPTY;
}
