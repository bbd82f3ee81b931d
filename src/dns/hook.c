/*
 * The user's own script, unmodified, in one of the dialects that hooks are written in:
 *
 *   dehydrated   HOOK deploy_challenge|clean_challenge DOMAIN TOKEN VALUE; with hook_chain
 *                all triples in one call
 *   certbot      --manual-auth-hook and --manual-cleanup-hook: all in the environment
 *   lego         exec: HOOK present|cleanup FQDN. VALUE
 *   lego-raw     EXEC_MODE=RAW: HOOK present|cleanup -- DOMAIN TOKEN KEY_AUTHORIZATION
 *   uacme        HOOK begin|done dns-01 DOMAIN TOKEN VALUE
 *   getssl       DNS_ADD_COMMAND and DNS_DEL_COMMAND: HOOK DOMAIN VALUE
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "dns/private/program.h"
#include "dns/private/provider.h"

#include <pthread.h>
#include <string.h>

/* Hook scripts keep state in fixed files: never two at once. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* One call: the records it is for, and how many come after it. */
struct call {
	bool in;
	struct change *const *changes;
	size_t n;
	struct change *const *all;
	size_t n_all, left;
};

static const struct dns_record *first(const struct call *c)
{
	return c->changes[0]->record;
}

/* The domains of a set, each once where they stand together. */
static void add_domains(
	struct buf *b, struct change *const *changes, size_t n, const char *between)
{
	const char *last = "";

	for (size_t i = 0; i < n; i++) {
		const char *domain = changes[i]->record->domain;

		if (!text_eq(domain, last))
			buf_printf(b, "%s%s", i ? between : "", domain);
		last = domain;
	}
}

/* ---- dialects: command line and environment ---- */

static void dehydrated(const struct call *c, struct words *argv, struct words *env)
{
	const struct dns_config *config = first(c)->config;
	AUTO(str) char *dir = fs_dirname(config->hook);
	AUTO(buf) struct buf names = BUF_EMPTY;

	words_add(argv, "%s", c->in ? "deploy_challenge" : "clean_challenge");
	for (size_t i = 0; i < c->n; i++) {
		const struct dns_record *r = c->changes[i]->record;

		words_add(argv, "%s", r->domain);
		words_add(argv, "%s", r->token);
		words_add(argv, "%s", r->value);
	}
	add_domains(&names, c->changes, c->n, " ");
	words_add(env, "CHALLENGETYPE=dns-01");
	words_add(env, "HOOK_CHAIN=%s", config->hook_chain ? "yes" : "no");
	words_add(env, "WELLKNOWN=");
	words_add(env, "BASEDIR=%s", dir);
	words_add(env, "alias=%s", first(c)->domain);
	words_add(env, "altnames=%s", names.data);
}

static void certbot(const struct call *c, struct words *argv, struct words *env)
{
	AUTO(buf) struct buf names = BUF_EMPTY;
	const struct dns_record *r = first(c);

	(void)argv;
	add_domains(&names, c->all, c->n_all, ",");
	words_add(env, "CERTBOT_IDENTIFIER=%s", r->domain);
	words_add(env, "CERTBOT_DOMAIN=%s", r->domain);
	words_add(env, "CERTBOT_VALIDATION=%s", r->value);
	words_add(env, "CERTBOT_REMAINING_CHALLENGES=%zu", c->left);
	words_add(env, "CERTBOT_ALL_IDENTIFIERS=%s", names.data);
	words_add(env, "CERTBOT_ALL_DOMAINS=%s", names.data);
	if (!c->in)
		words_add(env, "CERTBOT_AUTH_OUTPUT=%s", r->output ? r->output : "");
}

static void lego(const struct call *c, struct words *argv, struct words *env)
{
	(void)env;
	words_add(argv, "%s", c->in ? "present" : "cleanup");
	words_add(argv, "%s.", first(c)->name);
	words_add(argv, "%s", first(c)->value);
}

static void lego_raw(const struct call *c, struct words *argv, struct words *env)
{
	const struct dns_record *r = first(c);

	(void)env;
	words_add(argv, "%s", c->in ? "present" : "cleanup");
	words_add(argv, "--"); /* a token can begin with '-' */
	words_add(argv, "%s", r->domain);
	words_add(argv, "%s", r->token);
	words_add(argv, "%s", r->authorization ? r->authorization : "");
}

