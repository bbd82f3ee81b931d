/*
 * The user's own script, in dehydrated's dialect: HOOK deploy_challenge DOMAIN TOKEN VALUE
 * and HOOK clean_challenge with the same words; with hook_chain all triples in one call.
 */
#include "base/alloc.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "dns/private/provider.h"

#include <pthread.h>
#include <string.h>

enum { LAST_LINE_MAX = 200 };

/* Hook scripts keep state in fixed files: never two at once. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

struct argv {
	const char **list;
	size_t n;
};

static void push(struct argv *v, const char *word)
{
	GROW(v->list, v->n);
	v->list[v->n++] = word;
}

static void add_names(struct buf *b, struct change *const *changes, size_t n)
{
	const char *last = "";

	for (size_t i = 0; i < n; i++) {
		const char *domain = changes[i]->record->domain;

		if (!text_eq(domain, last))
			buf_printf(b, "%s%s", i ? " " : "", domain);
		last = domain;
	}
}

/* The last line that isn't empty. */
static void last_line(struct buf *line, const struct buf *text)
{
	size_t end = text->len, start;

	while (end > 0 && strchr(" \t\r\n", text->data[end - 1]))
		end--;
	for (start = end; start > 0 && text->data[start - 1] != '\n';)
		start--;
	if (end - start > LAST_LINE_MAX)
		end = start + LAST_LINE_MAX;
	buf_add(line, text->data + start, end - start);
}

static bool judge(const struct child_result *r, struct err *e)
{
	AUTO(buf) struct buf line = BUF_EMPTY;

	if (r->status == 0)
		return true;
	last_line(&line, r->err.len ? &r->err : &r->out);
	if (r->status > 128)
		err_set(e, ERR_HOOK, "ended by signal %d", r->status - 128);
	else
		err_set(e, ERR_HOOK, "exit status %d", r->status);
	if (line.len > 0) {
		struct err cause = *e;

		err_set(e, ERR_HOOK, "%s: %s", cause.msg, line.data);
	}
	return false;
}

/* *begun is false if the script couldn't even be started. */
static bool call(const struct dns_config *c, const char *const *argv,
	const char *const *env, bool *begun, struct err *e)
{
	AUTO(child_result) struct child_result r = CHILD_RESULT_EMPTY;
	struct child_spec spec = {
		.argv = argv, .env = env, .deadline = deadline_in(c->hook_timeout)
	};

	*begun = true;
	if (child_run(&spec, &r, e))
		return judge(&r, e);
	*begun = e->kind == ERR_TIMEOUT || e->kind == ERR_STOPPED;
	if (e->kind == ERR_TIMEOUT)
		return err_set(
			e, ERR_HOOK, "not finished after %d s, ended", c->hook_timeout);
	if (e->kind != ERR_STOPPED)
		e->kind = ERR_HOOK;
	return false;
}

/* One run of the script for these records, with what dehydrated would have exported. */
static bool run(const char *operation, struct change *const *changes, size_t n, bool *begun,
	struct err *e)
{
	const struct dns_config *c = changes[0]->record->config;
	/* beside the settings, not somewhere in $PATH */
	AUTO(str) char *path = xasprintf("%s%s", strchr(c->hook, '/') ? "" : "./", c->hook);
	AUTO(str) char *dir = fs_dirname(c->hook);
	AUTO(str) char *basedir = xasprintf("BASEDIR=%s", dir);
	AUTO(str) char *alias = xasprintf("alias=%s", changes[0]->record->domain);
	AUTO(buf) struct buf altnames = BUF_EMPTY;
	struct argv v = { 0 };
	bool ok;

	buf_puts(&altnames, "altnames=");
	add_names(&altnames, changes, n);
	push(&v, path);
	push(&v, operation);
	for (size_t i = 0; i < n; i++) {
		push(&v, changes[i]->record->domain);
		push(&v, changes[i]->record->token);
		push(&v, changes[i]->record->value);
	}
	push(&v, NULL);
	{
		const char *const env[] = { "CHALLENGETYPE=dns-01",
			c->hook_chain ? "HOOK_CHAIN=yes" : "HOOK_CHAIN=no",
			"WELLKNOWN=", basedir, alias, altnames.data, NULL };

		pthread_mutex_lock(&one_at_a_time);
		ok = call(c, v.list, env, begun, e);
		pthread_mutex_unlock(&one_at_a_time);
	}
	free(v.list);
	return ok || err_wrap(e, "%s %s", c->hook, operation);
}

static void run_all(const char *operation, struct change *const *changes, size_t n)
{
	bool chain = changes[0]->record->config->hook_chain;
	size_t step = chain ? n : 1;

	for (size_t i = 0; i < n; i += step) {
		struct err e = { 0 };
		bool begun;

		if (run(operation, changes + i, step, &begun, &e))
			continue;
		changes_fail(changes + i, step, &e);
		for (size_t k = i; k < i + step; k++)
			changes[k]->refused = !begun;
	}
}

static void present(struct change *const *changes, size_t n)
{
	run_all("deploy_challenge", changes, n);
}

static void cleanup(struct change *const *changes, size_t n)
{
	run_all("clean_challenge", changes, n);
}

const struct provider provider_hook = {
	.name = "hook",
	.present = present,
	.cleanup = cleanup,
};
