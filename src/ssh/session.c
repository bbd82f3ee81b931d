#include "ssh/private/session.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/wait.h"
#include "ssh/private/printable.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { FULL = 128 << 10 };

static void flush(struct session *s)
{
	while (s->out_sent < s->out.len && s->out_errno == 0) {
		ssize_t n = send(s->fd, s->out.data + s->out_sent, s->out.len - s->out_sent,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			s->out_sent += (size_t)n;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			s->out_errno = errno;
	}
	buf_reset(&s->out);
	s->out_sent = 0;
}

/*
 * libssh2 uses the session's callbacks for its key agent's socket too, and has that one
 * block. Bytes, or -errno.
 */
static ssize_t with_agent(struct session *s, int fd, void *in, const void *out, size_t len)
{
	struct err ignored;
	ssize_t n;

	if (!wait_fd(fd, in ? POLLIN : POLLOUT, s->deadline, &ignored))
		return -ETIMEDOUT;
	do
		n = in ? recv(fd, in, len, 0) : send(fd, out, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -ECONNRESET; /* libssh2 would ask again for ever */
	return n < 0 ? -errno : n;
}

static ssize_t on_send(
	libssh2_socket_t fd, const void *data, size_t len, int flags, void **abstract)
{
	struct session *s = *abstract;

	(void)flags;
	if (fd != s->fd)
		return with_agent(s, fd, NULL, data, len);
	if (s->out_errno)
		return -s->out_errno;
	buf_add(&s->out, data, len);
	if (s->out.len >= FULL)
		flush(s);
	return (ssize_t)len;
}

static ssize_t on_receive(
	libssh2_socket_t fd, void *data, size_t len, int flags, void **abstract)
{
	struct session *s = *abstract;
	const int on = 1;
	ssize_t n;
	int cause;

	if (fd != s->fd)
		return with_agent(s, fd, data, NULL, len);
	flush(s);
	n = recv(fd, data, len, flags | MSG_DONTWAIT);
	cause = errno;
	/* sshd waits for our acknowledgement here and there (its Nagle), and the kernel
	 * forgets this option by itself. */
	if (s->proxy == 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	s->ended = s->ended || n == 0;
	s->arrived = s->arrived || n > 0;
	if (n >= 0)
		return n;
	return cause == EINTR ? -EAGAIN : -cause;
}

/* The only place where sshd says why: "Too many authentication failures". */
static void on_disconnect(LIBSSH2_SESSION *session, int reason, const char *message,
	int message_len, const char *language, int language_len, void **abstract)
{
	struct session *s = *abstract;
	size_t n = 0;

	(void)session;
	(void)reason;
	(void)language;
	(void)language_len;
	s->ended = true;
	for (int i = 0; i < message_len && n < sizeof s->farewell - 1; i++)
		s->farewell[n++] = printable(message[i]);
	s->farewell[n] = '\0';
}

#if LIBSSH2_VERSION_NUM >= 0x010b01
typedef libssh2_cb_generic *callback;
#define set_callback libssh2_session_callback_set2
#else
typedef void *callback;
#define set_callback libssh2_session_callback_set
#endif

static void set_callbacks(LIBSSH2_SESSION *session)
{
	LIBSSH2_SEND_FUNC((*sender)) = on_send;
	LIBSSH2_RECV_FUNC((*receiver)) = on_receive;
	LIBSSH2_DISCONNECT_FUNC((*disconnector)) = on_disconnect;
	callback p;

	/* ISO C has no cast from a function to void *. */
	memcpy(&p, &sender, sizeof p);
	set_callback(session, LIBSSH2_CALLBACK_SEND, p);
	memcpy(&p, &receiver, sizeof p);
	set_callback(session, LIBSSH2_CALLBACK_RECV, p);
	memcpy(&p, &disconnector, sizeof p);
	set_callback(session, LIBSSH2_CALLBACK_DISCONNECT, p);
}

struct session *session_new(const struct dialed *d, int64_t deadline)
{
	struct session *s = xcalloc(1, sizeof *s);

	s->fd = d->fd;
	s->proxy = d->proxy;
	s->proxy_err = d->proxy_err;
	s->deadline = deadline;
	buf_init(&s->out);
	s->session = libssh2_session_init_ex(NULL, NULL, NULL, s);
	if (!s->session)
		abort(); /* out of memory */
	libssh2_session_set_blocking(s->session, 0);
	set_callbacks(s->session);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (!s->lost)
		(void)libssh2_session_disconnect(s->session, "done");
	flush(s);
	/* From here on nothing can make libssh2 wait for an answer. */
	s->out_errno = EPIPE;
	shutdown(s->fd, SHUT_RDWR);
	for (int i = 0;
		i < 100 && libssh2_session_free(s->session) == LIBSSH2_ERROR_EAGAIN;)
		i++;
	dialed_end(&(struct dialed){ s->fd, s->proxy, s->proxy_err });
	buf_clear(&s->out);
	free(s->host_key);
	free(s);
}

bool session_full(const struct session *s)
{
	return s->out.len - s->out_sent >= FULL;
}

bool session_wait(struct session *s, int64_t deadline, struct err *e)
{
	flush(s);
	if (wait_fd(s->fd, s->out.len ? POLLIN | POLLOUT : POLLIN, deadline, e))
		return true;
	s->lost = true;
	return false;
}

bool session_pause(struct session *s, bool moved, int64_t deadline, struct err *e)
{
	if (deadline_left(deadline) == 0) {
		s->lost = true;
		return err_set(e, ERR_TIMEOUT, "timed out");
	}
	if (!moved && !s->arrived)
		return session_wait(s, deadline, e);
	s->arrived = false;
	s->lost = stop_requested();
	return !s->lost || err_set(e, ERR_STOPPED, "interrupted");
}

bool session_usable(const struct session *s, struct err *e)
{
	if (stop_requested())
		return err_set(e, ERR_STOPPED, "interrupted");
	if (s->lost)
		return err_set(e, ERR_NET, "the connection was given up");
	return true;
}

bool session_broke(const struct session *s, int rc)
{
	return s->ended || s->out_errno || rc == LIBSSH2_ERROR_SOCKET_DISCONNECT ||
		rc == LIBSSH2_ERROR_SOCKET_SEND || rc == LIBSSH2_ERROR_SOCKET_RECV ||
		rc == LIBSSH2_ERROR_SOCKET_TIMEOUT || rc == LIBSSH2_ERROR_BAD_SOCKET ||
		rc == LIBSSH2_ERROR_BANNER_RECV || rc == LIBSSH2_ERROR_BANNER_SEND ||
		rc == LIBSSH2_ERROR_SOCKET_NONE;
}

bool session_err(struct session *s, int rc, const char *doing, struct err *e)
{
	char *text = NULL;

	libssh2_session_last_error(s->session, &text, NULL, 0);
	if (session_broke(s, rc)) {
		s->lost = true;
		text = s->farewell;
		return err_set(e, ERR_NET, "%s: the host hung up%s%s", doing,
			*text ? ": " : "", text);
	}
	return err_set(e, ERR_PROTOCOL, "%s: %s (libssh2 error %d)", doing,
		text && *text ? text : "failed", rc);
}
