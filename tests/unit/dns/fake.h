/*
 * fake - a name server on loopback that plays a part: UDP and TCP on one port.
 *
 * Its answers are built with ldns, and its TSIG is ldns's own, so that ours is checked by
 * somebody else's.
 */
#pragma once

#include "check.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* Answer a parsed question; NULL: no answer. *raw may be set to send just these bytes. */
struct fake;
typedef ldns_pkt *fake_part(struct fake *f, ldns_pkt *q, const uint8_t *wire, size_t len);

struct fake {
	fake_part *part;
	void *ctx;
	const char *raw;                      /* sent instead of an answer */
	bool truncate;                        /* over UDP: TC and nothing else */
	const char *key, *secret, *algorithm; /* TSIG: base64; NULL: none */
	uint16_t tsig_error;     /* answer with this one in an unsigned TSIG record */
	time_t shift;            /* of the clock that a BADTIME tells */
	atomic_int n_udp, n_tcp; /* questions so far */
	bool over_tcp;           /* the present one */

	uint16_t port;
	char spec[32]; /* "127.0.0.1:12345" */
	int udp, tcp, quit[2];
	pthread_t threads[2];
};

/* Held while a part is played. */
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

/* What a test has set is seen by the servers from here on, and the other way round. */
static inline void fake_sync(void)
{
	pthread_mutex_lock(&fake_lock);
	pthread_mutex_unlock(&fake_lock);
}

static inline ldns_pkt *fake_answer(ldns_pkt *q, ldns_pkt_rcode rcode, bool aa)
{
	ldns_pkt *a = ldns_pkt_new();

	ldns_pkt_set_id(a, ldns_pkt_id(q));
	ldns_pkt_set_qr(a, true);
	ldns_pkt_set_aa(a, aa);
	ldns_pkt_set_opcode(a, ldns_pkt_get_opcode(q));
	ldns_pkt_set_rcode(a, rcode);
	ldns_pkt_push_rr(a, LDNS_SECTION_QUESTION,
		ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(q), 0)));
	return a;
}

static inline void fake_add(ldns_pkt *a, ldns_pkt_section section, const char *text)
{
	ldns_rr *rr = NULL;

	if (ldns_rr_new_frm_str(&rr, text, 60, NULL, NULL) != LDNS_STATUS_OK)
		abort();
	ldns_pkt_push_rr(a, section, rr);
}

/* The question's name without the last dot, in lower case. */
static inline const char *fake_name(ldns_pkt *q)
{
	static _Thread_local char text[300];
	char *s = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(q), 0)));

	snprintf(text, sizeof text, "%.*s", (int)strlen(s) - 1, s);
	free(s);
	return text;
}

static inline ldns_rr_type fake_type(ldns_pkt *q)
{
	return ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_question(q), 0));
}

static inline void fake_sign(struct fake *f, ldns_pkt *q, ldns_pkt *a)
{
	ldns_rdf *mac = ldns_rr_rdf(ldns_pkt_tsig(q), 3);

	if (ldns_pkt_tsig_sign(a, f->key, f->secret, 300, f->algorithm, mac) !=
		LDNS_STATUS_OK)
		abort();
}

/* An unsigned TSIG record with an error, as RFC 8945 5.3.2 has it; other: a time or 0. */
static inline size_t fake_tsig_error(
	uint8_t *msg, size_t len, const char *key, uint16_t error, time_t other)
{
	ldns_rdf *names[2] = { ldns_dname_new_frm_str(key),
		ldns_dname_new_frm_str("hmac-sha256.") };
	size_t size = ldns_rdf_size(names[1]), n_other = other ? 6 : 0;
	uint8_t *p = msg + len;

	msg[11]++;
	memcpy(p, ldns_rdf_data(names[0]), ldns_rdf_size(names[0]));
	p += ldns_rdf_size(names[0]);
	memcpy(p,
		(uint8_t[]){
			0, 250, 0, 255, 0, 0, 0, 0, 0, (uint8_t)(size + 16 + n_other) },
		10);
	p += 10;
	memcpy(p, ldns_rdf_data(names[1]), size);
	p += size;
	memset(p, 0, 16 + n_other);
	p[6] = 1; /* fudge 300 */
	p[7] = 44;
	memcpy(p + 10, msg, 2); /* original ID */
	p[13] = (uint8_t)error;
	p[15] = (uint8_t)n_other;
	for (int i = 0; other && i < 4; i++)
		p[18 + i] = (uint8_t)(other >> (24 - 8 * i));
	ldns_rdf_deep_free(names[0]);
	ldns_rdf_deep_free(names[1]);
	return (size_t)(p - msg) + 16 + n_other;
}

static inline size_t fake_play(
	struct fake *f, const uint8_t *wire, size_t len, bool tcp, uint8_t out[65535])
{
	ldns_pkt *q = NULL, *a;
	uint8_t *bytes = NULL;
	size_t n = 0;

