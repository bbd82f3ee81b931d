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
#include "conf/secret.h"
#include "conf/window.h"

/* What carries a session: certpush_transport. */
enum transport { TRANSPORT_AUTO, TRANSPORT_LIBSSH2, TRANSPORT_OPENSSH };

/* How files get there: certpush_transfer. */
enum transfer { TRANSFER_SFTP, TRANSFER_STREAM };

/* How another user is become: ansible_become_method. */
enum become_method { BECOME_SUDO, BECOME_DOAS, BECOME_SU };

/* How to get to a host: from the ansible_* variables. NULL and 0 mean "not said". */
struct connection {
	const char *address;  /* ansible_host, or the inventory's name */
	int port;             /* 22 */
	const char *user;     /* NULL: the name of whoever runs certpush */
	const char *key_file; /* ansible_ssh_private_key_file, "~/" expanded */
	struct secret_source key_passphrase; /* none of them is said: an agent has it, or
						somebody is asked */
	const char *known_hosts; /* UserKnownHostsFile of ansible_ssh_common_args */
	const char *
		proxy_command; /* ProxyCommand, or made of ProxyJump: run without a shell */
	const char *const *through; /* the sshds on the way, which others may go through
				       too: each jump host as "host:port", or a ProxyCommand
				       of ssh as it was written; NULL-terminated, NULL: none
				     */
	const char *remote_tmp;     /* where staging directories go; NULL: ~/.certpush */
	bool become;
	const char *become_user; /* "root" */
	enum become_method become_method;
	const char *become_exe; /* NULL: the method's name, looked up in the host's PATH */
	const char *const *become_flags; /* words; NULL-terminated, NULL: none */
	struct secret_source
		become_password; /* none of them is said: it asks for none; not for doas */
	int timeout; /* seconds for connect and login: ansible_ssh_timeout, 10 */
	bool local;  /* ansible_connection: local */
	enum transport transport;
	enum transfer transfer;
	bool sshfp; /* SSHFP records speak for a host that known_hosts doesn't know:
		       certpush_sshfp, or VerifyHostKeyDNS=yes */
	const char *const *options; /* of ssh's options those that only OpenSSH can honour,
				       as words: "-oHostKeyAlias=mail"; NULL-terminated */
};

struct host {
	const char *name; /* inventory_hostname */
	struct connection connection;
	const struct window *windows; /* certpush_window; none: at any time */
	size_t n_windows;
	struct service *services; /* sorted as the playbooks define them */
	size_t n_services;
	const char *const
		*groups; /* all it is in, directly or not, sorted; without "all" */
	size_t n_groups;
	struct pos pos; /* where it is named first */
};

struct group {
	const char *name;
	const char *const
		*hosts; /* its own, then its children's, as GROUP[0] counts them */
	size_t n_hosts;
	const char *const *children; /* those directly below */
	size_t n_children;
};

struct inventory_tree; /* conf's own: what was read, for the printers */

struct inventory {
	struct host *hosts; /* in the order the files name them */
	size_t n_hosts;
	struct group *groups; /* "all", "ungrouped", then in the order of the files */
	size_t n_groups;
	struct inventory_tree *tree;
};

/*
 * A file, or a directory of files, with the group_vars/ and host_vars/ beside it. Services
 * are resolved against the playbooks; whether their certificates exist is the caller's to
 * ask. NULL with errors.
 *
 * Groups, ranges and the precedence of variables are Ansible's. Where Ansible warns and
 * goes on without a part of the inventory (an unknown key in a group, an INI file or a
 * program where YAML is wanted), this is an error: a host that is left out unseen keeps its
 * old certificate.
 *
 * Of a host with services these variables are read (the last one that is said counts):
 * ansible_connection, ansible_host/ansible_ssh_host, …port, …user, …private_key_file,
 * …timeout, ansible_remote_tmp, ansible_become, …become_user/ansible_sudo_user,
 * …become_method (sudo, doas, su), …become_exe, …become_flags, with their method's own
 * names (ansible_su_exe), the password as certpush_become_password_file, …_command or, in a
 * file that only its owner can read, ansible_become_password; certpush_transport,
 * …transfer, …sshfp, …window, …key_passphrase_file or …_command; and of ansible_ssh_args,
 * …ssh_common_args and …ssh_extra_args the options -J -i -l -p and -o ProxyJump,
 * ProxyCommand, UserKnownHostsFile, Port, User, IdentityFile, VerifyHostKeyDNS and those
 * that are kept for OpenSSH (ssh_args_read). All other options are passed over,
 * StrictHostKeyChecking=no and UserKnownHostsFile=/dev/null among them: host keys are
 * always checked.
 */
const struct inventory *inventory_load(struct arena *a, const char *path,
	const struct playbooks *playbooks, struct errs *all) NODISCARD;

const struct host *inventory_host(const struct inventory *inv, const char *name);
/* NULL if it has none of that name. */
const struct service *host_service(const struct host *h, const char *name);

/* Does the check go through the host's SSH session? This machine needs none. */
bool check_tunnels(const struct host *h, const struct check *c);
/* Does one of its services' checks? */
bool host_tunnels(const struct host *h);
/* Where the check connects to; as the host sees it if it tunnels. */
const char *check_host(const struct host *h, const struct check *c);

/*
 * What -l takes, as Ansible reads it: names, groups, globs, ~regex, GROUP[0], GROUP[1:3],
 * `,` or `:` between them, `&` and `!` before, @file with one pattern a line and #
 * comments. First all plain patterns are joined (all hosts if there are none), then each &
 * is applied, then each !. A regex is a POSIX extended one (with glibc's \w, \b, \s) that
 * must match at the beginning of the name.
 *
 * Hosts come in the order of the inventory. A pattern that matches nothing is an error
 * (ERR_USAGE) that says which one, and so is a limit that leaves no host. limit NULL
 * selects all. hosts is malloc'ed.
 */
bool inventory_select(const struct inventory *inv, const char *limit,
	const struct host ***hosts, size_t *n, struct err *e) NODISCARD;

/*
 * `ansible-inventory --list`, `--host H` and `--graph`, as text into out. By one thread at
 * a time: they use the arena.
 */
struct buf;
void inventory_print_list(const struct inventory *inv, struct buf *out);
bool inventory_print_host(const struct inventory *inv, const char *name, struct buf *out,
	struct err *e) NODISCARD;
void inventory_print_graph(const struct inventory *inv, struct buf *out);
