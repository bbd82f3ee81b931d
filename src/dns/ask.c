#include "dns/private/ask.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/resolve.h"
#include "base/wait.h"
#include "dns/private/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { RESEND_MS = 1000, MESSAGE_MAX = 65535 };

void endpoints_clear(struct endpoints *all)
{
	free(all->list);
	*all = (struct endpoints){ 0 };
}

static void describe(struct endpoint *ep, uint16_t usual_port)
{
	char host[48], port[8];
	const struct sockaddr *sa = (const struct sockaddr *)&ep->addr;

	if (getnameinfo(sa, ep->len, host, sizeof host, port, sizeof port,
		    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(ep->text, sizeof ep->text, "?");
		return;
	}
	if (strtol(port, NULL, 10) == usual_port)
		snprintf(ep->text, sizeof ep->text, "%s", host);
	else
		snprintf(ep->text, sizeof ep->text, strchr(host, ':') ? "[%s]:%s" : "%s:%s",
			host, port);
}

/* "host", "host:port", "v6", "[v6]:port" into its two halves. */
static bool split(const char *spec, char *host, size_t size, uint16_t *port)
{
	const char *end = spec + strlen(spec), *colon = strrchr(spec, ':');
	size_t len;

	if (spec[0] == '[') {
		end = strchr(++spec, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		colon = end[1] ? end + 1 : NULL;
	} else if (colon && strchr(spec, ':') == colon) {
		end = colon;
	} else {
		colon = NULL; /* none, or an IPv6 address without a port */
	}
	if (colon) {
		char *rest;
		unsigned long n = strtoul(colon + 1, &rest, 10);

		if (colon[1] < '0' || colon[1] > '9' || *rest || n == 0 || n > 65535)
			return false;
		*port = (uint16_t)n;
	}
	len = (size_t)(end - spec);
	if (len == 0 || len >= size)
		return false;
	memcpy(host, spec, len);
	host[len] = '\0';
	return true;
}

static struct endpoint take(const struct addrinfo *ai, uint16_t usual_port)
{
	struct endpoint ep = { .len = ai->ai_addrlen };

	memcpy(&ep.addr, ai->ai_addr, ai->ai_addrlen);
	describe(&ep, usual_port);
	return ep;
}

bool endpoint_parse(const char *spec, uint16_t port, struct endpoint *ep)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	AUTO(addrinfo) struct addrinfo *found = NULL;
	char host[256], number[8];
	uint16_t own = port;

	if (!split(spec, host, sizeof host, &own))
		return false;
	snprintf(number, sizeof number, "%u", own);
	if (getaddrinfo(host, number, &hints, &found) != 0)
		return false;
	*ep = take(found, port);
	return true;
}

struct endpoint endpoint_from(const void *addr, size_t len, uint16_t port)
{
	struct endpoint ep = { 0 };

	if (len == 4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

		memcpy(&in.sin_addr, addr, len);
		memcpy(&ep.addr, &in, ep.len = sizeof in);
	} else if (len == 16) {
		struct sockaddr_in6 in = { .sin6_family = AF_INET6,
			.sin6_port = htons(port) };

		memcpy(&in.sin6_addr, addr, len);
		memcpy(&ep.addr, &in, ep.len = sizeof in);
	}
	describe(&ep, port);
	return ep;
}

bool endpoints_find(struct endpoints *all, const char *spec, uint16_t port, struct err *e)
{
	const int64_t deadline = deadline_in(RESOLVE_SECONDS);
	AUTO(addrinfo) struct addrinfo *found = NULL;
	uint16_t own = port;
	char host[256];

	if (!split(spec, host, sizeof host, &own))
		return err_set(
			e, ERR_DNS, "name server '%s': not a host or host:port", spec);
	if (!resolve(host, own, SOCK_DGRAM, deadline, &found, e)) {
		if (e->kind == ERR_NET)
			e->kind = ERR_DNS;
		return err_wrap(e, "name server");
	}
	for (const struct addrinfo *ai = found; ai; ai = ai->ai_next) {
		GROW(all->list, all->n);
		all->list[all->n++] = take(ai, port);
	}
	return true;
}

/* What socket(2) and connect(2) say of a datagram socket before anything is sent: an IPv6
 * that is switched off, no route, a route that forbids. */
static bool is_no_route(int cause)
{
	return cause == ENETUNREACH || cause == EHOSTUNREACH || cause == EAFNOSUPPORT ||
		cause == EADDRNOTAVAIL || cause == EACCES;
}

/* What the kernel said about the peer, as an error of the network and not of this machine.
 */
static bool net_error(const struct endpoint *ep, const char *doing, struct err *e)
{
	err_sys(e, "%s%s", doing, ep ? ep->text : "");
	e->kind = ERR_NET;
	return false;
}

static int open_socket(const struct endpoint *ep, int type)
{
	return socket(((const struct sockaddr *)&ep->addr)->sa_family,
		type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int udp_open(const struct endpoint *ep, bool *no_route, struct err *e)
{
	int fd = open_socket(ep, SOCK_DGRAM);

	*no_route = false;
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&ep->addr, ep->len) == 0)
		return fd;
	*no_route = is_no_route(errno);
	net_error(ep, "connect to ", e);
	auto_fd(&fd);
	return -1;
}

bool udp_receive(int fd, struct buf *out, int64_t deadline, struct err *e)
{
	ssize_t n;

	buf_reset(out);
	buf_reserve(out, MESSAGE_MAX);
	do {
		if (!wait_fd(fd, POLLIN, deadline, e))
			return false;
		n = recv(fd, out->data, MESSAGE_MAX, 0);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n < 0)
		return net_error(NULL, "no answer", e);
	out->len = (size_t)n;
	out->data[n] = '\0';
	return true;
}

void stream_init(struct stream *s, const struct endpoint *to)
{
	*s = (struct stream){ .to = to, .fd = -1 };
}

void stream_clear(struct stream *s)
{
	auto_fd(&s->fd);
	s->fd = -1;
}

static bool stream_connect(struct stream *s, int64_t deadline, struct err *e)
{
	int cause = 0;
	socklen_t len = sizeof cause;

	s->fd = open_socket(s->to, SOCK_STREAM);
	if (s->fd < 0)
		return net_error(s->to, "connect to ", e);
	if (connect(s->fd, (const struct sockaddr *)&s->to->addr, s->to->len) == 0)
		return true;
	if (errno == EINPROGRESS) {
		if (!wait_fd(s->fd, POLLOUT, deadline, e))
			return err_wrap(e, "connect to %s", s->to->text);
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &cause, &len);
		if (cause == 0)
			return true;
		errno = cause;
	}
	return net_error(s->to, "connect to ", e);
}

