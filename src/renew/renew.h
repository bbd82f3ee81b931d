/*
 * renew - obtain what is due: orders, DNS records and waits of all due certificates side by
 * side, into the store.
 */
#pragma once

#include "conf/settings.h"
#include "report/report.h"
#include "store/store.h"

struct renew {
	const struct settings *settings;
	const struct certificate *const *certificates; /* the ones asked for */
	size_t n_certificates;
	struct store *store; /* locked, unless dry */
	size_t width;        /* certificates worked on at a time */
	bool force;          /* all of them are due */
	bool dry;            /* tell what is due, and do nothing */
	struct report *report;
};

struct renew_total {
	size_t due, issued, failed;
};

/* One certificate's failure leaves the others going. */
struct renew_total renew_run(const struct renew *r);
