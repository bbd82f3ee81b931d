#include "conf/private/inventory_ssh_args.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/child.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- reading --- */

static void set_port(struct ssh_args *args, const char *value, struct pos pos)
{
	if (!args->port) {
		args->port = value;
		args->port_pos = pos;
	}
}

static void set_user(struct ssh_args *args, const char *value, struct pos pos)
{
	(void)pos;
	if (!args->user)
		args->user = value;
}

static void set_identity(struct ssh_args *args, const char *value, struct pos pos)
{
	(void)pos;
	if (!args->identity)
		args->identity = value;
}

/* Files that know no host are what people write to switch the check off: it stays on. */
static void set_known_hosts(struct ssh_args *args, const char *value, struct pos pos)
{
	(void)pos;
	if (!args->known_hosts && !text_eq(value, "/dev/null") &&
		strcasecmp(value, "none") != 0)
		args->known_hosts = value;
}

/* To ask somebody, as it also knows, there is nobody. */
static void set_sshfp(struct ssh_args *args, const char *value, struct pos pos)
{
	(void)pos;
	if (!args->sshfp_said)
		args->sshfp = strcasecmp(value, "yes") == 0;
	args->sshfp_said = true;
}

static void set_jump(struct ssh_args *args, const char *value, struct pos pos)
{
	if (!args->jump && !args->command) {
		args->jump = value;
		args->proxy_pos = pos;
	}
}

static void set_command(struct ssh_args *args, const char *value, struct pos pos)
{
	if (!args->jump && !args->command) {
		args->command = value;
		args->proxy_pos = pos;
	}
}

static const struct option {
	const char *name; /* of -o, in any case */
	char letter;      /* the same as an option of its own; 0: there is none */
	void (*set)(struct ssh_args *args, const char *value, struct pos pos);
} options[] = {
	{ "port", 'p', set_port },
	{ "user", 'l', set_user },
	{ "identityfile", 'i', set_identity },
	{ "userknownhostsfile", 0, set_known_hosts },
	{ "proxyjump", 'J', set_jump },
	{ "proxycommand", 0, set_command },
	{ "verifyhostkeydns", 0, set_sshfp },
};

/* With libssh2 the session would be another one. */
static const struct kept {
	const char *name;
	char letter;
} kept[] = {
	{ "AddressFamily", 0 },
	{ "BindAddress", 'b' },
	{ "BindInterface", 'B' },
	{ "CASignatureAlgorithms", 0 },
	{ "CertificateFile", 0 },
	{ "Ciphers", 'c' },
	{ "GlobalKnownHostsFile", 0 },
	{ "GSSAPIAuthentication", 0 },
	{ "GSSAPIDelegateCredentials", 0 },
	{ "HostbasedAuthentication", 0 },
	{ "HostKeyAlgorithms", 0 },
	{ "HostKeyAlias", 0 },
	{ "IdentityAgent", 0 },
	{ "KexAlgorithms", 0 },
	{ "KnownHostsCommand", 0 },
	{ "MACs", 'm' },
	{ "PKCS11Provider", 'I' },
	{ "PubkeyAcceptedAlgorithms", 0 },
	{ "PubkeyAcceptedKeyTypes", 0 },
	{ "RevokedHostKeys", 0 },
	{ "SecurityKeyProvider", 0 },
};

/* To do without something is what libssh2 does by itself. */
static bool is_wish(const char *value)
{
	static const char *const none[] = { "", "no", "none", "/dev/null" };

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (strcasecmp(value, none[i]) == 0)
			return false;
	return true;
}

static void keep(struct ssh_args *args, const struct kept *k, const char *value)
{
	if (is_wish(value))
		words_add(&args->only, "-o%s=%s", k->name, value);
}

/* "Key=value" or "Key value". What certpush doesn't know, it doesn't need. */
static void set_option(
	struct ssh_args *args, struct arena *a, const char *text, struct pos pos)
{
	const char *key = text + strspn(text, " \t"), *value;
	size_t i, len = strcspn(key, " \t=");

