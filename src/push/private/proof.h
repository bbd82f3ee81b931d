/*
 * proof - ask the services of a host what they serve: every check, at every address.
 */
#pragma once

#include "base/arena.h"
#include "plan/plan.h"
#include "probe/probe.h"
#include "ssh/ssh.h"

struct proof {
	struct service_plan *service;
	const struct check *check;
	const struct bundle *bundle;  /* what must be served */
	const char *name;             /* SNI, and the name that must match */
	const char *key;              /* as struct probe_target has it */
	struct probe_address address; /* its text is "" if there is none */
	const char *host; /* where it tunnels to, and the port; NULL: it doesn't */
	int port;
	struct probe_result result; /* verdict PROBE_UNREACHABLE with an err until asked */
};

/* Does anything of these have to show that it took up what it was to take up? */
bool proof_is_due(const struct host_plan *p);

struct proofs {
	const struct ssh *through; /* for the checks that tunnel; NULL: there are none */
	struct proof *list;
	size_t n;
};
void proofs_clear(struct proofs *p);
DEFINE_AUTO_VALUE(struct proofs, proofs, proofs_clear)

/*
 * The questions to the services that wanted() picks. A name that has no address, for all of
 * the service's `wait` if patient, becomes a proof of its own that has failed already.
 */
void proofs_list(struct proofs *out, struct arena *a, struct host_plan *p,
	bool (*wanted)(const struct service_plan *s), bool patient);

/* Ask it, which has an address, whether it serves what is expected, or anything if that is
 * NULL. */
void proof_run(const struct proof *q, const struct ssh *through,
	const struct prober *prober, const struct chain *expected, int64_t deadline,
	struct probe_result *r);

/* Ask each once. */
void proofs_ask(struct proofs *p, const struct prober *prober);
/* Ask each until it is good several times in a row, or its service's `wait` has passed. */
void proofs_wait(struct proofs *p, const struct prober *prober);

/* The first that isn't good; of this service if it isn't NULL. NULL: all are good. */
const struct proof *proofs_bad(const struct proofs *p, const struct service_plan *s);
