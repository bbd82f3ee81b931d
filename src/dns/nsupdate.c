/*
 * BIND's nsupdate, for what native updates can't do: GSS-TSIG (Kerberos), and keys that
 * only it can read. It finds the zone by itself, and says what the server said.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "dns/private/program.h"
#include "dns/private/provider.h"

#include <string.h>

enum { SECONDS = 60 };

/* "host:port" and "[v6]:port" as nsupdate wants them: two words. */
static void add_server(struct buf *script, const char *server)
{
	const char *colon = strrchr(server, ':');
	const bool bracket = server[0] == '[';
	const char *end = bracket ? strchr(server, ']') : NULL;

	buf_puts(script, "server ");
	if (bracket && end) {
		buf_add(script, server + 1, (size_t)(end - server - 1));
		if (end[1] == ':')
			buf_printf(script, " %s", end + 2);
	} else if (colon && strchr(server, ':') == colon) {
		buf_add(script, server, (size_t)(colon - server));
		buf_printf(script, " %s", colon + 1);
	} else {
		buf_puts(script, server);
	}
	buf_putc(script, '\n');
}

static void write_script(
	struct buf *script, struct change *const *changes, size_t n, bool in)
{
	const struct dns_config *c = changes[0]->record->config;

	add_server(script, c->server);
	if (c->zone)
		buf_printf(script, "zone %s.\n", c->zone);
	for (size_t i = 0; i < n; i++) {
		const struct dns_record *r = changes[i]->record;

		if (in)
			buf_printf(script, "update add %s. %d IN TXT \"%s\"\n", r->name,
				c->ttl, r->value);
		else
			buf_printf(script, "update delete %s. IN TXT \"%s\"\n", r->name,
				r->value);
	}
	buf_puts(script, "send\n");
}

/* Never a key in its command line: those that run here can read it. */
static bool run(
	const struct dns_config *c, const struct buf *script, bool *begun, struct err *e)
{
	AUTO(arena) struct arena *arena = arena_new();
	AUTO(words) struct words argv = { .arena = arena };
	struct program p = { .input = script, .seconds = SECONDS };

	words_add(&argv, "nsupdate");
	words_add(&argv, "-v"); /* TCP: what is sent again over UDP can be done twice */
	words_add(&argv, "-t");
	words_add(&argv, "%d", SECONDS / 2);
	if (c->gss)
		words_add(&argv, "-g");
	if (c->key_file) {
		words_add(&argv, "-k");
		words_add(&argv, "%s", c->key_file);
	}
	p.argv = words_end(&argv);
	return program_run(&p, NULL, begun, e) || err_wrap(e, "nsupdate");
}

/* One update for records of one zone, which only nsupdate knows: each by itself. */
static void change(struct change *const *changes, size_t n, bool in)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(buf) struct buf script = BUF_EMPTY;
		struct err e = { 0 };
		bool begun;

		write_script(&script, changes + i, 1, in);
		if (run(changes[i]->record->config, &script, &begun, &e))
			continue;
		changes[i]->err = e;
		changes[i]->refused = in && (!begun || strstr(e.msg, "update failed: "));
	}
}

const struct provider provider_nsupdate = {
	.name = "nsupdate",
	.change = change,
};
