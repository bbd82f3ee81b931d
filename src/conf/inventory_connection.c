#include "conf/private/inventory_connection.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/inventory_become.h"

#include <stdlib.h>
#include <string.h>

void reader_fail(struct reader *r, const struct err *e)
{
	r->ok = false;
	if (r->all)
		*errs_next(r->all) = *e;
}

static bool is_word(const char *s)
{
	return *s && *s != '-' && !strpbrk(s, " \t\n\r\"'\\");
}

bool reader_word(const struct node *n, const char *what, const char *expected,
	const char **out, struct err *e)
{
	if (!node_string(n, what, out, e))
		return false;
	return is_word(*out) || node_unexpected(n, what, expected, e);
}

static const char *home_path(const struct reader *r, const char *path)
{
	AUTO(str) char *full = text_starts(path, "~/") ? fs_join(NULL, path) : NULL;

	return full ? arena_strdup(r->vars->arena, full) : path;
}

static bool take_address(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	size_t len;

	if (!reader_word(n, what, "a host name or an address", &r->c->address, e))
		return false;
	len = strlen(r->c->address);
	if (r->c->address[0] == '[' && r->c->address[len - 1] == ']')
		r->c->address = arena_strndup(r->vars->arena, r->c->address + 1, len - 2);
	return true;
}

static bool take_port(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return node_port(n, what, &r->c->port, e);
}

static bool take_user(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return reader_word(n, what, "a user's name", &r->c->user, e);
}

static bool take_key(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	const char *path;

	if (!node_string(n, what, &path, e))
		return false;
	r->c->key_file = home_path(r, path);
	return true;
}

static bool passphrase(struct reader *r, const struct node *n, const char *what,
	const char **out, struct err *e)
{
	struct secret_source *s = &r->c->key_passphrase;

	if (secret_sources(s) > 0)
		return err_at(e, n->pos, "%s: %s is said too: one of them", what, s->name);
	if (!node_string(n, what, out, e))
		return false;
	if (!**out)
		return node_unexpected(n, what, "a text", e);
	s->name = what;
	s->pos = n->pos;
	s->dir = node_path(r->vars->arena, n, ".");
	return true;
}

static bool take_passphrase_file(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	struct secret_source *s = &r->c->key_passphrase;

	if (!passphrase(r, n, what, &s->file, e))
		return false;
	s->file = node_path(r->vars->arena, n, s->file);
	return true;
}

static bool take_passphrase_command(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return passphrase(r, n, what, &r->c->key_passphrase.command, e);
}

static bool take_args(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return ssh_args_read(&r->args, r->vars->arena, n, what, e);
}

static bool take_tmp(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return node_string(n, what, &r->c->remote_tmp, e);
}

