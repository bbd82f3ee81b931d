/*
 * due - must a certificate be renewed now? Pure.
 */
#pragma once

#include "cert/cert.h"
#include "conf/settings.h"

struct due {
	bool due;
	const char *why;  /* NULL: the time that is left says it all */
	time_t not_after; /* 0: there is none */
};

/*
 * chain: what the store holds, NULL if nothing. Due are: what is missing; other names than
 * the settings say; a third of the lifetime left, half when it is under ten days, or
 * renew_days if the settings give them.
 */
struct due due_of(
	const struct certificate *c, const struct chain *chain, int renew_days, time_t now);
