/*
 * push - hosts from look to proof: what differs is sent, taken up, and proved by handshake;
 * or the host is put back as it was.
 */
#pragma once

#include "conf/rollout.h"
#include "plan/plan.h"
#include "probe/probe.h"
#include "report/report.h"
#include "ssh/ssh.h"

struct push {
	const struct host *const *hosts;
	size_t n_hosts;
	/* Which services of a host, and what they must hold: as plan_targets takes them. */
	bool (*wanted)(void *ctx, const struct host *h, const struct service *s);
	plan_bundle *bundle;
	void *ctx;
	const struct prober *prober;
	const struct ssh_vouch *vouch; /* for hosts that want it: certpush_sshfp */
	const char *store_id;          /* names this controller's staging directories */
	size_t forks;                  /* hosts at a time */
	const struct rollout *rollout;
	bool dry;   /* look at the hosts, write nothing */
	bool force; /* replace also what is newer on a host */
	struct report *report;
};

/* Where a host has got to. */
enum push_end {
	PUSH_NOT_CONCERNED, /* none of its services is wanted */
	PUSH_NOT_BEGUN,     /* too much had failed before, or it was interrupted */
	PUSH_FAILED,
	PUSH_DONE,
};

struct push_total {
	enum push_end *ends;    /* of each of the hosts; free it */
	size_t hosts, services; /* that were looked at */
	size_t changes; /* files sent or put right, and reloads; in a dry run: that would be
			 */
	size_t failed;  /* hosts that failed or couldn't be reached */
	size_t not_begun; /* hosts that were left as they are */
};

/* One host's failure leaves the others of its batch going; a recap of all comes last. */
struct push_total push_run(const struct push *p);
