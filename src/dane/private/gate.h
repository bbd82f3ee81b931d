/*
 * gate - may a certificate be served, as far as its TLSA records go? Pure.
 *
 * RFC 7671 8.1: a new record must have been out for at least two TTLs of the set, so that
 * no cache has the set without it.
 */
#pragma once

#include "dns/dns.h"
#include "store/announced.h"

struct chain;

enum gate_stand {
	GATE_OPEN,
	GATE_WAIT,    /* it is out everywhere, but not for long enough */
	GATE_MISSING, /* not everywhere, or nowhere */
	GATE_BLIND    /* who answers shows it, but not all have answered; or nobody has */
};

struct gate {
	enum gate_stand stand;
	time_t from; /* GATE_WAIT: open from then on */
};

/* Do all name servers that answer show it, at least one? */
bool gate_shown(const struct dns_tlsa *t, const char *record);
/* Have all of them answered that can be asked from here, at least one? */
bool gate_sees_all(const struct dns_tlsa *t);
/* Does any of them show any record? */
bool gate_any(const struct dns_tlsa *t);

/*
 * Remember since when each record of the name has been shown by all; what a server doesn't
 * show hasn't been. One that neither is ours nor shown is forgotten.
 */
void gate_note(struct announcements *all, const struct dns_tlsa *t, time_t now);

struct gate gate_judge(const struct announcements *all, const struct dns_tlsa *t,
	const struct chain *c, time_t now);
