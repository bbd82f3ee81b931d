/*
 * ask - one message to one name server and back, over UDP or TCP, with a deadline.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/wait.h"

#include <stdint.h>
#include <sys/socket.h>

struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
	char text[64]; /* "192.0.2.1", or "192.0.2.1:5353" where it isn't the default port
			*/
};

struct endpoints {
	struct endpoint *list;
	size_t n;
};

void endpoints_clear(struct endpoints *all);
DEFINE_AUTO_VALUE(struct endpoints, endpoints, endpoints_clear)

/* An address, not a name, with an optional ":port" ("[…]:port" for IPv6). */
bool endpoint_parse(const char *spec, uint16_t port, struct endpoint *ep) NODISCARD;
/* The address in a network byte order of 4 or 16 bytes. */
struct endpoint endpoint_from(const void *addr, size_t len, uint16_t port);

/* Appends all addresses of "host", "host:port" or an address. ERR_DNS for an unknown name.
 */
bool endpoints_find(struct endpoints *all, const char *spec, uint16_t port, struct err *e)
	NODISCARD;

/*
 * A connected UDP socket. *no_route tells that this machine has no way there at all: no
 * such address family, or no route.
 */
int udp_open(const struct endpoint *ep, bool *no_route, struct err *e) NODISCARD;

/* One datagram. False with ERR_TIMEOUT, ERR_NET, ERR_STOPPED. */
bool udp_receive(int fd, struct buf *out, int64_t deadline, struct err *e) NODISCARD;

/* A TCP connection that is opened when first used, and again when the server closed it. */
struct stream {
	const struct endpoint *to;
	int fd;
};
void stream_init(struct stream *s, const struct endpoint *to);
void stream_clear(struct stream *s);
DEFINE_AUTO_VALUE(struct stream, stream, stream_clear)

/* Send a message, take the next one that comes. The message may be sent twice. */
bool stream_ask(struct stream *s, const struct buf *query, struct buf *answer,
	int64_t deadline, struct err *e) NODISCARD;

/*
 * UDP, sent again every second, and TCP when the answer was cut. Only an answer to this
 * query is taken; NULL with an error if none came by the deadline.
 */
struct ldns_struct_pkt;
struct ldns_struct_pkt *ask(const struct endpoint *ep, const struct buf *query,
	int64_t deadline, struct err *e) NODISCARD;
struct ldns_struct_pkt *ask_tcp(const struct endpoint *ep, const struct buf *query,
	int64_t deadline, struct err *e) NODISCARD;
