#include "cli/options.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/verb.h"

#include <stdio.h>
#include <string.h>

enum kind { FLAG, COUNT, TEXT, NUMBER, DURATION, FORMAT, COLOUR, LIMIT, LEVEL };

struct option {
	char letter;              /* 0: none */
	const char *name, *value; /* value: what help calls it */
	enum kind kind;
	size_t offset;
	unsigned verbs;
	const char *help;
};

#define AT(member) offsetof(struct options, member)
#define HOSTS                                                                              \
	(VERB_RENEW | VERB_PLAN | VERB_PUSH | VERB_CHECK_REMOTE | VERB_ROLLBACK |          \
		VERB_HOSTS)
#define CHECKS  (VERB_CHECK | VERB_CHECK_REMOTE)
#define CHANGES (VERB_RENEW | VERB_PUSH | VERB_ROLLBACK | VERB_REPLACE)

/* A name has a row for each of its meanings, and the verb says which one is meant. */
static const struct option options[] = {
	{ 'c', "config", "FILE", TEXT, AT(config), VERB_ALL,
		"settings (default: certpush.yml)" },
	{ 'i', "inventory", "PATH", TEXT, AT(inventory), VERB_ALL,
		"inventory file or directory" },
	{ 'f', "forks", "N", NUMBER, AT(forks), VERB_ALL,
		"hosts and orders at a time (default: 20), or services (64)" },
	{ 0, "format", "FORMAT", FORMAT, AT(format), VERB_ALL,
		"text or json; of check and check-remote: nagios, prometheus" },
	{ 0, "color", "WHEN", COLOUR, AT(colour), VERB_ALL, "auto, always or never" },
	{ 'v', "verbose", NULL, COUNT, AT(verbose), VERB_ALL,
		"tell more; -vv: every step" },
	{ 'q', "quiet", NULL, FLAG, AT(quiet), VERB_ALL, "tell only what is wrong" },
	{ 'h', "help", NULL, FLAG, AT(help), VERB_ALL, "this text, or that of a verb" },
	{ 'V', "version", NULL, FLAG, AT(version), VERB_ALL, "certpush's version" },
	{ 'l', "limit", "PATTERN", TEXT, AT(limit), HOSTS,
		"only these hosts, as ansible takes them" },
	{ 0, "start-at", "HOST", TEXT, AT(start_at), VERB_PLAN | VERB_PUSH,
		"begin with this one of them, in the inventory's order" },
	{ 'n', "dry-run", NULL, FLAG, AT(dry), CHANGES,
		"look at everything, change nothing" },
	{ 0, "serial", "LIST", TEXT, AT(serial), CHANGES,
		"so many hosts at first, then so many: 1,25%" },
	{ 0, "max-fail-percentage", "N", NUMBER, AT(max_fail_percentage), CHANGES,
		"begin no further batch if more of one fail" },
	{ 0, "retry-file", "FILE", TEXT, AT(retry_file), CHANGES,
		"list hosts that weren't finished there, for -l @FILE" },
	{ 0, "wait", NULL, FLAG, AT(wait), CHANGES,
		"wait until what TLSA records hold up can go, then push it" },
	{ 0, "wait", "TIME", DURATION, AT(patience), VERB_CHECK_REMOTE,
		"ask until all is well three times in a row, for at most 15s, 2m" },
	{ 0, "file", "FILE", TEXT, AT(file), VERB_CHECK_REMOTE,
		"ask what it lists: PROTOCOL HOST[:PORT] [NAME]; -: stdin" },
	{ 0, "name", "NAME", TEXT, AT(name), VERB_CHECK_REMOTE,
		"the name to ask for and to find" },
	{ 0, "all-names", NULL, FLAG, AT(all_names), VERB_CHECK_REMOTE,
		"ask for each name of the certificate in the store" },
	{ 0, "no-sni", NULL, FLAG, AT(no_sni), VERB_CHECK_REMOTE,
		"say no name, as very old clients do" },
	{ 0, "tunnel", NULL, FLAG, AT(tunnel), VERB_CHECK_REMOTE,
		"ask from the host itself, through its SSH session" },
	{ '4', "ipv4", NULL, FLAG, AT(ipv4), VERB_CHECK_REMOTE, "only IPv4 addresses" },
	{ '6', "ipv6", NULL, FLAG, AT(ipv6), VERB_CHECK_REMOTE, "only IPv6 addresses" },
	{ 0, "push", NULL, FLAG, AT(push), VERB_RENEW, "push what there is afterwards" },
	{ 0, "force", NULL, FLAG, AT(force),
		VERB_RENEW | VERB_PUSH | VERB_PLAN | VERB_REPLACE,
		"renew what isn't due, replace what is newer, revoke with hosts left" },
	{ 0, "any-time", NULL, FLAG, AT(any_time),
		VERB_RENEW | VERB_PLAN | VERB_PUSH | VERB_REPLACE,
		"change hosts also outside of their windows" },
	{ 0, "diff", NULL, FLAG, AT(diff), VERB_PLAN | VERB_PUSH | VERB_ROLLBACK,
		"tell what each changed file held and holds" },
	{ 0, "out", "FILE", TEXT, AT(out), VERB_PLAN | CHECKS,
		"write the plan there, for push FILE; or --format prometheus" },
	{ 0, "exit-code", NULL, FLAG, AT(exit_code), VERB_PLAN,
		"exit 1 if a push would change something" },
	{ 0, "days", "N", NUMBER, AT(days), VERB_CHECK,
		"warn of what expires within N days: --warn Nd" },
	{ 0, "warn", "LIMIT", LIMIT, AT(warn), CHECKS,
		"warn with so much left: 25%, 20d, or both, and the less counts" },
	{ 0, "crit", "LIMIT", LIMIT, AT(crit), CHECKS, "so much left is critical" },
	{ 0, "unreachable", "LEVEL", LEVEL, AT(unreachable), VERB_CHECK_REMOTE,
		"what no connection is to monitors: critical or unknown" },
	{ 0, "metric-aliases", NULL, FLAG, AT(metric_aliases), VERB_CHECK_REMOTE,
		"for Prometheus also the names that blackbox_exporter and ssl_exporter have" },
	{ 0, "list", NULL, FLAG, AT(list), VERB_INVENTORY,
		"all hosts and variables, as JSON" },
	{ 0, "host", "HOST", TEXT, AT(host), VERB_INVENTORY,
		"the variables of one host, as JSON" },
	{ 0, "reason", "WORD", TEXT, AT(reason), VERB_REVOKE | VERB_REPLACE,
		"why, as RFC 5280 calls it" },
	{ 0, "fingerprint", "LIST", TEXT, AT(fingerprint), VERB_HOSTS,
		"trust only keys with these: SHA256:…,SHA256:…" },
	{ 0, "sshfp", NULL, FLAG, AT(sshfp), VERB_HOSTS,
		"trust only keys with an SSHFP record that DNSSEC proves" },
	{ 0, "yes", NULL, FLAG, AT(yes), VERB_HOSTS,
		"trust on first use: whatever a host without known keys shows" },
	{ 0, "replace", NULL, FLAG, AT(replace), VERB_HOSTS,
		"ask also whether a changed key is to replace the old one" },
	{ 0, "graph", NULL, FLAG, AT(graph), VERB_INVENTORY, "groups and hosts as a tree" },
};