/* One of these names, which end with NULL. */
static bool choice(const struct node *n, const char *what, const char *const *names,
	const char *expected, size_t *out, struct err *e)
{
	const char *name, *near;

	if (!node_string(n, what, &name, e))
		return false;
	for (*out = 0; names[*out]; ++*out)
		if (text_eq(names[*out], name))
			return true;
	near = text_nearest(name, names);
	return err_at(e, n->pos, "%s: expected %s, found '%.60s'%s%s%s", what, expected,
		name, near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool take_transport(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	static const char *const names[] = { [TRANSPORT_AUTO] = "auto",
		[TRANSPORT_LIBSSH2] = "libssh2",
		[TRANSPORT_OPENSSH] = "openssh",
		NULL };
	size_t i;

	if (!choice(n, what, names, "auto, libssh2 or openssh", &i, e))
		return false;
	r->c->transport = (enum transport)i;
	return true;
}

static bool take_transfer(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	static const char *const names[] = {
		[TRANSFER_SFTP] = "sftp", [TRANSFER_STREAM] = "stream", NULL
	};
	size_t i;

	if (!choice(n, what, names, "sftp or stream", &i, e))
		return false;
	r->c->transfer = (enum transfer)i;
	return true;
}

static bool take_sshfp(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	r->sshfp_said = true;
	return node_bool(n, what, &r->c->sshfp, e);
}

static bool take_timeout(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return node_int(n, what, "seconds (1-3600)", 1, 3600, &r->c->timeout, e);
}

const char *reader_plugin(const char *name)
{
	static const char *const collections[] = { "ansible.builtin.",
		"community.general." };

	for (size_t i = 0; i < ARRAY_LEN(collections); i++)
		if (text_starts(name, collections[i]))
			return name + strlen(collections[i]);
	return name;
}

static bool take_kind(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	static const char *const ssh[] = { "ssh", "smart", "paramiko", "paramiko_ssh" };
	const char *kind;
	size_t i;

	if (!node_string(n, what, &kind, e))
		return false;
	r->c->local = text_eq(reader_plugin(kind), "local");
	for (i = 0; i < ARRAY_LEN(ssh) && !r->c->local; i++)
		if (text_eq(reader_plugin(kind), ssh[i]))
			return true;
	return r->c->local || node_unexpected(n, what, "ssh, paramiko or local", e);
}

static const struct variable variables[] = {
	{ { "ansible_connection" }, take_kind },
	{ { "ansible_host", "ansible_ssh_host" }, take_address },
	{ { "ansible_port", "ansible_ssh_port" }, take_port },
	{ { "ansible_user", "ansible_ssh_user" }, take_user },
	{ { "ansible_private_key_file", "ansible_ssh_private_key_file" }, take_key },
	{ { "certpush_key_passphrase_file" }, take_passphrase_file },
	{ { "certpush_key_passphrase_command" }, take_passphrase_command },
	{ { "ansible_timeout", "ansible_ssh_timeout" }, take_timeout },
	{ { "ansible_remote_tmp" }, take_tmp },
	{ { "ansible_ssh_args" }, take_args }, /* of these the first counts, as with ssh */
	{ { "ansible_ssh_common_args" }, take_args },
	{ { "ansible_ssh_extra_args" }, take_args },
	{ { "certpush_transport" }, take_transport },
	{ { "certpush_transfer" }, take_transfer },
	{ { "certpush_sshfp" }, take_sshfp },
};

void reader_take(struct reader *r, const struct variable *v)
{
	const struct node *value;
	const char *name = NULL;
	struct err e;

	if (!vars_first(r->vars, v->names, &name, &value, &e) ||
		(value && !v->take(r, value, name, &e)))
		reader_fail(r, &e);
}

/* What the options of ssh say of things that no variable has said. */
static void take_from_args(struct reader *r)
{
	struct connection *c = r->c;
	const struct node *port;
	struct err e;

	if (r->args.port && !c->port) {
		port = node_scalar(r->vars->arena, r->args.port, true, r->args.port_pos);
		if (!node_port(port, "-p", &c->port, &e))
			reader_fail(r, &e);
	}
	if (!r->sshfp_said)
		c->sshfp = r->args.sshfp;
	if (r->args.user && !c->user)
		c->user = r->args.user;
	if (r->args.identity && !c->key_file)
		c->key_file = home_path(r, r->args.identity);
	if (r->args.known_hosts && !c->known_hosts)
		c->known_hosts = home_path(r, r->args.known_hosts);
}

/* Out of their growing list. */
static void keep_options(struct reader *r)
{
	size_t size = (r->args.only.n + 1) * sizeof *r->c->options;
	const char **list = arena_calloc(r->vars->arena, 1, size);

	for (size_t i = 0; i < r->args.only.n; i++)
		list[i] = r->args.only.list[i];
	r->c->options = list;
	words_clear(&r->args.only);
}

static void check(struct reader *r)
{
	struct err e;

	if (!is_word(r->c->address)) {
		err_set(&e, ERR_CONFIG,
			"%s: expected a host name or an address: give it an ansible_host",
			r->c->address);
		reader_fail(r, &e);
	}
	if (r->c->user && !is_word(r->c->user)) {
		err_set(&e, ERR_CONFIG, "%s: expected a user's name, found '%s'",
			r->vars->host, r->c->user);
		reader_fail(r, &e);
	}
}

static void defaults(struct connection *c)
{
	if (!c->port)
		c->port = 22;
	if (!c->timeout)
		c->timeout = 10;
	if (!c->become_user)
		c->become_user = "root";
}

bool connection_read(const struct vars *v, struct connection *c, struct errs *all)
{
	struct reader r = {
		.vars = v, .c = c, .args.only.arena = v->arena, .all = all, .ok = true
	};
	struct proxy_target to;
	struct err e;
	size_t i;

	*c = (struct connection){ .address = v->host };
	for (i = 0; i < ARRAY_LEN(variables); i++)
		reader_take(&r, &variables[i]);
	become_read(&r);
	take_from_args(&r);
	keep_options(&r);
	defaults(c);
	check(&r);
	to = (struct proxy_target){ c->address, v->host, c->user, c->port };
	c->through = ssh_args_through(&r.args, v->arena);
	if (!ssh_args_proxy(&r.args, v->arena, &to, &c->proxy_command, &e))
		reader_fail(&r, &e);
	return r.ok;
}
