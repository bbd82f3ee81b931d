/*
 * scan - which host keys a server has: one key exchange for each type, as far as the
 * server's answer to it.
 *
 * Not by libssh2, which can't agree with every server, and takes no RSA key before 1.11.
 * That the server holds the private half isn't proved here, as it isn't by ssh-keyscan:
 * each login proves it.
 */
#pragma once

#include "ssh/ssh.h"

struct scanned_key {
	char *type;
	struct buf blob;
};

struct scanned_keys {
	struct scanned_key *list; /* as we like them */
	size_t n;
};
#define SCANNED_KEYS_EMPTY                                                                 \
	{                                                                                  \
		NULL, 0                                                                    \
	}
void scanned_keys_clear(struct scanned_keys *k);
DEFINE_AUTO_VALUE(struct scanned_keys, scanned_keys, scanned_keys_clear)

/* ERR_NET, ERR_TIMEOUT, ERR_STOPPED; ERR_PROTOCOL: it has no key or method that we know. */
bool scan(const struct ssh_config *c, struct scanned_keys *keys, int64_t deadline,
	struct err *e) NODISCARD;