static const struct {
	const char *name;
	enum report_format format;
	unsigned verbs;
} formats[] = {
	{ "text", FORMAT_TEXT, VERB_ALL },
	{ "json", FORMAT_JSON, VERB_ALL },
	{ "nagios", FORMAT_NAGIOS, CHECKS },
	{ "prometheus", FORMAT_PROMETHEUS, CHECKS },
};

static const struct options none = {
	.forks = -1,
	.days = -1,
	.max_fail_percentage = -1,
	.unreachable = LEVEL_CRITICAL,
};

/* What it means to the verb; to one that doesn't take it, and to none, what it means first.
 */
static const struct option *by_name(const char *name, size_t len, unsigned verb)
{
	const struct option *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *o = &options[i];

		if (strlen(o->name) != len || strncmp(o->name, name, len) != 0)
			continue;
		if (o->verbs & verb)
			return o;
		first = first ? first : o;
	}
	return first;
}

static const struct option *by_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static bool unknown(const char *given, size_t len, struct err *e)
{
	const char *names[ARRAY_LEN(options) + 1] = { NULL };
	AUTO(str) char *word = xstrndup(given, len);
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		names[i] = options[i].name;
	near = text_nearest(word, names);
	if (near)
		return err_set(e, ERR_USAGE, "unknown option --%s: did you mean --%s?",
			word, near);
	return err_set(e, ERR_USAGE, "unknown option --%s: see certpush --help", word);
}

