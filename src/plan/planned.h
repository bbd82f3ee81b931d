/*
 * planned - a plan that was shown, as a JSON text, to be carried out later if all is as it
 * was then.
 *
 * Nothing of it is ever run, or written to a host: paths, commands and contents come from
 * the settings and the store of that later time, and what the plan says of them is only
 * compared. So whoever can change the text can have less pushed, or nothing; not more, and
 * nothing else. No key is in it: of contents it has the SHA-256.
 */
#pragma once

#include "plan/plan.h"

/* Something as a text; NULL: not said. */
struct fact {
	const char *name, *text;
};
struct facts {
	struct fact *list;
	size_t n;
};

struct planned_file {
	const char *path;
	const char *why;    /* as a target's */
	struct facts wants; /* what it must be */
	struct facts held;  /* what the host had there */
};

struct planned_service {
	const char *name;
	const char *reload_why; /* as a service_plan's */
	struct facts wants;
	struct planned_file *files;
	size_t n_files;
};

struct planned_host {
	const char *name;
	struct facts login;
	struct planned_service *services;
	size_t n_services;
};

struct planned {
	struct arena *arena;
	const char *store; /* its id */
	struct planned_host *hosts;
	size_t n_hosts;
};

/* Empty, with room for so many hosts. */
struct planned *planned_new(struct arena *a, const char *store, size_t n_hosts) NODISCARD;
/* What there is to do on a host that was looked at; nothing if it's idle. */
void planned_add(struct planned *p, const struct host_plan *h);
void planned_print(const struct planned *p, struct buf *out);

/* text[len] is NUL. NULL with ERR_CONFIG if it isn't a whole plan for this store. */
struct planned *planned_parse(struct arena *a, const char *text, size_t len,
	const char *store, struct err *e) NODISCARD;

/* NULL if it isn't in it. */
const struct planned_host *planned_host(const struct planned *p, const char *name)
	NODISCARD;
const struct planned_service *planned_service(
	const struct planned_host *h, const char *name) NODISCARD;

/*
 * Is the host to hold now what it was to hold then? Before it is looked at. False with
 * ERR_REFUSED, and *which of its services it is about, NULL if none.
 */
bool planned_fits(struct arena *a, const struct planned_host *then,
	const struct host_plan *now, const struct service **which, struct err *e) NODISCARD;
/* Does it hold what it held? After plan_compare; a service that needs nothing any more may
 * hold anything. */
bool planned_holds(struct arena *a, const struct planned_host *then,
	const struct host_plan *now, const struct service **which, struct err *e) NODISCARD;
