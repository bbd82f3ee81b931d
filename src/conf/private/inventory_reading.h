/*
 * inventory_reading - one host's variables on their way into its connection.
 */
#pragma once

#include "conf/private/inventory_ssh_args.h"
#include "conf/private/vars.h"

struct connection;

struct reader {
	const struct vars *vars;
	struct connection *c;
	struct ssh_args args;
	struct errs *all; /* where its errors go; may be NULL */
	bool sshfp_said;
	bool ok;
};

/* The last name that is said counts (lib/ansible/config/manager.py). */
struct variable {
	const char *names[4];
	bool (*take)(
		struct reader *r, const struct node *n, const char *what, struct err *e);
};

/* If one of its names is said. A failure is kept, and r isn't ok any more. */
void reader_take(struct reader *r, const struct variable *v);
void reader_fail(struct reader *r, const struct err *e);

/* Text that ends up in a command line: no blanks, quotes, and no option. */
bool reader_word(const struct node *n, const char *what, const char *expected,
	const char **out, struct err *e) NODISCARD;

/* "ansible.builtin.NAME" is NAME, and so is "community.general.NAME". */
const char *reader_plugin(const char *name);
