/*
 * seats - the CAs of the settings, and our account at each: opened when it is wanted, once.
 */
#pragma once

#include "renew/account.h"

struct seat {
	struct account account;
	bool wanted;        /* by those who will be opened next */
	bool reached, open; /* its directory is read; the account is there */
	struct err err;     /* why not */
};

struct seats {
	const struct settings *settings;
	struct seat *list; /* as settings->cas */
	size_t width;      /* opened at a time */
};

void seats_init(struct seats *s, const struct settings *settings, size_t width);
void seats_clear(struct seats *s);

struct seat *seat_of(const struct seats *s, const struct ca_settings *ca);
/* Of the CA with that directory, among a certificate's; NULL if it is none of them. */
struct seat *seat_with(
	const struct seats *s, const struct certificate *c, const char *directory);

/* All that are wanted, side by side: read their directories; open the accounts too. */
void seats_reach(struct seats *s);
void seats_open(struct seats *s);