static bool set_number(int *out, const struct option *o, const char *value, struct err *e)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (*end || end == value || n < 0 || n > 100000)
		return err_set(e, ERR_USAGE, "--%s: not a number: '%s'", o->name, value);
	*out = (int)n;
	return true;
}

static bool set_duration(int *out, const struct option *o, const char *value, struct err *e)
{
	return duration_parse(value, out) ||
		err_set(e, ERR_USAGE, "--%s: not a time: '%s' (15s, 2m, 1h)", o->name,
			value);
}

static bool set_format(enum report_format *out, const char *value, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (text_eq(value, formats[i].name)) {
			*out = formats[i].format;
			return true;
		}
	return err_set(e, ERR_USAGE, "--format: text, json, nagios or prometheus, not '%s'",
		value);
}

static bool set_limit(
	struct limit *out, const struct option *o, const char *value, struct err *e)
{
	return limit_parse(value, out) ||
		err_set(e, ERR_USAGE,
			"--%s: a share of the lifetime, days, or both, as 25%%,20d, not '%s'",
			o->name, value);
}

static bool set_level(
	enum event_level *out, const struct option *o, const char *value, struct err *e)
{
	if (text_eq(value, "critical"))
		*out = LEVEL_CRITICAL;
	else if (text_eq(value, "unknown"))
		*out = LEVEL_UNKNOWN;
	else
		return err_set(e, ERR_USAGE, "--%s: critical or unknown, not '%s'", o->name,
			value);
	return true;
}

static bool set_colour(struct options *o, const char *value, struct err *e)
{
	if (text_eq(value, "auto"))
		o->colour = COLOUR_AUTO;
	else if (text_eq(value, "always"))
		o->colour = COLOUR_ALWAYS;
	else if (text_eq(value, "never"))
		o->colour = COLOUR_NEVER;
	else
		return err_set(
			e, ERR_USAGE, "--color: auto, always or never, not '%s'", value);
	return true;
}

static bool set(
	struct options *all, const struct option *o, const char *value, struct err *e)
{
	void *at = (char *)all + o->offset;

	switch (o->kind) {
	case FLAG:
		*(bool *)at = true;
		return true;
	case COUNT:
		++*(int *)at;
		return true;
	case TEXT:
		*(const char **)at = value;
		return true;
	case NUMBER:
		return set_number(at, o, value, e);
	case DURATION:
		return set_duration(at, o, value, e);
	case FORMAT:
		return set_format(at, value, e);
	case COLOUR:
		return set_colour(all, value, e);
	case LIMIT:
		return set_limit(at, o, value, e);
	case LEVEL:
		return set_level(at, o, value, e);
	}
	return false;
}

/* The words of the command line that are still to come. */
struct line {
	char **argv;
	int argc, next;
};

static const char *value_of(
	const struct option *o, const char *attached, struct line *l, struct err *e)
{
	if (!o->value && attached) {
		err_set(e, ERR_USAGE, "--%s takes no value", o->name);
		return NULL;
	}
	if (attached || !o->value)
		return attached ? attached : "";
	if (l->next < l->argc)
		return l->argv[l->next++];
	err_set(e, ERR_USAGE, "--%s wants a value: %s", o->name, o->value);
	return NULL;
}

static unsigned bit_of(const char *word)
{
	for (size_t i = 0; word && i < n_verbs; i++)
		if (text_eq(verbs[i].name, word))
			return verbs[i].bit;
	return 0;
}

/* The verb that was named, or the first word to come that names one. */
static unsigned verb_of(const struct options *all, const struct line *l)
{
	unsigned bit = bit_of(all->verb);

	for (int i = l->next; bit == 0 && i < l->argc; i++)
		bit = bit_of(l->argv[i]);
	return bit;
}

