/*
 * options - the command line, read by a table: what is given, and what there is to help
 * with.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "conf/limit.h"
#include "report/report.h"

/* The verbs, as bits: each option says which take it. */
enum verb_bit {
	VERB_RENEW = 1 << 0,
	VERB_PLAN = 1 << 1,
	VERB_PUSH = 1 << 2,
	VERB_CHECK = 1 << 3,
	VERB_CHECK_REMOTE = 1 << 4,
	VERB_INVENTORY = 1 << 5,
	VERB_HELP = 1 << 6,
	VERB_ACCOUNT = 1 << 7,
	VERB_REVOKE = 1 << 8,
	VERB_ROLLBACK = 1 << 9,
	VERB_REPLACE = 1 << 10,
	VERB_HOSTS = 1 << 11,
	VERB_ALL = 0xffff,
};

struct options {
	const char *config, *inventory;
	const char *limit;
	int forks;
	enum report_format format;
	int verbose;
	bool quiet, help, version;
	enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } colour;
	bool dry, force, push, exit_code, wait, diff, any_time;
	int days; /* -1: not given */
	struct limit warn, crit;
	enum event_level unreachable; /* what no connection counts as */
	bool metric_aliases;
	bool list, graph;
	const char *host;
	const char *reason;
	const char *serial, *retry_file, *out, *start_at;
	int max_fail_percentage; /* -1: not given */
	bool yes, sshfp, replace;
	const char *fingerprint;
	int patience; /* seconds; 0: ask once */
	const char *file, *name;
	bool all_names, no_sni, tunnel, ipv4, ipv6;

	const char *verb;
	const char **words; /* what follows the verb; malloc'ed */
	size_t n_words;
};

/* argv must outlive it. What could be read is there also when it fails (ERR_USAGE). */
bool options_read(struct options *o, int argc, char **argv, struct err *e) NODISCARD;
void options_clear(struct options *o);
DEFINE_AUTO_VALUE(struct options, options, options_clear)

/* ERR_USAGE if an option or a format was given that this verb doesn't take. */
bool options_fit(const struct options *o, unsigned verb, struct err *e) NODISCARD;

/* A line for each option that the verb takes; VERB_ALL: those that all take. */
void options_help(struct buf *out, unsigned verb);
