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
enum seen_state { SEEN_MISSING, SEEN_FILE, SEEN_OTHER /* a directory, a device */ };
struct seen_file {
	enum seen_state state;
	struct sha256 sha256;
	unsigned mode;
	char owner[64], group[64]; /* names; numbers where the host has no name */
};

/* What a look at a host found; files in the order of plan_targets. */
struct seen {
	struct seen_file *files;
	size_t n_files;
	bool reload_owed; /* an earlier push put files in place and didn't reload */
};

/* One path of the host that must hold one part of one certificate. */
struct target {
	const struct service *service;
	const struct file *file;
	const struct bundle *bundle;
	const struct buf *content; /* what it must hold: one of the bundle's texts */
	struct sha256 sha256;      /* of content */
	const struct seen_file *seen;
	const char *why; /* NULL: as it should be; else "missing", "content", "owner",
			    "mode", … */
	bool send; /* the content must travel; false: only owner or mode are put right */
};

/* A reload or validate command that runs once, and the first service that wants it. */
struct command {
	const char *line;
	const struct service *service;
};

struct host_plan {
	const struct host *host;
	struct target
		*targets; /* all of them, in the order of the services and their files */
	size_t n_targets;
	size_t n_changes;          /* targets with a why */
	struct command *validates; /* distinct ones of the services that change, in order */
	size_t n_validates;
	struct command *reloads;
	size_t n_reloads;
	const char *reload_why; /* "files changed", "owed" … NULL if there is nothing to
				   reload */
};

/* Finds the bundle of a certificate name; NULL if the store has none. */
typedef const struct bundle *plan_bundle(void *ctx, const char *certificate);

/* The targets of a host's selected services, before it was looked at. wanted(ctx, s) may be
 * NULL: all. */
struct host_plan *plan_targets(struct arena *a, const struct host *h,
	bool (*wanted)(void *ctx, const struct service *s), plan_bundle *bundle, void *ctx,
	struct err *e) NODISCARD;

/*
 * Compare with what was seen, and decide. stale: services whose process serves something
 * else than the store holds although the files are right; they are reloaded too.
 */
void plan_decide(struct arena *a, struct host_plan *p, const struct seen *seen,
	bool (*stale)(void *ctx, const struct service *s), void *ctx);

/*
 * Before anything leaves the machine: is it fit to be pushed? Key and certificate match,
 * the chain leads to a trusted root, the names are those asked for, it is valid now.
 * names may be NULL (a certificate the settings don't define).
 */
bool plan_fit(const struct bundle *b, const char *const *names, size_t n_names,
	const struct trust *trust, struct err *e) NODISCARD;
