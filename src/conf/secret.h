/*
 * secret - where a secret comes from, and the TSIG key that may be in it.
 *
 * Secrets are read when they are needed, not when the settings are loaded.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* One of a file, an environment variable, a command, or (0600 settings only) in clear. */
struct secret_source {
	const char *file, *env, *command, *clear;
	const char *dir;  /* where the command runs: the directory of the settings */
	const char *name; /* what messages call the command; NULL: secret_command */
	struct pos pos;
};
/* How many of them are said. */
int secret_sources(const struct secret_source *s);

/*
 * Append the secret's text, white space at its end dropped. A file that others can read is
 * refused, and so is an empty secret. The command runs without a shell for a minute at
 * most; what it prints on standard error is told if it fails.
 */
bool secret_read(const struct secret_source *src, struct buf *out, struct err *e) NODISCARD;

/* A TSIG key (RFC 8945). Wiped by tsig_key_clear. */
struct tsig_key {
	struct buf name;      /* lower case, no trailing dot */
	struct buf algorithm; /* "hmac-sha256" … */
	struct buf secret;    /* base64 text */
};

void tsig_key_clear(struct tsig_key *k);
DEFINE_AUTO_VALUE(struct tsig_key, tsig_key, tsig_key_clear)
#define TSIG_KEY_EMPTY                                                                     \
	{                                                                                  \
		BUF_EMPTY, BUF_EMPTY, BUF_EMPTY                                            \
	}

/*
 * The key in a text. Read are bare base64; `[algorithm:]name:secret`, as nsupdate -y and
 * kdig -y take it; BIND's `key "name" { algorithm …; secret "…"; };`; Knot's YAML, as
 * `keymgr -t` prints it. `name` and `algorithm` are what the settings say, or NULL: a name
 * picks one key of several, and must be the text's; the algorithm must be the text's, and
 * is hmac-sha256 where neither says one. k must be TSIG_KEY_EMPTY. Never shows a secret in
 * an error.
 */
bool tsig_key_parse(const char *text, size_t len, const char *name, const char *algorithm,
	struct tsig_key *k, struct err *e) NODISCARD;

/* The key of a dns entry: its secret read and parsed. It must have one (tsig). */
struct dns_settings;
bool dns_tsig_key(const struct dns_settings *d, struct tsig_key *k, struct err *e)
	NODISCARD;
