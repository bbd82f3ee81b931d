/*
 * deploy - what plan, push and renew --push have in common: the hosts, the services and the
 * certificates that are fit to be pushed.
 */
#pragma once

#include "cli/context.h"
#include "push/push.h"

struct deploy {
	struct context *context;
	const char *const *services; /* names of services or playbooks; n 0: all */
	size_t n_services;
	const char *const *certificates; /* only services that use these; n 0: all */
	size_t n_certificates;
	bool dry;
	bool back;    /* what the store had before, in place of what it has */
	bool force;   /* replace also what is newer on a host */
	bool partial; /* there is more to do than it knows: no summary */
	const struct planned *planned; /* this and nothing else; or NULL */
	struct planned *record;        /* gets what a dry run would do; or NULL */
	const struct store *trial; /* what it holds counts before the store, and need not be
				      trusted; or NULL */
	/* Told, if it isn't NULL: a host on which a service with that certificate wasn't
	 * finished; host NULL: the certificate isn't fit to be pushed. */
	void (*left)(void *ctx, const char *certificate, const char *host);
	void *ctx;
};

/* Is it a service, or a playbook? */
bool deploy_knows(const struct context *c, const char *word);

/* Its exit status. *total may be NULL. */
int deploy_run(const struct deploy *d, struct push_total *total);
