/*
 * vouch - the keys of a host that known_hosts knows nothing of, on the word of somebody
 * else: c->vouch.
 */
#pragma once

#include "ssh/private/known_hosts.h"
#include "ssh/ssh.h"

/* Is there somebody to ask, and nothing on file for the host? */
bool vouch_may(const struct ssh_config *c, const struct known_hosts *k);

/* For a carrier that must know keys before it goes there: ask the host for them, and add to
 * k those that are vouched for. Else false, with the reason. */
bool vouch_for_all(const struct ssh_config *c, struct known_hosts *k, int64_t deadline,
	struct err *e) NODISCARD;

/* Has k such keys? */
bool vouch_any(const struct known_hosts *k);

/* Put behind e that it wasn't vouched for either, and why. Returns false. */
bool vouch_failed(struct err *e, const struct err *why);

/* "ssh-ed25519 SHA256:…" with how it was vouched for, for -v: another text in its place. */
char *vouch_tell(char *key) NODISCARD;
