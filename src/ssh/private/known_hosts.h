/*
 * known_hosts - what OpenSSH's known_hosts files say about one host.
 *
 * Read as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", has it: plain, hashed, [host]:port,
 * wildcards, negation, @revoked, @cert-authority. libssh2's own reader lets revoked keys
 * pass and drops a file for one bad line. A line that can't be read is skipped.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

struct known_key {
	char *type; /* "ssh-ed25519" */
	struct buf blob;
	const char *file; /* what messages call it, not owned */
	int line;
	bool revoked;
	bool vouched;    /* on file nowhere: file is NULL */
	bool other_port; /* noted for the host without a port, and another port is asked for
			  */
};

/* The keys of one host. */
struct known_hosts {
	struct known_key *keys;
	size_t n;
	bool authority; /* an @cert-authority line is for this host */
};
#define KNOWN_HOSTS_EMPTY                                                                  \
	{                                                                                  \
		NULL, 0, false                                                             \
	}

void known_hosts_clear(struct known_hosts *k);
DEFINE_AUTO_VALUE(struct known_hosts, known_hosts, known_hosts_clear)

/* Add what a file's text says about host:port. */
void known_hosts_parse(struct known_hosts *k, const char *file, const char *text,
	size_t len, const char *host, int port);
/* The same from the file at `path`, which messages call `file`; a missing one says nothing.
 */
bool known_hosts_read(struct known_hosts *k, const char *file, const char *path,
	const char *host, int port, struct err *e) NODISCARD;

enum known_verdict {
	KNOWN_SAME,
	KNOWN_NOT,        /* nothing on file */
	KNOWN_CHANGED,    /* another key of this type is on file */
	KNOWN_OTHER_TYPE, /* only keys of other types are on file */
	KNOWN_REVOKED,
};
/* *at is the line that decided; NULL for KNOWN_NOT. */
enum known_verdict known_hosts_check(const struct known_hosts *k, const void *blob,
	size_t len, const struct known_key **at);

/* Of a key of this type that isn't on file: KNOWN_NOT, KNOWN_CHANGED or KNOWN_OTHER_TYPE.
 */
enum known_verdict known_hosts_of_type(
	const struct known_hosts *k, const char *type, const struct known_key **at);

/* The key type at the front of a public key blob (RFC 4253 6.6); NULL if there is none. */
char *key_blob_type(const void *blob, size_t len) NODISCARD;
