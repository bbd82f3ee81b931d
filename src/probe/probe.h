/*
 * probe - one handshake with one address of one service, and what it served.
 *
 * Never breaks off on a verification failure: it always reports what was served, also by an
 * old version, with a tiny key, or to a client without the certificate it wants; and the
 * verdict beside it. One deadline per probe.
 */
#pragma once

#include "base/err.h"
#include "cert/cert.h"

#include <stdint.h>

/* The protocols there are; NULL-terminated names. */
extern const char *const probe_protocol_names[];
/* The protocol's port; 0 if it has none of its own, or isn't known. */
int probe_protocol_port(const char *protocol);
/* The port that is said, or the protocol's. */
int probe_port(const char *protocol, int said);
/* "SMTP", "NNTPS" … as reports print it. */
const char *probe_protocol_title(const char *protocol);

/*
 * Shared by all probes of a run, about n of them, and by threads: one TLS context, and what
 * it has seen. trust must outlive it.
 */
struct prober;
struct prober *prober_new(const struct trust *t, size_t n, struct err *e) NODISCARD;
void prober_free(struct prober *p);
DEFINE_AUTO(struct prober, prober, prober_free)

struct probe_address;

struct probe_target {
	const char *protocol;
	const char *name; /* SNI, and the name that the certificate must cover */
	const char *key;  /* "rsa" or "ecdsa": ask for a certificate with such a key, as a
			     server may have both; NULL: whatever it serves */
	bool no_sni;      /* say no name: what does it show to those that say none? */
	bool client_auth; /* its certificate must be good for a TLS client too */
	/* TLSA records that count ("3 1 1 9f86…"), ended by NULL: one must fit; NULL: none
	 */
	const char *const *tlsa;
	const struct probe_way *way; /* NULL: straight from this machine */
};

/* Another way to an address than from this machine. */
struct probe_way {
	/* A connected, non-blocking descriptor; -1 with ERR_NET, ERR_TIMEOUT … */
	int (*connect)(
		void *ctx, const struct probe_address *to, int64_t deadline, struct err *e);
	bool (*gone)(void *ctx); /* for good: to ask once more is of no use */
	void *ctx;
};

/*
 * Which of several certificates a service must show when it is asked for `name`: those that
 * cover it (the first, if none does); all, each by a name of its own, if name is NULL.
 * Their numbers into chosen[n]; returns how many.
 */
size_t probe_choose(
	const struct chain *const *chains, size_t n, const char *name, size_t *chosen);
/* The target's `key` that a certificate wants to be asked with, where there are others. */
const char *probe_key_of(const struct cert *c);

enum probe_verdict {
	PROBE_OK, /* served, trusted, covers the name, valid now, and what was expected if
		     something was */
	PROBE_OLDER, /* not what was expected: its notBefore is before the expected one's */
	PROBE_NEWER, /* … after */
	PROBE_SAME_KEY,   /* another certificate of the same key */
	PROBE_FOREIGN,    /* no name in common, or not of a trusted issuer */
	PROBE_CHAIN,      /* the right leaf with another chain than expected */
	PROBE_UNTRUSTED,  /* doesn't lead to a trusted root: err says why */
	PROBE_WRONG_NAME, /* doesn't cover the name */
	PROBE_EXPIRED,    /* or not yet valid, it or what its chain needs */
	PROBE_PURPOSE,    /* not for clients, where it must be */
	PROBE_TLSA,       /* none of the TLSA records fits it */
	PROBE_NO_TLS, /* the service refused or doesn't offer STARTTLS; or spoke nonsense */
	PROBE_HANDSHAKE, /* the service goes for TLS, and fails in it: a key that isn't the
			    certificate's, as it may be */
	PROBE_UNREACHABLE, /* no connection, or silence, or "no service": who comes is
			      turned away */
	N_PROBE_VERDICTS
};
const char *probe_verdict_word(enum probe_verdict v); /* "ok", "older", "wrong name" … */

struct probe_result {
	enum probe_verdict verdict;
	struct chain served; /* n is 0 if there was none, or the handshake failed */
	char address[64];    /* "192.0.2.7:25", "[2001:db8::1]:25" */
	char tls[64];        /* "TLSv1.3 TLS_AES_256_GCM_SHA384" */
	time_t chain_until;  /* the first end in the chain that was verified; 0: none was */
	int64_t took;        /* microseconds, from the call to the verdict */
	struct err err;      /* what is wrong, in words; ERR_NONE if nothing is */
	/* what may become wrong, and what else is, though the verdict stands, several
	 * joined by "; "; or "" */
	char warning[480];
};
void probe_result_clear(struct probe_result *r);
DEFINE_AUTO_VALUE(struct probe_result, probe_result, probe_result_clear)

/* One address of a host that was resolved. */
struct probe_address {
	char text[64];
	struct {
		unsigned char bytes[128];
		unsigned len;
	} sockaddr;
};
/* What reports call a place that only a probe_way leads to: no address is behind it. */
void probe_place(const char *host, int port, struct probe_address *a);
/* All addresses, A and AAAA, without repetition; malloc'ed. False with ERR_NET if there is
 * none. */
bool probe_resolve(const char *host, int port, struct probe_address **list, size_t *n,
	struct err *e) NODISCARD;

/* Ask one address. expected is the chain it should serve, or NULL. */
void probe_run(const struct prober *p, const struct probe_target *t,
	const struct probe_address *a, const struct chain *expected, int64_t deadline,
	struct probe_result *r);

/*
 * Ask until `in_a_row` answers have been PROBE_OK one after the other, or the deadline;
 * after a reload old and new answers mix for a while. r is the last answer.
 */
void probe_until(const struct prober *p, const struct probe_target *t,
	const struct probe_address *a, const struct chain *expected, int in_a_row,
	int64_t deadline, struct probe_result *r);
