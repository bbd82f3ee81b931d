/*
 * memo - chains that were verified, by the digest of all that they are made of.
 *
 * For one set of roots. May be shared by threads; remembers some hundred, and of two that
 * want the same place the later.
 */
#pragma once

#include "cert/cert.h"

struct memo;
struct memo *memo_new(void) NODISCARD;
void memo_free(struct memo *m);
DEFINE_AUTO(struct memo, memo, memo_free)

/* False unless this chain was kept, and all of its path is valid at that time. */
bool memo_find(struct memo *m, const struct chain *c, time_t at, struct chain_path *path)
	NODISCARD;
void memo_keep(struct memo *m, const struct chain *c, const struct chain_path *path);