	if (f->raw) {
		memcpy(out, f->raw, strlen(f->raw));
		return strlen(f->raw);
	}
	if (ldns_wire2pkt(&q, wire, len) != LDNS_STATUS_OK)
		return 0;
	f->over_tcp = tcp;
	a = f->part(f, q, wire, len);
	if (a && f->truncate && !tcp) {
		ldns_pkt_free(a);
		a = fake_answer(q, LDNS_RCODE_NOERROR, true);
		ldns_pkt_set_tc(a, true);
	}
	if (a && f->key && ldns_pkt_tsig(q) && !f->tsig_error)
		fake_sign(f, q, a);
	if (a && ldns_pkt2wire(&bytes, a, &n) == LDNS_STATUS_OK)
		memcpy(out, bytes, n);
	if (n > 0 && f->tsig_error)
		n = fake_tsig_error(out, n, f->key, f->tsig_error,
			f->tsig_error == 18 ? time(NULL) + f->shift : 0);
	free(bytes);
	ldns_pkt_free(a);
	ldns_pkt_free(q);
	return n;
}

static inline bool fake_ready(struct fake *f, int fd)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = f->quit[0], .events = POLLIN } };

	return poll(fds, 2, -1) > 0 && !fds[1].revents;
}

static inline void *fake_udp(void *arg)
{
	uint8_t in[65535], out[65535];
	struct fake *f = arg;
	struct sockaddr_in peer;

	while (fake_ready(f, f->udp)) {
		socklen_t size = sizeof peer;
		ssize_t len =
			recvfrom(f->udp, in, sizeof in, 0, (struct sockaddr *)&peer, &size);
		size_t n;

		if (len < 0)
			continue;
		f->n_udp++;
		pthread_mutex_lock(&fake_lock);
		n = fake_play(f, in, (size_t)len, false, out);
		pthread_mutex_unlock(&fake_lock);
		if (n > 0)
			sendto(f->udp, out, n, 0, (struct sockaddr *)&peer, size);
	}
	return NULL;
}

static inline bool fake_read(struct fake *f, int fd, uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n;

		if (!fake_ready(f, fd))
			return false;
		n = recv(fd, data, len, 0);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static inline void *fake_tcp(void *arg)
{
	uint8_t in[65535], out[65537];
	struct fake *f = arg;

	while (fake_ready(f, f->tcp)) {
		int fd = accept(f->tcp, NULL, NULL);
		uint8_t prefix[2];

		while (fd >= 0 && fake_read(f, fd, prefix, 2)) {
			size_t len = (size_t)prefix[0] << 8 | prefix[1], n;

			if (!fake_read(f, fd, in, len))
				break;
			f->n_tcp++;
			pthread_mutex_lock(&fake_lock);
			n = fake_play(f, in, len, true, out + 2);
			pthread_mutex_unlock(&fake_lock);
			out[0] = (uint8_t)(n >> 8);
			out[1] = (uint8_t)n;
			if (n == 0 || send(fd, out, n + 2, MSG_NOSIGNAL) < 0)
				break;
		}
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* The same port for both; false if somebody has it. */
static inline bool fake_bind(struct fake *f, int host, uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(0x7f000000U + (uint32_t)host) };
	int on = 1;

	f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(f->tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(f->tcp, (const struct sockaddr *)&at, sizeof at) == 0 &&
		bind(f->udp, (const struct sockaddr *)&at, sizeof at) == 0)
		return true;
	close(f->udp);
	close(f->tcp);
	return false;
}

/* Of those that no client is given, a few for each process. */
static inline uint16_t fake_port(void)
{
	static unsigned n;

	return (uint16_t)(10240 + ((unsigned)getpid() * 64 + n++) % 20480);
}

/* Listen on 127.0.0.`host`; port 0 picks one. */
static inline void fake_start(struct fake *f, int host, uint16_t port)
{
	bool bound = false;

	for (int tries = port ? 1 : 100; !bound && tries > 0; tries--) {
		f->port = port ? port : fake_port();
		bound = fake_bind(f, host, f->port);
	}
	assert_true(bound);
	assert_int_equal(listen(f->tcp, 16), 0);
	snprintf(f->spec, sizeof f->spec, "127.0.0.%d:%u", host, f->port);
	assert_int_equal(pipe(f->quit), 0);
	pthread_create(&f->threads[0], NULL, fake_udp, f);
	pthread_create(&f->threads[1], NULL, fake_tcp, f);
}

static inline void fake_stop(struct fake *f)
{
	close(f->quit[1]);
	pthread_join(f->threads[0], NULL);
	pthread_join(f->threads[1], NULL);
	close(f->quit[0]);
	close(f->udp);
	close(f->tcp);
}
