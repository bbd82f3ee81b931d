/*
 * due - must a certificate be renewed now? Pure.
 */
#pragma once

#include "cert/cert.h"
#include "conf/settings.h"

/* What is known of a certificate besides itself. */
struct due_facts {
	int renew_days;   /* 0: by fraction of the lifetime */
	time_t now, next; /* this run, and when the next one is to be expected */
	time_t start, end,
		at; /* the CA's window, and the instant in it; at 0: there is none */
	bool revoked;
	bool replaced; /* or about to be revoked */
	bool ours;     /* issued here, so that the settings were followed then */
	bool other_ca, other_profile; /* than the settings say now */
};

struct due {
	bool due;
	const char *why;  /* NULL: the time that is left says it all */
	bool by_window;   /* the CA wants it */
	time_t not_after; /* 0: there is none */
	bool urgent;      /* less than half is left of the time between due and expired */
};

/*
 * chain: what the store holds, NULL if nothing. Due are: what is missing, revoked, being
 * replaced, or isn't
 * what the settings say (names; key type, CA and profile of what was issued here); what has
 * reached the instant drawn from the CA's window, or would be past the window at the next
 * run (RFC 9773 4.2); without a window a third of the lifetime left, half when it is under
 * ten days. renew_days, and half of that third, hold whatever the window is.
 */
struct due due_of(
	const struct certificate *c, const struct chain *chain, const struct due_facts *f);
