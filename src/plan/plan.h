/*
 * plan - what a push would do to a host, and why. Pure: knows no sockets and no files.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "conf/inventory.h"
#include "digest/digest.h"
#include "store/store.h"

/* What one path on the host holds. */
enum seen_state {
	SEEN_MISSING,
	SEEN_FILE,
	SEEN_LINK, /* a symbolic link */
	SEEN_OTHER /* a directory, a device */
};
struct seen_file {
	enum seen_state state;
	struct sha256 sha256;
	unsigned mode;
	char owner[64], group[64]; /* names; numbers where the host has no name */
	char uid[16], gid[16];
	bool owed; /* an earlier push put it in place, and nothing has proved it yet */
	struct chain held; /* its certificates, where they are to be others; owned */
};
void seen_clear(struct seen_file *seen, size_t n);

/*
 * What the files of a run must hold: a certificate's own texts, and what is rendered from
 * them (combined, PKCS#12, DER), once for all hosts. Filled by one thread, then read-only;
 * bundles and files must outlive it.
 */
struct contents;
struct contents *contents_new(void) NODISCARD;
void contents_free(struct contents *c);
DEFINE_AUTO(struct contents, contents, contents_free)
/* passphrase: of PKCS#12, "" for others. For a file that contents_find has nothing for. */
bool contents_add(struct contents *c, const struct bundle *b, const struct file *f,
	const char *passphrase, struct err *e) NODISCARD;
/* NULL: it was never rendered. */
const struct buf *contents_find(
	const struct contents *c, const struct bundle *b, const struct file *f);

/* One path of the host that must hold one part of one certificate. */
struct target {
	const struct service *service;
	const struct file *file;
	const struct bundle *bundle;
	const struct buf *content;    /* what it must hold */
	struct sha256 sha256;         /* of content */
	const struct seen_file *seen; /* NULL before the host was looked at */
	const char *why; /* NULL: as it should be; else a word of plan_compare */
	bool send; /* the content must travel; false: only owner or mode are put right */
};

struct service_plan {
	const struct service *service;
	const struct bundle **bundles; /* of each of its certificates */
	size_t n_changes;              /* of its targets */
	const char *reload_why; /* why the process must take the files up; NULL: needn't */
	time_t served_until; /* the end of the certificate that a stale process serves; 0 */
	bool faulty; /* it doesn't answer as it should, and no reload would mend that */
	bool proved; /* it has taken up what a push put there */
	const struct target *newer; /* what it holds there must not be replaced */
};

/* A command that runs once, and the first service that wants it. */
struct command {
	const char *line;
	const struct service *service;
};

struct host_plan {
	const struct host *host;
	struct service_plan *services; /* in the host's order */
	size_t n_services;
	struct target *targets; /* all of them, in the order of services and their files */
	size_t n_targets;
	size_t n_changes;       /* targets with a why */
	struct command *builds; /* of the services to reload, whose inputs changed */
	size_t n_builds;
	struct command *validates; /* distinct ones of the services to reload, in order */
	size_t n_validates;
	struct command *reloads;
	size_t n_reloads;
};

/* Finds the bundle of a certificate name; NULL if there is none that may be pushed. */
typedef const struct bundle *plan_bundle(void *ctx, const char *certificate);

/*
 * The targets of those services of a host whose bundles there are, before it was looked at.
 * wanted(ctx, host, service) may be NULL: all.
 */
struct host_plan *plan_targets(struct arena *a, const struct host *h,
	bool (*wanted)(void *ctx, const struct host *h, const struct service *s),
	plan_bundle *bundle, void *ctx, const struct contents *contents) NODISCARD;

/* What of a file that is there isn't as the settings say: "owner", "group" or "mode". */
struct drift {
	const char *what;
	char before[64], after[64];
};
enum { DRIFTS = 3 };
/* How many there are; none of a file that is missing. */
size_t plan_drift(const struct target *t, struct drift list[DRIFTS]);

/*
 * Compare with what was seen (one for each target) and say what must change, and why:
 * "missing"; "older", "newer" (by more than a day), "foreign" (no name in common), "chain"
 * (the same leaf in another one); "wrong key" (the certificate there is right); "content"
 * (it can't be told); "owner", "group", "mode". A service with a newer certificate is left
 * alone (`newer`), unless `force`. False with ERR_REFUSED if a path is something that must
 * not be replaced.
 */
bool plan_compare(struct host_plan *p, const struct seen_file *seen, bool force,
	struct err *e) NODISCARD;

/*
 * The service's process serves something else than its files, though they are right: it
 * must take them up too. Between plan_compare and plan_commands.
 */
void plan_stale(struct service_plan *s, const char *why);

/* Has its process something to take up? */
bool plan_takes_up(const struct service_plan *s);
/* Or is all as it should be? */
bool plan_is_fine(const struct service_plan *s);

/*
 * What stands or falls by itself: services that take something up and share a command
 * (build, validate, reload, restart), by way of a third one too, are one group; each other
 * one is a group of its own. They are in the order of their first services, and plans like
 * the whole one, with copies of its services and targets; without commands as yet.
 */
struct host_plan *plan_groups(struct arena *a, const struct host_plan *p, size_t *n)
	NODISCARD;

/* Collect the commands of the services that have something to take up. */
void plan_commands(struct arena *a, struct host_plan *p);

/* The plan of one of its services; NULL if it isn't in it. */
struct service_plan *plan_service(const struct host_plan *p, const struct service *service)
	NODISCARD;

/* Its targets: they stand together. */
struct target *plan_targets_of(
	const struct host_plan *p, const struct service_plan *s, size_t *n) NODISCARD;

/* Nothing to send, put right or reload. */
bool plan_idle(const struct host_plan *p);

/*
 * Appended for a target that changes: what its file held and what it is to hold, as
 * `ansible --diff` prints it, in words about certificates. Of a private key the kind, and
 * the SHA-256 of its public key. Without plan_compare's `held` it can't tell what was
 * there.
 */
void plan_diff(struct buf *out, const struct target *t);

/*
 * Before anything leaves the machine: is it fit to be pushed? Key and certificate match,
 * the chain leads to a trusted root, the names are those asked for, it is valid now. names
 * may be NULL (a certificate the settings don't define).
 */
bool plan_fit(const struct bundle *b, const char *const *names, size_t n_names,
	const struct trust *trust, struct err *e) NODISCARD;
/* And for this service: good for a TLS client too, where it has `client_auth`. */
bool plan_fit_for(const struct bundle *b, const struct service *s, struct err *e) NODISCARD;
