/*
 * rollout - how a push goes over many hosts: batch by batch, as Ansible's plays do it
 * (serial, max_fail_percentage).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* A number of hosts, or of percent of them: one is set. */
struct batch {
	int hosts, percent;
};

struct rollout {
	const struct batch *serial; /* the last is repeated; none: all hosts at once */
	size_t n_serial;
	int max_fail_percentage; /* of a batch; -1: until all of it has failed */
	int retries;             /* for a host that can't be reached */
};

/* "5" or "25%". */
bool rollout_batch_parse(const char *text, struct batch *b);
/* "1,25%": all of it, into the arena. */
bool rollout_serial_parse(
	struct arena *a, const char *text, struct rollout *r, struct err *e) NODISCARD;

/* How many hosts are in batch i, counted from 0, of n hosts: at least one. */
size_t rollout_batch_size(const struct rollout *r, size_t i, size_t n);
/* Is that too much for one batch, so that the next isn't begun? */
bool rollout_gives_up(const struct rollout *r, size_t failed, size_t n);
