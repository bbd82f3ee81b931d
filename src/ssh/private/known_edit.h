/*
 * known_edit - a known_hosts file's text with a key more, or another one: all else stays as
 * it is, byte by byte.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Are its names hashed (HashKnownHosts)? Then new ones should be too. */
bool known_edit_hashes(const struct buf *text);

/* A line more. name: as OpenSSH looks it up, in lower case. */
void known_edit_add(struct buf *text, const char *name, const char *type,
	const struct buf *blob, bool hashed);

/*
 * Another key of the same type on the line of that number, for that name: of a line with
 * several names it gets one of its own. ERR_REFUSED: that line isn't (any more) one for the
 * name and this type, or is a pattern for other hosts too.
 */
bool known_edit_replace(struct buf *text, int number, const char *name, const char *type,
	const struct buf *blob, struct err *e) NODISCARD;
