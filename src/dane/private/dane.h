/*
 * dane - what the files of this room share: the names of a push, and who stands behind
 * them.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "dane/dane.h"
#include "dane/private/gate.h"
#include "providers/providers.h"

/* A name with TLSA records. */
struct base {
	const char *name; /* "_25._tcp.mail.example.net" */
	struct dns_tlsa look;
	bool managed;   /* the records are ours to publish */
	bool published; /* something was, in this run */
	struct err err; /* why it can't be */
};

/* A certificate as the store has it, read once for all points. */
struct stored {
	const char *certificate;
	struct chain chain; /* n is 0: it has none */
};

/*
 * One check of one service, wherever in the inventory, and one of the certificates that it
 * must show; those of a base stand behind it.
 */
struct point {
	const struct host *host;
	const struct service *service;
	const struct check *check;
	enum tlsa mode;
	size_t base;
	const char *certificate;
	bool wanted;                  /* it is to be pushed to */
	const struct chain *chain;    /* what it is to serve */
	const char *key;              /* the kind to ask for; NULL: whatever it serves */
	struct probe_result *results; /* one for each of its addresses; owned */
	size_t n_results;
	bool silent; /* no address, or one that couldn't be asked */
	bool blocked;
	bool failed; /* blocked, and not only for a time */
	bool told;   /* that */
	time_t from; /* blocked until then; 0: it isn't known */
};

struct dane {
	const struct dane_request *request;
	struct arena *arena;
	struct providers providers;
	struct announcements known;
	struct base *bases;
	size_t n_bases;
	struct point *points;
	size_t n_points;
	struct stored **stored; /* each stays where it is */
	size_t n_stored;
	bool blind; /* a point is missing: nobody knows what it is to serve */
	struct dane_total total;
};

static inline struct base *base_of(const struct dane *d, const struct point *p)
{
	return &d->bases[p->base];
}

/* The points that are wanted, and all others of their bases. */
void points_find(struct dane *d);
void points_clear(struct dane *d);
/* Ask each once what it serves. */
void points_ask(struct dane *d);
/* Does it serve the key of what it is to serve, at every address? */
bool point_serves(const struct point *p);

/* Where the records of a check stand, in the arena; NULL if the certificate has no name. */
const char *point_name(struct arena *a, const struct check *c, const struct cert *leaf);
/* "mail.example.net" */
const char *base_domain(const struct base *b);

/*
 * Publish, for a base that is managed, the records that are to be there: of the keys that
 * are to be served, and of those that come next. Journalled before. What goes wrong is in
 * its err.
 */
void publish(struct dane *d, struct base *b);
/* Take out those of ours that are of no key which is served, or to be served, or comes
 * next. */
void withdraw(struct dane *d, struct base *b);

/* What is refused and, unless it is before the push, what is held: a line for each service,
 * once. Counts them. */
void tell_services(struct dane *d, bool before);
/* What it means that it is pushed to all the same. */
void tell_passed(const struct dane *d, const struct point *p);
/* Clients refuse what it serves. */
void tell_refused_now(const struct dane *d, const struct point *p);
/* A base with an error, where no service has been told of it. */
void tell_unpublished(const struct dane *d, const struct base *b);
