/*
 * unlock - the passphrases of key files that no agent has.
 *
 * Each is asked for once in a run, whoever needs it meanwhile waits, and it is proved on
 * the key before any host is tried. Shared by all threads.
 */
#pragma once

#include "ssh/ssh.h"

/* Those that are tried if nobody names one; NULL-terminated. */
extern const char *const usual_locked[];

/* Needs a passphrase, and no agent has it. */
bool is_locked(const struct ssh_config *c, const char *key_file);

/*
 * Unlock it, if it is locked and somebody knows the passphrase; else it stays as it is.
 * ERR_AUTH: what was said is none; it isn't asked for again. ERR_STOPPED.
 */
bool unlock(const struct ssh_config *c, const char *key_file, struct err *e) NODISCARD;

/* The passphrase, NULL if it isn't unlocked; there until the program ends. */
const char *unlocked(const char *key_file);

/* How to mend that: "ssh-add FILE, or …". */
void unlock_hint(struct buf *out, const char *key_file);

/* Wipe and forget all. */
void unlock_forget(void);
