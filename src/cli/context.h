/*
 * context - what a verb works with, loaded as its row in the table of verbs says.
 */
#pragma once

#include "cert/cert.h"
#include "cli/options.h"
#include "conf/inventory.h"
#include "conf/playbook.h"
#include "conf/settings.h"
#include "report/report.h"
#include "store/store.h"

enum need {
	NEED_SETTINGS = 1 << 0,
	NEED_INVENTORY = 1 << 1, /* and playbooks */
	NEED_STORE = 1 << 2,
	NEED_LOCK = 1 << 3,  /* on the store; not for a dry run */
	NEED_TRUST = 1 << 4, /* roots */
	NEED_INVENTORY_IF_ANY = 1
		<< 5, /* without, if none is where the settings say; not if -i does */
};

struct context {
	const struct options *options;
	struct report *report;
	struct arena *arena;
	const struct settings *settings;
	const struct playbooks *playbooks;
	const struct inventory *inventory;
	struct store *store;
	struct trust *trust;
};

/* False once it has been told what is wrong; *status is the exit status then. */
bool context_load(struct context *c, unsigned needs, const char *verb, int *status)
	NODISCARD;
void context_clear(struct context *c);
DEFINE_AUTO_VALUE(struct context, context, context_clear)

/* The certificate of the settings whose name is nearest, for "did you mean"; or NULL. */
const char *nearest_certificate(const struct context *c, const char *name) NODISCARD;

/* The exit status that goes with a failure. */
int exit_status(const struct err *e);
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOCKED = 3, EXIT_STOPPED = 130 };

/* Tell the error, or those of a file; the exit status. */
int tell_error(const struct context *c, const struct err *e);
int tell_errors(const struct context *c, const struct errs *all);
