/*
 * The user's own acme.sh: its dnsapi scripts, unmodified, for some 178 providers.
 *
 * acme.sh is sourced, so that a script finds the functions it calls, then the script, then
 * dns_X_add or dns_X_rm is called with the record's name and value. What the script wants
 * in its environment is the settings' secret, lines of NAME=value. Where acme.sh would
 * write down what it was told, it gets a directory of this call's own.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "dns/private/program.h"
#include "dns/private/provider.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* acme.sh prints its help when it is sourced, if it sees no words: it would take them for
 * its own command line. bash where there is one: most scripts are tried with it. */
static const char driver[] =
	"acmesh=$1\n"
	"load() { . \"$acmesh\"; }\n"
	"load >/dev/null 2>&1 || { echo \"$1 can't be sourced\" >&2; exit 1; }\n"
	"for f in \"${1%/*}/dnsapi/$2.sh\" \"${1%/*}/$2.sh\"; do\n"
	"\tif [ -f \"$f\" ]; then . \"$f\" && \"$2_$3\" \"$4\" \"$5\"; exit; fi\n"
	"done\n"
	"echo \"there is no dnsapi/$2.sh beside $1\" >&2\n"
	"exit 1\n";

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static bool is_assignment(const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	const size_t name = equals ? (size_t)(equals - line) : 0;

	return name > 0 &&
		strspn(line,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
		name;
}

/* "export NAME='value'" is taken too: that is how people keep them. */
static bool add_secrets(struct words *env, const char *text, struct err *e)
{
	for (int number = 1; *text; number++) {
		const size_t len = strcspn(text, "\n");
		const char *line = text + strspn(text, " \t");
		size_t n = len - (size_t)(line - text);
		const char *value;
		size_t end;

		text += len + (text[len] == '\n');
		if (n == 0 || *line == '#')
			continue;
		if (n > 7 && strncmp(line, "export ", 7) == 0) {
			line += 7;
			n -= 7;
		}
		if (!is_assignment(line, n))
			return err_set(e, ERR_CONFIG,
				"line %d of the secret is no NAME=value", number);
		value = (const char *)memchr(line, '=', n) + 1;
		end = n - (size_t)(value - line);
		if (end >= 2 && (*value == '\'' || *value == '"') &&
			value[end - 1] == *value)
			words_add(env, "%.*s%.*s", (int)(value - line), line,
				(int)(end - 2), value + 1);
		else
			words_add(env, "%.*s", (int)n, line);
	}
	return true;
}

static bool run(
	const struct dns_record *r, const char *dir, bool in, bool *begun, struct err *e)
{
	const struct dns_config *c = r->config;
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words argv = { .arena = arena };
	AUTO(words) struct words env = { .arena = arena };
	AUTO(str) char *home = fs_dirname(c->acmesh);
	/* the last line is acme.sh's, that something failed; what did is on the one before
	 */
	struct program p = { .seconds = c->hook_timeout, .lines = 2 };

	*begun = false;
	if (!add_secrets(&env, c->secret.data, e))
		return false;
	words_add(&env, "LE_WORKING_DIR=%s", home);
	words_add(&env, "LE_CONFIG_HOME=%s", dir);
	words_add(&env, "ACCOUNT_CONF_PATH=%s/account.conf", dir);
	words_add(&env, "DOMAIN_CONF=%s/domain.conf", dir);
	words_add(&env, "HTTP_HEADER=%s/http.header", dir);
	words_add(&argv, access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh");
	words_add(&argv, "-c");
	words_add(&argv, "%s", driver);
	words_add(&argv, "acme.sh");
	words_add(&argv, "%s", c->acmesh);
	words_add(&argv, "%s", c->dnsapi);
	words_add(&argv, "%s", in ? "add" : "rm");
	words_add(&argv, "%s", r->name);
	words_add(&argv, "%s", r->value);
	p.argv = words_end(&argv);
	p.env = words_end(&env);
	return program_run(&p, NULL, begun, e) ||
		err_wrap(e, "acme.sh's %s_%s", c->dnsapi, in ? "add" : "rm");
}

static bool change_one(const struct dns_record *r, bool in, bool *begun, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	AUTO(str) char *dir = xasprintf("%s/certpush-acmesh-XXXXXX", tmp ? tmp : "/tmp");
	bool ok;

	*begun = false;
	if (!mkdtemp(dir))
		return err_sys(e, "%s", dir);
	ok = run(r, dir, in, begun, e);
	/* secrets can be in it; the first failure is the one that counts */
	return fs_remove_tree(dir, ok ? e : &(struct err){ 0 }) && ok;
}

static void change(struct change *const *changes, size_t n, bool in)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };
		bool begun;

		pthread_mutex_lock(&one_at_a_time);
		if (!change_one(changes[i]->record, in, &begun, &e)) {
			changes[i]->err = e;
			changes[i]->refused = in && !begun;
		}
		pthread_mutex_unlock(&one_at_a_time);
	}
}

const struct provider provider_acmesh = {
	.name = "acmesh",
	.change = change,
};
