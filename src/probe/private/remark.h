/*
 * remark - what is odd about what a service has served, though no verdict hangs on it.
 */
#pragma once

#include "probe/probe.h"

/* One more warning; what there is no room for is left out. */
void remark(struct probe_result *r, const char *fmt, ...) PRINTF(2, 3);

/*
 * All there is to say of r->served and r->tls: an order that isn't one, certificates that
 * nobody needs, an end that comes before the leaf's, a test CA, what clients of today
 * refuse. path: as chain_find_path has found it, or not. ours: it is the store's chain, so
 * what is in it is as the CA sends it, and nothing that the server should mend.
 */
void remark_all(struct probe_result *r, const struct chain_path *path, bool ours);