	value = key + len + strspn(key + len, " \t");
	if (*value == '=')
		value += 1 + strspn(value + 1, " \t");
	for (i = 0; i < ARRAY_LEN(options) && *value; i++)
		if (strlen(options[i].name) == len &&
			strncasecmp(options[i].name, key, len) == 0)
			options[i].set(args, arena_strdup(a, value), pos);
	for (i = 0; i < ARRAY_LEN(kept); i++)
		if (strlen(kept[i].name) == len && strncasecmp(kept[i].name, key, len) == 0)
			keep(args, &kept[i], value);
}

static void set_letter(struct ssh_args *args, struct arena *a, char letter,
	const char *value, struct pos pos)
{
	size_t i;

	if (letter == 'o')
		set_option(args, a, value, pos);
	if (letter == 'F' && is_wish(value))
		words_add(&args->only, "-F%s", value);
	for (i = 0; i < ARRAY_LEN(kept); i++)
		if (kept[i].letter == letter)
			keep(args, &kept[i], value);
	for (i = 0; i < ARRAY_LEN(options) && *value; i++)
		if (options[i].letter == letter)
			options[i].set(args, arena_strdup(a, value), pos);
}

/* One option and, if it takes one, its value: how many words it is. 0 with *e set. */
static size_t take_option(struct ssh_args *args, struct arena *a, char *const *argv,
	struct pos pos, const char *what, struct err *e)
{
	/* ssh(1): the letters that take a value */
	static const char valued[] = "BbcDEeFIiJLlmOopQRSWw";
	const char *letter = argv[0] + 1;
	bool apart;

	if (argv[0][0] != '-' || !*letter) {
		err_at(e, pos, "%s: expected an option of ssh, found '%s'", what, argv[0]);
		return 0;
	}
	while (*letter && !strchr(valued, *letter))
		letter++;
	if (!*letter)
		return 1;
	apart = !letter[1];
	if (apart && !argv[1]) {
		err_at(e, pos, "%s: -%c without a value", what, *letter);
		return 0;
	}
	set_letter(args, a, *letter, apart ? argv[1] : letter + 1, pos);
	return apart ? 2 : 1;
}

bool ssh_args_read(struct ssh_args *args, struct arena *a, const struct node *value,
	const char *what, struct err *e)
{
	size_t i, words = 1;
	const char *text;
	char **argv;

	if (!node_string(value, what, &text, e))
		return false;
	if (!text[strspn(text, " \t\n")])
		return true;
	argv = argv_split(text);
	if (!argv)
		return err_at(e, value->pos, "%s: a quote is missing: %s", what, text);
	for (i = 0; argv[i] && words; i += words)
		words = take_option(args, a, argv + i, value->pos, what, e);
	free(argv);
	return words;
}

/* --- proxies --- */

static void put_target(struct buf *b, const struct proxy_target *to)
{
	if (strchr(to->address, ':'))
		buf_printf(b, "[%s]:%d", to->address, to->port);
	else
		buf_printf(b, "%s:%d", to->address, to->port);
}

/* "user@host:port" as ssh's own options and argument; "ssh://…" it takes as it is. */
static void put_jump(struct buf *b, const char *jump)
{
	const char *at = strrchr(jump, '@'), *host = at ? at + 1 : jump, *end, *colon;
	bool bracket = *host == '[';
	AUTO(str) char *user = xstrndup(jump, (size_t)(host - jump));
	AUTO(str) char *name = NULL;

	end = bracket ? strchr(host, ']') : NULL;
	colon = strchr(end ? end : host, ':');
	if (text_starts(jump, "ssh://") || (colon && strchr(colon + 1, ':')))
		colon = NULL;
	if (colon && colon[1]) {
		buf_puts(b, " -p ");
		buf_shell_word(b, colon + 1);
	}
	if (text_starts(jump, "ssh://")) {
		name = xstrdup(jump);
	} else {
		host += end ? 1 : 0;
		end = end ? end : colon ? colon : host + strlen(host);
		name = xasprintf("%s%.*s", user, (int)(end - host), host);
	}
	buf_putc(b, ' ');
	buf_shell_word(b, name);
}

/* ssh reaches the last of several jumps by way of those before it. */
static bool proxy_of_jump(const struct ssh_args *args, const struct proxy_target *to,
	struct buf *b, struct err *e)
{
	const char *last = strrchr(args->jump, ','), *p;
	AUTO(str)
	char *first = xstrndup(args->jump, last ? (size_t)(last - args->jump) : 0);

