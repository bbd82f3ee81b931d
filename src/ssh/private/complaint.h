/*
 * complaint - what OpenSSH's ssh prints on its standard error (LogLevel DEBUG1), made out.
 */
#pragma once

#include "ssh/private/known_hosts.h"
#include "ssh/ssh.h"

/* "ssh-ed25519 SHA256:…" of the key or certificate that the host showed; NULL if it didn't
 * come so far. malloc'ed. */
char *complaint_host_key(const char *log) NODISCARD;

/* The last line in which it says what is wrong, tamed; "" if it doesn't. malloc'ed. */
char *complaint_line(const char *log) NODISCARD;

/* Why a connection to "host:port" wasn't made, in the words of RFC 4254 5.1 and the host's
 * ("connect failed: Connection refused"), tamed; NULL if it doesn't say. malloc'ed. */
char *complaint_forward(const char *log, const char *to) NODISCARD;

/* It ended before it was logged in. Returns false. */
bool complaint_err(const struct ssh_config *c, const struct known_hosts *k, const char *log,
	struct err *e);

/* That was because no key was let in. */
bool complaint_of_login(const char *log);

/* It was closed on before a word was said, as sshd's MaxStartups does; by the host, or by a
 * jump host on the way. */
bool complaint_too_early(const char *log);
