/*
 * push - hosts from look to proof: what differs is sent, taken up, and proved by handshake;
 * or the host is put back as it was.
 */
#pragma once

#include "plan/plan.h"
#include "probe/probe.h"
#include "report/report.h"

struct push {
	const struct host *const *hosts;
	size_t n_hosts;
	/* Which services of a host, and what they must hold: as plan_targets takes them. */
	bool (*wanted)(void *ctx, const struct host *h, const struct service *s);
	plan_bundle *bundle;
	void *ctx;
	const struct prober *prober;
	const char *store_id; /* names this controller's staging directories */
	size_t forks;         /* hosts at a time */
	bool dry;             /* look at the hosts, write nothing */
	struct report *report;
};

struct push_total {
	size_t hosts, services; /* that were looked at */
	size_t changes; /* files sent or put right, and reloads; in a dry run: that would be
			 */
	size_t failed;  /* hosts that failed or couldn't be reached */
};

/* One host's failure leaves the others going; a recap of all comes last. */
struct push_total push_run(const struct push *p);
