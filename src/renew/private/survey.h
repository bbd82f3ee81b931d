/*
 * survey - which certificates are due, and may be asked for.
 */
#pragma once

#include "renew/private/due.h"
#include "renew/private/seats.h"
#include "renew/renew.h"

struct finding {
	const struct certificate *certificate;
	struct chain chain; /* what the store holds; empty if nothing can be read */
	struct store_state state;
	struct due due;
	bool replaced;  /* the store holds what a replacement that was begun replaces */
	size_t turn;    /* which of its CAs is asked first */
	struct err err; /* why it isn't asked for, though it may be due */
};

struct survey {
	const struct renew *renew;
	struct seats *seats;
	struct finding *list; /* as renew->certificates */
	time_t now, next;
};
void survey_clear(struct survey *s);
DEFINE_AUTO_VALUE(struct survey, survey, survey_clear)

/* Reads the store, asks CAs for their windows where it is time to, and tells what is due.
 */
void survey_make(struct survey *s, const struct renew *r, struct seats *seats);

/* A run over all certificates has ended: by how far runs are apart, the next is guessed. */
void survey_done(const struct survey *s);
