/*
 * survey - the questions of check-remote: which services, at which addresses, and what they
 * should show.
 *
 * It asks nothing itself, but for the addresses of names.
 */
#pragma once

#include "cli/context.h"
#include "probe/probe.h"

/* One check, at one address. */
struct question {
	const char *host, *service; /* as the report calls them; service may be NULL */
	size_t check; /* questions of one check, at several addresses, have the same number
		       */
	const char *protocol, *name, *key;
	const struct chain *expected;
	struct probe_address address;
	struct probe_result result;
};

struct stored;

struct survey {
	struct context *context;
	const struct prober *prober;
	struct question *list;
	size_t n, n_checks;
	struct stored *stored; /* in the arena */
};
void survey_end(struct survey *s);
DEFINE_AUTO_VALUE(struct survey, survey, survey_end)

/* ERR_USAGE, with the nearest known one, if there is no such protocol; NULL is fine. */
bool survey_protocol(const char *protocol, struct err *e) NODISCARD;

/* What the words of the command line ask for: at least one question, or ERR_USAGE. */
bool survey_collect(struct survey *s, struct err *e) NODISCARD;