static bool write_all(int fd, const struct buf *b, int64_t deadline, struct err *e)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = send(fd, b->data + done, b->len - done, MSG_NOSIGNAL);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN) {
			if (!wait_fd(fd, POLLOUT, deadline, e))
				return false;
		} else if (errno != EINTR)
			return net_error(NULL, "the connection broke", e);
	}
	return true;
}

static bool read_all(int fd, void *data, size_t len, int64_t deadline, struct err *e)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n;

		if (!wait_fd(fd, POLLIN, deadline, e))
			return false;
		n = recv(fd, (char *)data + done, len - done, 0);
		if (n == 0)
			return err_set(e, ERR_NET, "the server closed the connection");
		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return net_error(NULL, "the connection broke", e);
	}
	return true;
}

static bool converse(int fd, const struct buf *framed, struct buf *answer, int64_t deadline,
	struct err *e)
{
	uint8_t prefix[2];
	size_t len;

	if (!write_all(fd, framed, deadline, e) ||
		!read_all(fd, prefix, sizeof prefix, deadline, e))
		return false;
	len = (size_t)prefix[0] << 8 | prefix[1];
	buf_reset(answer);
	buf_reserve(answer, len);
	if (!read_all(fd, answer->data, len, deadline, e))
		return false;
	answer->len = len;
	answer->data[len] = '\0';
	return true;
}

bool stream_ask(struct stream *s, const struct buf *query, struct buf *answer,
	int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf framed = BUF_EMPTY;
	bool reused = s->fd >= 0;

	if (query->len > MESSAGE_MAX)
		return err_set(
			e, ERR_DNS, "a message of %zu bytes is too long", query->len);
	buf_putc(&framed, (char)(query->len >> 8));
	buf_putc(&framed, (char)(query->len & 0xff));
	buf_add(&framed, query->data, query->len);

	if (reused && converse(s->fd, &framed, answer, deadline, e))
		return true;
	if (reused && e->kind != ERR_NET)
		return false;
	/* a server may close an idle connection whenever it likes (RFC 7766 6.2.3) */
	stream_clear(s);
	if (!stream_connect(s, deadline, e))
		return false;
	return converse(s->fd, &framed, answer, deadline, e) ||
		err_wrap(e, "%s", s->to->text);
}

ldns_pkt *ask_tcp(
	const struct endpoint *ep, const struct buf *query, int64_t deadline, struct err *e)
{
	AUTO(stream) struct stream s;
	AUTO(buf) struct buf answer = BUF_EMPTY;

	stream_init(&s, ep);
	if (!stream_ask(&s, query, &answer, deadline, e))
		return NULL;
	return answer_parse(answer.data, answer.len, query, e);
}

/* The answer to this query: what else arrives is dropped. */
static ldns_pkt *collect(int fd, const struct buf *query, int64_t deadline, struct err *e)
{
	AUTO(buf) struct buf answer = BUF_EMPTY;
	ldns_pkt *p = NULL;

	while (!p && udp_receive(fd, &answer, deadline, e)) {
		p = answer_parse(answer.data, answer.len, query, e);
		if (!p && deadline_left(deadline) == 0) {
			err_set(e, ERR_TIMEOUT, "timed out");
			break;
		}
	}
	return p;
}

ldns_pkt *ask(
	const struct endpoint *ep, const struct buf *query, int64_t deadline, struct err *e)
{
	AUTO(pkt) ldns_pkt *p = NULL;
	bool no_route;
	AUTO(fd) int fd = udp_open(ep, &no_route, e);

	if (fd < 0)
		return NULL;
	do {
		if (send(fd, query->data, query->len, 0) < 0) {
			net_error(ep, "send to ", e);
			return NULL;
		}
		p = collect(
			fd, query, deadline_first(deadline, deadline_in_ms(RESEND_MS)), e);
	} while (!p && e->kind == ERR_TIMEOUT && deadline_left(deadline) > 0);
	if (!p) {
		err_wrap(e, "%s", ep->text);
		return NULL;
	}
	return ldns_pkt_tc(p) ? ask_tcp(ep, query, deadline, e) : TAKE(p);
}
