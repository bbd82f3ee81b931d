/*
 * kex - the first messages of SSH, in clear: as far as the answer to a key exchange, which
 * shows a host key (RFC 4253 7, 8; RFC 5656 4; RFC 8731).
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* A server's first KEXINIT: its lists, which point into the message. */
enum { KEX_LISTS = 10, KEX_METHODS = 0, KEX_HOST_KEYS = 1, KEX_CIPHERS = 2 };
struct kex_offer {
	struct kex_list {
		const char *s; /* names with commas */
		size_t len;
	} lists[KEX_LISTS];
};
/* From the payload of a message. */
bool kex_offer_read(struct kex_offer *o, const struct buf *payload, struct err *e)
	NODISCARD;
bool kex_list_has(const struct kex_list *l, const char *name);

/*
 * Ours: a method that both have, that algorithm of a host key, and of all else what the
 * server offers; then the message that begins the exchange. Both as payloads. NULL if there
 * is no such method, else its name.
 */
const char *kex_answer(const struct kex_offer *o, const char *host_key, struct buf *init,
	struct buf *begin) NODISCARD;

/* The public key in the server's answer, appended. */
bool kex_host_key(const struct buf *payload, struct buf *blob, struct err *e) NODISCARD;

/* Cut the next message off the front of what has arrived: *got, unless more must come. */
bool kex_take(struct buf *in, struct buf *payload, bool *got, struct err *e) NODISCARD;
/* A message for the wire. */
void kex_put(struct buf *out, const struct buf *payload);
