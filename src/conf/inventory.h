/*
 * inventory - Ansible's YAML inventory, read as Ansible reads it, and the services that
 * certpush finds in it.
 *
 * Read-only once loaded; lives in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "conf/playbook.h"

struct settings;

/* How to get to a host: from the ansible_* variables. NULL and 0 mean "not said". */
struct connection {
	const char *address;     /* ansible_host, or the inventory's name */
	int port;                /* 22 */
	const char *user;        /* NULL: the name of whoever runs certpush */
	const char *key_file;    /* ansible_ssh_private_key_file, "~/" expanded */
	const char *known_hosts; /* UserKnownHostsFile of ansible_ssh_common_args */
	const char *
		proxy_command; /* ProxyCommand, or made of ProxyJump: run without a shell */
	const char *remote_tmp; /* where staging directories go; NULL: ~/.certpush */
	bool become;
	const char *become_user;   /* "root" */
	const char *become_method; /* "sudo" */
	int timeout; /* seconds for connect and login: ansible_ssh_timeout, 10 */
	bool local;  /* ansible_connection: local */
};

struct host {
	const char *name; /* inventory_hostname */
	struct connection connection;
	struct service *services; /* sorted as the playbooks define them, then by name */
	size_t n_services;
	const char *const
		*groups; /* all it is in, directly or not, sorted; without "all" */
	size_t n_groups;
	struct pos pos;
};

struct group {
	const char *name;
	const char *const *hosts; /* its own and its children's, sorted */
	size_t n_hosts;
	const char *const *children;
	size_t n_children;
};

struct inventory {
	struct host *hosts; /* in the order the files name them */
	size_t n_hosts;
	struct group *groups; /* "all" first, then by name */
	size_t n_groups;
};

/*
 * A file, or a directory of files beside group_vars/ and host_vars/. Services are resolved
 * against the playbooks, and their certificates against the settings. NULL with errors.
 */
const struct inventory *inventory_load(struct arena *a, const char *path,
	const struct playbooks *playbooks, const struct settings *settings,
	struct errs *all) NODISCARD;

const struct host *inventory_host(const struct inventory *inv, const char *name);

/*
 * What -l takes: names, groups, globs, ~regex, `,` or `:` between, `&` and `!` before,
 * group[0:2], @file. Order as in the inventory. A pattern that matches nothing is an error
 * (ERR_USAGE) that says which one. limit NULL selects all. hosts is malloc'ed.
 */
bool inventory_select(const struct inventory *inv, const char *limit,
	const struct host ***hosts, size_t *n, struct err *e) NODISCARD;

/* `ansible-inventory --list`, `--host H` and `--graph`, as text into out. */
struct buf;
void inventory_print_list(const struct inventory *inv, struct buf *out);
bool inventory_print_host(const struct inventory *inv, const char *name, struct buf *out,
	struct err *e) NODISCARD;
void inventory_print_graph(const struct inventory *inv, struct buf *out);
