/*
 * push - hosts from look to proof: what differs is sent, taken up, and proved by handshake;
 * or the service is put back as it was.
 */
#pragma once

#include "conf/rollout.h"
#include "plan/planned.h"
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
	const struct contents *contents;
	const struct prober *prober;
	const struct ssh_vouch *vouch; /* for hosts that want it: certpush_sshfp */
	const char *store_id;          /* names this controller's staging directories */
	size_t forks;                  /* hosts at a time */
	const struct rollout *rollout;
	bool dry;      /* look at the hosts, write nothing */
	bool force;    /* replace also what is newer on a host */
	bool diff;     /* tell what each changed file held and holds */
	bool any_time; /* also outside of a host's windows */
	/* Its hosts, refused where not all is as it was then; or NULL. */
	const struct planned *planned;
	struct planned *record; /* gets what a dry run would do; or NULL */
	struct report *report;
};

/* Where a host has got to. */
enum push_end {
	PUSH_NOT_CONCERNED, /* none of its services is wanted */
	PUSH_NOT_BEGUN,     /* too much had failed before, or it was interrupted */
	PUSH_FAILED,
	PUSH_OWED, /* its window is closed */
	PUSH_DONE,
};

/* What waits for a host's window. */
struct push_owed {
	const struct host *host;
	const struct service *service;
	time_t until;   /* the window opens */
	time_t expires; /* the end of the certificate that is there; 0: unknown */
};

/* What is as it should be now, or was all along; in a dry run: would be. */
struct push_settled {
	const struct host *host;
	const struct service *service;
};

struct push_total {
	enum push_end *ends;    /* of each of the hosts; free it */
	size_t hosts, services; /* that were looked at */
	size_t changes; /* files sent or put right, and reloads; in a dry run: that would be
			 */
	size_t failed;  /* hosts that failed or couldn't be reached */
	size_t not_begun; /* hosts that were left as they are */
	struct push_owed *owed;
	size_t n_owed; /* of a list to be freed */
	struct push_settled *settled;
	size_t n_settled; /* likewise */
};

/* One host's failure leaves the others of its batch going; a recap of all comes last. */
struct push_total push_run(const struct push *p);
