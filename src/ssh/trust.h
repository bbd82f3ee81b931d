/*
 * trust - the keys that a host shows, what known_hosts says of each, and how they get in.
 */
#pragma once

#include "ssh/ssh.h"

enum ssh_key_state {
	SSH_KEY_KNOWN,
	SSH_KEY_NEW,
	SSH_KEY_CHANGED, /* another key of this type is on file */
	SSH_KEY_REVOKED,
};

struct ssh_key {
	char *type; /* "ssh-ed25519" */
	struct buf blob;
	char *fingerprint; /* "SHA256:…", as ssh-keygen -l prints it */
	enum ssh_key_state state;
	const char *file; /* which decided, and its line; NULL for a new one */
	int line;
	char *old; /* SSH_KEY_CHANGED: fingerprint of the key there */
};

struct ssh_keys {
	struct ssh_key *list;
	size_t n;
	bool first_use; /* nothing is on file for the host */
};
#define SSH_KEYS_EMPTY                                                                     \
	{                                                                                  \
		NULL, 0, false                                                             \
	}
void ssh_keys_clear(struct ssh_keys *k);
DEFINE_AUTO_VALUE(struct ssh_keys, ssh_keys, ssh_keys_clear)

/*
 * Ask the host, the way ssh_open goes there, for a key of each type that it has. Errors as
 * those of ssh_open. Nothing proves that the host holds the keys: so does a login.
 */
bool ssh_keys_ask(const struct ssh_config *c, struct ssh_keys *keys, struct err *e)
	NODISCARD;

/* What known_hosts says of them by now. */
bool ssh_keys_look_up(const struct ssh_config *c, struct ssh_keys *keys, struct err *e)
	NODISCARD;

/* The file that new keys go to, as the user calls it. */
const char *ssh_trust_file(const struct ssh_config *c);
/*
 * Add new keys of a host to that file, made 0600 if there is none, by one rename; names are
 * hashed if it has hashed ones. Keys of another state are passed over.
 */
bool ssh_trust_add(const struct ssh_config *c, const struct ssh_key *const *keys, size_t n,
	struct err *e) NODISCARD;
/* Put a changed key in place of the one on its line. ERR_REFUSED: that isn't this host's
 * alone. */
bool ssh_trust_replace(const struct ssh_config *c, const struct ssh_key *key, struct err *e)
	NODISCARD;

/* The "SHA256:…" in a text that somebody typed or pasted, with blanks or all that
 * ssh-keygen -l prints; NULL if there isn't just one. malloc'ed. */
char *ssh_fingerprint_read(const char *text) NODISCARD;
