/*
 * validator - what a resolver that validates says of names: libunbound, loaded when
 * it is first asked. Where there is none, all questions stay open.
 *
 * The only file that knows libunbound; keeps nothing from one call to the next.
 */
#pragma once

#include "base/buf.h"
#include "dns/private/ask.h"
#include "dns/private/wire.h"

/* One question, and what became of it. */
struct question {
	const char *name;
	ldns_rr_type type;
	enum verdict {
		VERDICT_OPEN, /* no answer, or one that isn't signed and needn't be */
		VERDICT_SECURE,
		VERDICT_BOGUS
	} verdict;
	struct buf why; /* VERDICT_BOGUS: one line */
	bool answered;
	bool told; /* and no failure: what there is, or that there is nothing */
	/* what it was answered with, secure or not; never if it is bogus */
	struct buf *rdata;
	size_t n_rdata;
};
#define QUESTION(of_name, of_type)                                                         \
	{                                                                                  \
		.name = (of_name), .type = (of_type), .why = BUF_EMPTY                     \
	}
void questions_clear(struct question *q, size_t n);

/*
 * Ask them side by side. through: resolvers to ask; NULL: it asks name servers itself, from
 * the root down. What has no answer by the deadline, or at a stop request, stays open.
 */
void validator_ask(const struct endpoints *through, const ldns_rr_list *anchors,
	struct question *q, size_t n, int64_t deadline);
