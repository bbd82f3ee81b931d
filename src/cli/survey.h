/*
 * survey - the questions of check-remote: which services, at which addresses, and what they
 * should show.
 *
 * It asks nothing itself, but for the addresses of names.
 */
#pragma once

#include "cli/context.h"
#include "cli/passage.h"
#include "conf/endpoint.h"
#include "probe/probe.h"

/* One check, at one address. */
struct question {
	const char *host, *service; /* as the report calls them; service may be NULL */
	size_t check; /* questions of one check, at several addresses, have the same number
		       */
	const char *protocol, *name, *key;
	bool client_auth;
	enum tlsa says;          /* of its TLSA records */
	const char *tlsa_at;     /* where they are, if any count; or NULL */
	const char *const *tlsa; /* those that count, ended by NULL; or NULL */
	const struct chain *expected;
	const char *to; /* where, as `through` calls it */
	int port;
	struct passage *through;      /* it's asked from a host; NULL: from here */
	struct probe_address address; /* its text is "" if there is none: see result */
	struct probe_result result;
	const struct question *twin; /* asks the very same: the result is to be its; or NULL
				      */
};

struct stored;
struct draft;

struct survey {
	struct context *context;
	const struct prober *prober;
	int64_t deadline; /* until then names and services may be asked again */
	struct question *list;
	size_t n;
	bool alone;               /* one host was asked for by its name */
	bool blind;               /* what is expected of a service couldn't be read */
	struct passages passages; /* for the questions that go through one */

	struct stored *stored; /* in the arena */
	struct draft *drafts;  /* while it is collected */
	size_t n_drafts;
	const struct host **within; /* -l: these of the inventory; NULL: all */
	size_t n_within;
};
void survey_end(struct survey *s);
DEFINE_AUTO_VALUE(struct survey, survey, survey_end)

/* ERR_USAGE, with the nearest known one, if there is no such protocol; NULL is fine. */
bool survey_protocol(const char *protocol, struct err *e) NODISCARD;

/* What the words of the command line, or the lines of --file, ask for: at least one
 * question, or ERR_USAGE. The listing must outlive it. */
bool survey_collect(struct survey *s, const struct listing *l, struct err *e) NODISCARD;