static bool long_option(
	struct options *all, const char *word, struct line *l, struct err *e)
{
	const size_t len = strcspn(word, "=");
	const struct option *o = by_name(word, len, verb_of(all, l));
	const char *value;

	if (!o)
		return unknown(word, len, e);
	value = value_of(o, word[len] ? word + len + 1 : NULL, l, e);
	return value && set(all, o, value, e);
}

/* "-vvn", "-l linode" and "-llinode" */
static bool short_options(
	struct options *all, const char *word, struct line *l, struct err *e)
{
	for (; *word; word++) {
		const struct option *o = by_letter(*word);
		const char *value = "";

		if (!o)
			return err_set(e, ERR_USAGE,
				"unknown option -%c: see certpush --help", *word);
		if (o->value)
			value = value_of(o, word[1] ? word + 1 : NULL, l, e);
		if (!value || !set(all, o, value, e))
			return false;
		if (o->value)
			break;
	}
	return true;
}

static void plain_word(struct options *o, const char *word)
{
	if (!o->verb) {
		o->verb = word;
		return;
	}
	GROW(o->words, o->n_words);
	o->words[o->n_words++] = word;
}

/* What comes behind a mistake is read too: in which format is it to be told? */
bool options_read(struct options *o, int argc, char **argv, struct err *e)
{
	struct line l = { argv, argc, 1 };
	bool only_words = false, well = true;
	struct err later;

	*o = none;
	while (l.next < argc) {
		const char *word = argv[l.next++];
		struct err *first = well ? e : &later;

		if (!only_words && text_eq(word, "--"))
			only_words = true;
		else if (only_words || word[0] != '-' || !word[1])
			plain_word(o, word);
		else
			well &= word[1] == '-' ? long_option(o, word + 2, &l, first)
					       : short_options(o, word + 1, &l, first);
	}
	if (well && o->forks == 0)
		return err_set(e, ERR_USAGE, "--forks: at least 1");
	/* a handshake costs next to nothing but the wait for it */
	if (o->forks < 0)
		o->forks = text_eq(o->verb, "check-remote") ? 64 : 20;
	return well;
}

void options_clear(struct options *o)
{
	free(o->words);
	o->words = NULL;
	o->n_words = 0;
}

/* Was it given? By its difference from the default. */
static bool given(const struct options *all, const struct option *o)
{
	const char *a = (const char *)all + o->offset, *b = (const char *)&none + o->offset;

	switch (o->kind) {
	case FLAG:
		return *(const bool *)a != *(const bool *)b;
	case TEXT:
		return *(const char *const *)a != *(const char *const *)b;
	case COUNT:
	case NUMBER:
	case DURATION:
	case FORMAT:
	case COLOUR:
	case LEVEL:
		return memcmp(a, b, sizeof(int)) != 0;
	case LIMIT:
		return ((const struct limit *)(const void *)a)->given;
	}
	return false;
}

static bool format_fits(const struct options *all, unsigned verb, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].format == all->format && !(formats[i].verbs & verb))
			return err_set(e, ERR_USAGE,
				"%s doesn't take --format %s: text or json", all->verb,
				formats[i].name);
	if (all->format == FORMAT_PROMETHEUS || !(verb & CHECKS))
		return true;
	if (all->out || all->metric_aliases)
		return err_set(e, ERR_USAGE, "--%s wants --format prometheus",
			all->out ? "out" : "metric-aliases");
	return true;
}

bool options_fit(const struct options *all, unsigned verb, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (!(options[i].verbs & verb) && given(all, &options[i]))
			return err_set(e, ERR_USAGE,
				"%s doesn't take --%s: see certpush %s --help", all->verb,
				options[i].name, all->verb);
	return format_fits(all, verb, e);
}

void options_help(struct buf *out, unsigned verb)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *o = &options[i];
		const bool common = o->verbs == VERB_ALL;
		char left[40];

		if (verb == VERB_ALL ? !common : common || !(o->verbs & verb))
			continue;
		snprintf(left, sizeof left, "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
			o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name,
			o->value ? " " : "", o->value ? o->value : "");
		buf_printf(out, "  %-24s %s\n", left, o->help);
	}
}
