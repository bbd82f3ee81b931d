/*
 * world - a host, its services and the one bundle of their certificate, for tests of what
 * is planned.
 */
#pragma once

#include "check.h"
#include "plan/plan.h"

enum { WORLD_SERVICES = 6, WORLD_FILES = 2 * WORLD_SERVICES };

struct world {
	struct arena *arena;
	struct file files[WORLD_FILES];
	struct service services[WORLD_SERVICES];
	struct host host;
	struct bundle bundle;
	struct contents *contents;
	struct host_plan *plan;
	struct seen_file seen[WORLD_FILES];
};

/* The bundle in ctx, whatever the certificate, but for "gone". */
static inline const struct bundle *world_bundle(void *ctx, const char *certificate)
{
	return strcmp(certificate, "gone") == 0 ? NULL : ctx;
}

typedef bool world_wanted(void *ctx, const struct host *h, const struct service *s);

static inline void world_plan(struct world *w, world_wanted *wanted)
{
	w->plan = plan_targets(
		w->arena, &w->host, wanted, world_bundle, &w->bundle, w->contents);
}

/* The host is looked at. */
static inline void world_compare(struct world *w, bool force)
{
	struct err e;

	assert_ok(plan_compare(w->plan, w->seen, force, &e), &e);
}

/* Services a, b, c … without files, of which the host h has none yet. */
static inline int world_setup(void **state)
{
	static const char *const www[] = { "www" };
	struct world *w = calloc(1, sizeof *w);

	w->arena = arena_new();
	w->contents = contents_new();
	w->bundle = (struct bundle)BUNDLE_EMPTY;
	buf_puts(&w->bundle.privkey_pem, "key");
	buf_puts(&w->bundle.cert_pem, "cert");
	buf_puts(&w->bundle.chain_pem, "chain");
	buf_puts(&w->bundle.fullchain_pem, "cert chain");
	w->host = (struct host){ .name = "h", .services = w->services };
	for (int i = 0; i < WORLD_SERVICES; i++)
		w->services[i] = (struct service){
			.name = arena_printf(w->arena, "%c", 'a' + i),
			.certificates = www,
			.n_certificates = 1,
		};
	*state = w;
	return 0;
}

static inline int world_teardown(void **state)
{
	struct world *w = *state;

	seen_clear(w->seen, ARRAY_LEN(w->seen));
	bundle_clear(&w->bundle);
	contents_free(w->contents);
	arena_free(w->arena);
	free(w);
	return 0;
}

/* The host has a, with two files, b and c, with one each. */
static inline void world_has_three(struct world *w)
{
	static const struct file files[] = {
		{ .part = PART_PRIVKEY,
			.path = "/a/key.pem",
			.owner = "root",
			.group = "ssl-cert",
			.mode = 0640,
			.certificate = "www" },
		{ .part = PART_FULLCHAIN,
			.path = "/a/full.pem",
			.mode = 0644,
			.certificate = "www" },
		{ .part = PART_CERT,
			.path = "/b/cert.pem",
			.owner = "9",
			.group = "13",
			.mode = 0644,
			.certificate = "www" },
		{ .part = PART_CHAIN,
			.path = "/c/chain.pem",
			.mode = 0644,
			.certificate = "www" },
	};

	memcpy(w->files, files, sizeof files);
	for (int i = 0; i < 3; i++) {
		w->services[i].files = w->files + i + (i > 0);
		w->services[i].n_files = i == 0 ? 2 : 1;
	}
	w->host.n_services = 3;
}
