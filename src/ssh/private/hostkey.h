/*
 * hostkey - is the server the one it claims to be?
 */
#pragma once

#include "ssh/private/known_hosts.h"
#include "ssh/private/session.h"
#include "ssh/ssh.h"

/* The key types that we take, the best first, with each algorithm that they sign with. */
enum { HOSTKEY_TYPES = 7 };
bool hostkey_type(size_t i, const char **type, const char **algorithm) NODISCARD;

/* "SHA256:…", as ssh-keygen -l has it. */
char *hostkey_fingerprint(const void *blob, size_t len) NODISCARD;
/* What a host is called in known_hosts: "linode.example.net", "[…]:2222", its alias. */
char *hostkey_name(const struct ssh_config *c) NODISCARD;
/* The file that new keys go to, as the user calls it. */
const char *hostkey_file(const struct ssh_config *c);

/* What the files that c names (or the usual ones) say about c->address. */
bool hostkey_known(const struct ssh_config *c, struct known_hosts *k, struct err *e)
	NODISCARD;

/*
 * Before the handshake: ask for a type that is on file, so that the server doesn't show
 * another one that then looks unknown.
 */
bool hostkey_prefer(struct session *s, const struct known_hosts *k, struct err *e)
	NODISCARD;

/* After it: the key is the known one, or ERR_AUTH says what to do. Sets s->host_key. */
bool hostkey_check(struct session *s, const struct ssh_config *c,
	const struct known_hosts *k, struct err *e) NODISCARD;

/*
 * OpenSSH refused the key that it describes so, "ssh-ed25519 SHA256:…": say as above what
 * to do. Returns false.
 */
bool hostkey_refused(const struct ssh_config *c, const struct known_hosts *k,
	const char *key, struct err *e);
