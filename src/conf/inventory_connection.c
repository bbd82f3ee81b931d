#include "conf/private/inventory_connection.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/text.h"
#include "conf/private/inventory_ssh_args.h"

#include <stdlib.h>
#include <string.h>

/* What is made of one host's variables, and where its errors go. */
struct reader {
	const struct vars *vars;
	struct connection *c;
	struct ssh_args args;
	struct errs *all;
	const char *method; /* of becoming */
	struct pos method_pos;
	bool ok;
};

static void fail(struct reader *r, const struct err *e)
{
	r->ok = false;
	if (r->all)
		*errs_next(r->all) = *e;
}

/* Text that ends up in an ssh command line: no blanks, quotes, and no option. */
static bool is_word(const char *s)
{
	return *s && *s != '-' && !strpbrk(s, " \t\n\r\"'\\");
}

static bool word(const struct node *n, const char *what, const char *expected,
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

	if (!word(n, what, "a host name or an address", &r->c->address, e))
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
	return word(n, what, "a user's name", &r->c->user, e);
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

static const char *beside(struct arena *a, const struct node *n, const char *path)
{
	AUTO(str) char *dir = fs_dirname(n->pos.file);
	AUTO(str) char *full = fs_join(dir, path);

	return arena_strdup(a, full);
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
	s->dir = beside(r->vars->arena, n, ".");
	return true;
}

static bool take_passphrase_file(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	struct secret_source *s = &r->c->key_passphrase;

	if (!passphrase(r, n, what, &s->file, e))
		return false;
	s->file = beside(r->vars->arena, n, s->file);
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

static bool take_become(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return node_bool(n, what, &r->c->become, e);
}

static bool take_become_user(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return word(n, what, "a user's name", &r->c->become_user, e);
}

static bool take_method(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	r->method_pos = n->pos;
	return node_string(n, what, &r->method, e);
}

static bool take_transport(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	static const char *const names[] = { [TRANSPORT_AUTO] = "auto",
		[TRANSPORT_LIBSSH2] = "libssh2",
		[TRANSPORT_OPENSSH] = "openssh",
		NULL };
	const char *name, *near;

	if (!node_string(n, what, &name, e))
		return false;
	for (size_t i = 0; names[i]; i++)
		if (text_eq(names[i], name)) {
			r->c->transport = (enum transport)i;
			return true;
		}
	near = text_nearest(name, names);
	return err_at(e, n->pos,
		"%s: expected auto, libssh2 or openssh, found '%.60s'%s%s%s", what, name,
		near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool take_timeout(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	return node_int(n, what, "seconds (1-3600)", 1, 3600, &r->c->timeout, e);
}

static const char *plugin(const char *name)
{
	static const char prefix[] = "ansible.builtin.";

	return text_starts(name, prefix) ? name + sizeof prefix - 1 : name;
}

static bool take_kind(
	struct reader *r, const struct node *n, const char *what, struct err *e)
{
	static const char *const ssh[] = { "ssh", "smart", "paramiko", "paramiko_ssh" };
	const char *kind;
	size_t i;

	if (!node_string(n, what, &kind, e))
		return false;
	r->c->local = text_eq(plugin(kind), "local");
	for (i = 0; i < ARRAY_LEN(ssh) && !r->c->local; i++)
		if (text_eq(plugin(kind), ssh[i]))
			return true;
	return r->c->local || node_unexpected(n, what, "ssh, paramiko or local", e);
}

/* The last name that is said counts (lib/ansible/config/manager.py). */
static const struct variable {
	const char *names[4];
	bool (*take)(
		struct reader *r, const struct node *n, const char *what, struct err *e);
} variables[] = {
	{ { "ansible_connection" }, take_kind },
	{ { "ansible_host", "ansible_ssh_host" }, take_address },
	{ { "ansible_port", "ansible_ssh_port" }, take_port },
	{ { "ansible_user", "ansible_ssh_user" }, take_user },
	{ { "ansible_private_key_file", "ansible_ssh_private_key_file" }, take_key },
	{ { "certpush_key_passphrase_file" }, take_passphrase_file },
	{ { "certpush_key_passphrase_command" }, take_passphrase_command },
	{ { "ansible_timeout", "ansible_ssh_timeout" }, take_timeout },
	{ { "ansible_remote_tmp" }, take_tmp },
	{ { "ansible_become" }, take_become },
	{ { "ansible_become_user", "ansible_sudo_user" }, take_become_user },
	{ { "ansible_become_method" }, take_method },
	{ { "ansible_ssh_args" }, take_args }, /* of these the first counts, as with ssh */
	{ { "ansible_ssh_common_args" }, take_args },
	{ { "ansible_ssh_extra_args" }, take_args },
	{ { "certpush_transport" }, take_transport },
};

static void take(struct reader *r, const struct variable *v)
{
	const struct node *value;
	const char *name = NULL;
	struct err e;

	if (!vars_first(r->vars, v->names, &name, &value, &e) ||
		(value && !v->take(r, value, name, &e)))
		fail(r, &e);
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
			fail(r, &e);
	}
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
		fail(r, &e);
	}
	if (r->c->user && !is_word(r->c->user)) {
		err_set(&e, ERR_CONFIG, "%s: expected a user's name, found '%s'",
			r->vars->host, r->c->user);
		fail(r, &e);
	}
	if (r->c->become && !text_eq(plugin(r->method), "sudo")) {
		err_at(&e, r->method_pos,
			"ansible_become_method: certpush knows only sudo (and a login as root needs none), found '%s'",
			r->method);
		fail(r, &e);
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
	c->become_method = "sudo";
}

bool connection_read(const struct vars *v, struct connection *c, struct errs *all)
{
	struct reader r = { .vars = v,
		.c = c,
		.args.only.arena = v->arena,
		.all = all,
		.method = "sudo",
		.ok = true };
	struct proxy_target to;
	struct err e;
	size_t i;

	*c = (struct connection){ .address = v->host };
	for (i = 0; i < ARRAY_LEN(variables); i++)
		take(&r, &variables[i]);
	take_from_args(&r);
	keep_options(&r);
	defaults(c);
	check(&r);
	to = (struct proxy_target){ c->address, v->host, c->user, c->port };
	if (!ssh_args_proxy(&r.args, v->arena, &to, &c->proxy_command, &e))
		fail(&r, &e);
	return r.ok;
}
