/*
 * verb - what certpush can be told to do: one row and one file for each.
 */
#pragma once

#include "cli/context.h"

struct verb {
	const char *name;
	enum verb_bit bit;
	int (*run)(struct context *c); /* its exit status */
	unsigned needs;
	const char *usage;   /* behind "certpush NAME" */
	const char *summary; /* one line */
	const char *help;    /* some more, or NULL */
};

extern const struct verb verbs[];
extern const size_t n_verbs;

/* NULL with ERR_USAGE and the nearest known one. */
const struct verb *verb_find(const char *name, struct err *e) NODISCARD;

int cmd_renew(struct context *c);
int cmd_plan(struct context *c);
int cmd_push(struct context *c);
int cmd_rollback(struct context *c);
int cmd_check(struct context *c);
int cmd_check_remote(struct context *c);
int cmd_inventory(struct context *c);
int cmd_hosts(struct context *c);
int cmd_account(struct context *c);
int cmd_revoke(struct context *c);
int cmd_replace(struct context *c);
int cmd_help(struct context *c);

void help_overview(struct buf *out);
void help_verb(struct buf *out, const struct verb *v);
