#include "base/alloc.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/question.h"
#include "cli/sshfp.h"
#include "cli/verb.h"
#include "push/reach.h"
#include "work/crew.h"

#include <string.h>
#include <unistd.h>

/* One host, and what was found out. */
struct candidate {
	const struct host *host;
	struct reach reach;
	struct ssh_keys keys;
	struct sshfp_view *sshfp; /* of each key */
	struct err err;
};

struct trust_run {
	struct context *context;
	struct candidate *list;
	size_t n;
	const char **fingerprints; /* of --fingerprint; the texts are in the arena */
	size_t n_fingerprints;
	bool asks;    /* there is somebody at a terminal */
	bool unasked; /* something was left since there is nobody */
};

static void run_clear(struct trust_run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		ssh_keys_clear(&r->list[i].keys);
		free(r->list[i].sshfp);
	}
	free(r->list);
	free(r->fingerprints);
}
DEFINE_AUTO_VALUE(struct trust_run, run, run_clear)

/* ---- which hosts ---- */

static bool unknown_host(const struct context *c, const char *word, struct err *e)
{
	const struct inventory *inv = c->inventory;
	const char **names = arena_calloc(c->arena, inv->n_hosts + 1, sizeof *names);
	const char *near;

	for (size_t i = 0; i < inv->n_hosts; i++)
		names[i] = inv->hosts[i].name;
	near = text_nearest(word, names);
	return err_set(e, ERR_USAGE, "no host '%s' in the inventory%s%s%s", word,
		near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Named ones; without words those that a push goes to. This machine needs no key. */
static bool is_meant(const struct options *o, const struct host *h)
{
	if (h->connection.local)
		return false;
	return o->n_words > 1 ? text_among(o->words + 1, o->n_words - 1, h->name)
			      : h->n_services > 0;
}

static bool select_hosts(struct trust_run *r, struct err *e)
{
	const struct context *c = r->context;
	const struct options *o = c->options;
	const struct host **hosts;
	size_t n;

	for (size_t i = 1; i < o->n_words; i++)
		if (!inventory_host(c->inventory, o->words[i]))
			return unknown_host(c, o->words[i], e);
	if (!inventory_select(c->inventory, o->limit, &hosts, &n, e))
		return false;
	r->list = xcalloc(n, sizeof *r->list);
	for (size_t i = 0; i < n; i++)
		if (is_meant(o, hosts[i]))
			r->list[r->n++].host = hosts[i];
	free(hosts);
	return r->n > 0 ||
		err_set(e, ERR_USAGE,
			"none of these hosts is reached by ssh, or has a service");
}

/* "SHA256:…,SHA256:…" */
static bool read_fingerprints(struct trust_run *r, struct err *e)
{
	struct arena *a = r->context->arena;
	const char *list = r->context->options->fingerprint, *end;

	for (; list; list = *end ? end + 1 : NULL) {
		AUTO(str) char *word = NULL, *fingerprint = NULL;

		end = list + strcspn(list, ",");
		word = xstrndup(list, (size_t)(end - list));
		fingerprint = ssh_fingerprint_read(word);
		if (!fingerprint)
			return err_set(e, ERR_USAGE,
				"--fingerprint: expected SHA256:… as ssh-keygen -l prints it, found '%s'",
				word);
		GROW(r->fingerprints, r->n_fingerprints);
		r->fingerprints[r->n_fingerprints++] = arena_strdup(a, fingerprint);
	}
	return true;
}

/* ---- looking ---- */

static void look(void *ctx, size_t i)
{
	struct trust_run *r = ctx;
	struct candidate *c = &r->list[i];

	c->keys = (struct ssh_keys)SSH_KEYS_EMPTY;
	reach_of(c->host, &c->reach);
	if (stop_requested()) {
		err_set(&c->err, ERR_STOPPED, "interrupted");
		return;
	}
	if (!ssh_keys_ask(&c->reach.ssh, &c->keys, &c->err))
		return;
	c->err.kind = ERR_NONE;
	c->sshfp = xcalloc(c->keys.n, sizeof *c->sshfp);
	sshfp_view(r->context->settings, c->reach.ssh.address, &c->keys, c->sshfp);
}

/* ---- telling ---- */

static const char *const verdicts[] = { [SSH_KEY_KNOWN] = "known",
	[SSH_KEY_NEW] = "new",
	[SSH_KEY_CHANGED] = "changed",
	[SSH_KEY_REVOKED] = "revoked" };

static void tell_key(const struct trust_run *r, const struct candidate *c, size_t i)
{
	const struct ssh_key *k = &c->keys.list[i];
	AUTO(str) char *at = k->file ? xasprintf("%s:%d", k->file, k->line) : NULL;
	AUTO(buf) struct buf detail = BUF_EMPTY;

	if (k->old)
		buf_printf(&detail, "there it is %s", k->old);
	if (c->sshfp[i].text)
		buf_printf(&detail, "%s%s", detail.len ? "; " : "", c->sshfp[i].text);
	report_emit(r->context->report,
		&(struct event){ .kind = EVENT_HOST_KEY,
			.host = c->host->name,
			.item = k->type,
			.verdict = verdicts[k->state],
			.fingerprint = k->fingerprint,
			.path = at,
			.detail = detail.len ? detail.data : NULL });
}

static void tell_trusted(const struct trust_run *r, const struct candidate *c,
	const struct ssh_key *k, const char *file, const char *why)
{
	report_emit(r->context->report,
		&(struct event){ .kind = EVENT_TRUSTED,
			.host = c->host->name,
			.item = k->type,
			.fingerprint = k->fingerprint,
			.path = file,
			.detail = why });
}

static bool tell_failed(const struct trust_run *r, const struct candidate *c,
	enum event_kind kind, const struct err *e)
{
	report_emit(r->context->report,
		&(struct event){ .kind = kind, .host = c->host->name, .detail = e->msg });
	return false;
}

/* ---- deciding ---- */

/* What an option says of a key; NULL: nothing. */
static const char *vouched(
	const struct trust_run *r, const struct candidate *c, const struct ssh_key *k)
{
	const struct options *o = r->context->options;

	if (text_among(r->fingerprints, r->n_fingerprints, k->fingerprint))
		return "by its fingerprint";
	if (o->sshfp && c->sshfp[k - c->keys.list].proves)
		return "by SSHFP and DNSSEC";
	if (o->yes && k->state == SSH_KEY_NEW && c->keys.first_use)
		return "on first use";
	return NULL;
}

static bool is_selective(const struct options *o)
{
	return o->fingerprint || o->sshfp || o->yes;
}

static bool add_keys(const struct trust_run *r, const struct candidate *c,
	const struct ssh_key *const *keys, size_t n, const char *why)
{
	const char *file = ssh_trust_file(&c->reach.ssh);
	struct err e = { 0 };

	if (n == 0)
		return true;
	if (!ssh_trust_add(&c->reach.ssh, keys, n, &e))
		return tell_failed(r, c, EVENT_FAILED, &e);
	for (size_t i = 0; i < n; i++)
		tell_trusted(r, c, keys[i], file, why ? why : vouched(r, c, keys[i]));
	return true;
}

static bool ask_for_new(const struct trust_run *r, const struct candidate *c,
	const struct ssh_key **keys, size_t n)
{
	AUTO(str) char *fingerprint = NULL;
	AUTO(str)
	char *text = xasprintf("%s: add %s to %s? (y/N, or the fingerprint of one) ",
		c->host->name, n == 1 ? "this new key" : "these new keys",
		ssh_trust_file(&c->reach.ssh));
	enum answer answer = question_ask(r->context->report, text, keys, n, &fingerprint);

	if (answer == ANSWER_NO)
		return false;
	for (size_t i = 0; answer == ANSWER_FINGERPRINT && i < n; i++)
		if (text_eq(keys[i]->fingerprint, fingerprint))
			return add_keys(r, c, &keys[i], 1, "by its fingerprint");
	return add_keys(r, c, keys, n, "as answered");
}

static bool tell_unvouched(const struct trust_run *r, const struct candidate *c)
{
	struct err e;

	err_set(&e, ERR_AUTH, "nothing that was said vouches for one of its keys%s",
		r->context->options->yes
			? ", and it isn't its first use: other keys are on file"
			: "");
	return tell_failed(r, c, EVENT_FAILED, &e);
}

/* What is left untrusted by options that choose is meant so, if the host has another key.
 */
static bool settle_new(struct trust_run *r, const struct candidate *c)
{
	const struct ssh_key **keys = xcalloc(c->keys.n, sizeof *keys);
	const bool selective = is_selective(r->context->options);
	size_t n = 0, fresh = 0, good = 0;
	bool well;

	for (size_t i = 0; i < c->keys.n; i++) {
		const struct ssh_key *k = &c->keys.list[i];

		good += k->state == SSH_KEY_KNOWN;
		fresh += k->state == SSH_KEY_NEW;
		if (k->state == SSH_KEY_NEW && (!selective || vouched(r, c, k)))
			keys[n++] = k;
	}
	if (fresh == 0)
		well = true;
	else if (selective)
		well = add_keys(r, c, keys, n, NULL) &&
			(n + good > 0 || tell_unvouched(r, c));
	else
		well = r->asks && ask_for_new(r, c, keys, n);
	r->unasked |= !well && !selective && !r->asks;
	free(keys);
	return well;
}

static bool replace(const struct trust_run *r, const struct candidate *c,
	const struct ssh_key *k, const char *why)
{
	AUTO(str) char *at = xasprintf("%s:%d", k->file, k->line);
	struct err e = { 0 };

	if (!ssh_trust_replace(&c->reach.ssh, k, &e))
		return tell_failed(r, c, EVENT_FAILED, &e);
	tell_trusted(r, c, k, at, why);
	return true;
}

static bool ask_to_replace(
	const struct trust_run *r, const struct candidate *c, const struct ssh_key *k)
{
	AUTO(str) char *fingerprint = NULL;
	AUTO(str)
	char *text = xasprintf("%s: replace the %s key of %s:%d? (y/N, or the new "
			       "one's fingerprint) ",
		c->host->name, k->type, k->file, k->line);

	return question_ask(r->context->report, text, &k, 1, &fingerprint) != ANSWER_NO &&
		replace(r, c, k, "in place of the old one, as answered");
}

/* Never without --replace. Lines keep their numbers: see ssh_trust_replace. */
static bool settle_changed(struct trust_run *r, const struct candidate *c)
{
	const struct options *o = r->context->options;
	bool well = true;

	for (size_t i = 0; i < c->keys.n; i++) {
		const struct ssh_key *k = &c->keys.list[i];
		struct err e;

		if (k->state == SSH_KEY_REVOKED) {
			err_set(&e, ERR_AUTH, "its %s key is revoked in %s:%d", k->type,
				k->file, k->line);
			well = tell_failed(r, c, EVENT_FAILED, &e);
		} else if (k->state == SSH_KEY_CHANGED && o->replace && vouched(r, c, k)) {
			well &= replace(r, c, k, vouched(r, c, k));
		} else if (k->state == SSH_KEY_CHANGED && o->replace && r->asks) {
			well &= ask_to_replace(r, c, k);
		} else if (k->state == SSH_KEY_CHANGED) {
			err_set(&e, ERR_AUTH,
				"its %s key has changed: %s:%d holds another one; replaced only with --replace, on a terminal or with --fingerprint or --sshfp",
				k->type, k->file, k->line);
			well = tell_failed(r, c, EVENT_FAILED, &e);
		}
	}
	return well;
}

/* False if not all is well with it. */
static bool settle(struct trust_run *r, struct candidate *c)
{
	bool well;

	/* another name of the same host may have brought them in a moment ago */
	if (c->err.kind == ERR_NONE)
		(void)!ssh_keys_look_up(&c->reach.ssh, &c->keys, &c->err);
	if (c->err.kind != ERR_NONE)
		return tell_failed(r, c,
			c->err.kind == ERR_NET || c->err.kind == ERR_TIMEOUT
				? EVENT_UNREACHABLE
				: EVENT_FAILED,
			&c->err);
	for (size_t i = 0; i < c->keys.n; i++)
		tell_key(r, c, i);
	well = settle_changed(r, c);
	return settle_new(r, c) && well;
}

static const char no_terminal[] =
	"no key was added where nothing vouches for it: there is no terminal to ask at; "
	"--fingerprint SHA256:…, --sshfp or --yes (trust on first use) say which are right";

static bool check_words(const struct options *o, struct err *e)
{
	if (o->n_words == 0 || !text_eq(o->words[0], "trust"))
		return err_set(e, ERR_USAGE, "hosts: trust is all there is to do");
	return true;
}

int cmd_hosts(struct context *c)
{
	AUTO(run) struct trust_run r = { .context = c };
	const struct options *o = c->options;
	struct err e = { 0 };
	bool well = true;

	if (!check_words(o, &e) || !read_fingerprints(&r, &e) || !select_hosts(&r, &e))
		return tell_error(c, &e);
	r.asks = o->format == FORMAT_TEXT && isatty(STDIN_FILENO) &&
		report_can_ask(c->report);
	crew_run((size_t)o->forks, r.n, look, &r);
	for (size_t i = 0; i < r.n && !stop_requested(); i++)
		well &= settle(&r, &r.list[i]);
	if (r.unasked)
		report_warn(c->report, "%s", no_terminal);
	return well ? EXIT_OK : EXIT_FAILED;
}