	last = last ? last + 1 : args->jump;
	for (p = args->jump; p; p = strchr(p, ','), p += p != NULL)
		if (*p == '-' || *p == ',' || !*p || isspace((unsigned char)*p))
			return err_at(e, args->proxy_pos,
				"ProxyJump: expected [user@]host[:port], found '%s'",
				args->jump);
	buf_puts(b, "ssh -W ");
	put_target(b, to);
	if (*first) {
		buf_puts(b, " -J ");
		buf_shell_word(b, first);
	}
	put_jump(b, last);
	return true;
}

/* The tokens of ssh_config(5) that make sense before there is a session. */
static bool put_token(const struct ssh_args *args, char token,
	const struct proxy_target *to, struct buf *b, struct err *e)
{
	if (token == '%')
		buf_putc(b, '%');
	else if (token == 'h')
		buf_puts(b, to->address);
	else if (token == 'n')
		buf_puts(b, to->name);
	else if (token == 'p')
		buf_printf(b, "%d", to->port);
	else if (token == 'r' && to->user)
		buf_puts(b, to->user);
	else if (token == 'r')
		return err_at(
			e, args->proxy_pos, "ProxyCommand: %%r needs an ansible_user");
	else
		return err_at(e, args->proxy_pos,
			"ProxyCommand: '%%%c' is none of %%h %%n %%p %%r %%%%",
			token ? token : ' ');
	return true;
}

static bool proxy_of_command(const struct ssh_args *args, const struct proxy_target *to,
	struct buf *b, struct err *e)
{
	const char *p;

	for (p = args->command; *p; p++) {
		if (*p != '%') {
			buf_putc(b, *p);
			continue;
		}
		if (!put_token(args, p[1], to, b, e))
			return false;
		p++;
	}
	return true;
}

bool ssh_args_proxy(const struct ssh_args *args, struct arena *a,
	const struct proxy_target *to, const char **command, struct err *e)
{
	const char *value = args->jump ? args->jump : args->command;
	AUTO(buf) struct buf b = BUF_EMPTY;
	bool made;

	*command = NULL;
	if (!value || strcasecmp(value, "none") == 0)
		return true;
	made = args->jump ? proxy_of_jump(args, to, &b, e)
			  : proxy_of_command(args, to, &b, e);
	if (made)
		*command = arena_strndup(a, b.data, b.len);
	return made;
}

/* "user@host:port" without the user; the port where none is said. */
static const char *door_of(struct arena *a, const char *jump, size_t len)
{
	const char *at = memrchr(jump, '@', len);
	const char *host = at                 ? at + 1
		: text_starts(jump, "ssh://") ? jump + strlen("ssh://")
					      : jump;
	const char *bracket = memrchr(jump, ']', len);
	const size_t left = (size_t)(jump + len - host);
	const bool ported = memrchr(bracket ? bracket : host, ':',
		(size_t)(jump + len - (bracket ? bracket : host)));

	return arena_printf(a, "%.*s%s", (int)left, host, ported ? "" : ":22");
}

/* Others, as nc, lead to no sshd that hosts have in common. */
static bool runs_ssh(const char *command)
{
	const size_t len = strcspn(command, " \t");

	return (len == 3 || (len > 3 && command[len - 4] == '/')) &&
		memcmp(command + len - 3, "ssh", 3) == 0;
}

const char *const *ssh_args_through(const struct ssh_args *args, struct arena *a)
{
	const char *value = args->jump ? args->jump : args->command;
	struct words doors = { .arena = a };
	const char *const *list;

	if (!value || strcasecmp(value, "none") == 0)
		return NULL;
	if (args->command && runs_ssh(value))
		words_add(&doors, "%s", value);
	for (const char *p = args->jump; p; p = strchr(p, ','), p += p != NULL)
		words_add(&doors, "%s", door_of(a, p, strcspn(p, ",")));
	list = words_end(&doors);
	list = arena_copy(a, list, doors.n, sizeof *list);
	words_clear(&doors);
	return list;
}