static void uacme(const struct call *c, struct words *argv, struct words *env)
{
	const struct dns_record *r = first(c);
	const struct {
		const char *variable, *value;
	} words[] = { { "METHOD", c->in ? "begin" : "done" }, { "TYPE", "dns-01" },
		{ "IDENT", r->domain }, { "TOKEN", r->token }, { "AUTH", r->value } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		words_add(argv, "%s", words[i].value);
		words_add(env, "UACME_%s=%s", words[i].variable, words[i].value);
	}
}

static void getssl(const struct call *c, struct words *argv, struct words *env)
{
	(void)env;
	words_add(argv, "%s", first(c)->domain);
	words_add(argv, "%s", first(c)->value);
}

static const struct dialect {
	const char *name;
	void (*tell)(const struct call *c, struct words *argv, struct words *env);
	bool wants_name; /* where the record must stand, after aliases */
	bool chains;     /* knows of several records in one call */
	bool declines;   /* a failure says that nothing was added */
} dialects[] = {
	{ .name = "dehydrated", .tell = dehydrated, .chains = true },
	{ .name = "certbot", .tell = certbot },
	{ .name = "lego", .tell = lego, .wants_name = true },
	{ .name = "lego-raw", .tell = lego_raw },
	{ .name = "uacme", .tell = uacme, .declines = true },
	{ .name = "getssl", .tell = getssl },
};

/* The settings know no others; without one it is dehydrated's. */
static const struct dialect *dialect_of(const struct dns_config *c)
{
	for (size_t i = 0; c->dialect && i < ARRAY_LEN(dialects); i++)
		if (text_eq(dialects[i].name, c->dialect))
			return &dialects[i];
	return &dialects[0];
}

bool hook_wants_name(const struct dns_config *c)
{
	return dialect_of(c)->wants_name;
}

/* ---- runs ---- */

/* certbot hands what the first hook printed to the second. */
static void keep_output(const struct call *c, const struct buf *out)
{
	struct dns_record *r = c->changes[0]->record;
	size_t len = out->len;

	while (len > 0 && strchr(" \t\r\n", out->data[len - 1]))
		len--;
	free(r->output);
	r->output = strnlen(out->data, len) == len ? xstrndup(out->data, len) : NULL;
}

static bool run(const struct call *c, bool *begun, struct err *e)
{
	const struct dns_config *config = first(c)->config;
	const char *hook =
		!c->in && config->cleanup_hook ? config->cleanup_hook : config->hook;
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words argv = { .arena = arena };
	AUTO(words) struct words env = { .arena = arena };
	AUTO(buf) struct buf out = BUF_EMPTY;
	struct program p = { .seconds = config->hook_timeout };
	bool ok;

	/* beside the settings, not somewhere in $PATH */
	words_add(&argv, "%s%s", strchr(hook, '/') ? "" : "./", hook);
	dialect_of(config)->tell(c, &argv, &env);
	p.argv = words_end(&argv);
	p.env = words_end(&env);
	pthread_mutex_lock(&one_at_a_time);
	ok = program_run(&p, &out, begun, e);
	pthread_mutex_unlock(&one_at_a_time);
	if (ok && c->in)
		keep_output(c, &out);
	return ok ||
		err_wrap(e, "%s %s", hook,
			argv.n > 2      ? argv.list[1]
				: c->in ? "(add)"
					: "(remove)");
}

static void change(struct change *const *changes, size_t n, bool in)
{
	const struct dns_config *config = changes[0]->record->config;
	const struct dialect *d = dialect_of(config);
	const size_t step = d->chains && config->hook_chain ? n : 1;

	for (size_t i = 0; i < n; i += step) {
		const struct call c = { in, changes + i, step, changes, n, n - i - step };
		struct err e = { 0 };
		bool begun;

		if (run(&c, &begun, &e))
			continue;
		changes_fail(changes + i, step, &e);
		for (size_t k = i; k < i + step; k++)
			changes[k]->refused = !begun || d->declines;
	}
}

const struct provider provider_hook = {
	.name = "hook",
	.change = change,
};
