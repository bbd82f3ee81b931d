/*
 * inventory_read - inventory files, group_vars and host_vars into a tree.
 */
#pragma once

#include "conf/private/inventory_tree.h"

/*
 * A file, or a directory of them, then the group_vars and host_vars beside it. False with
 * errors in *all.
 */
bool inventory_read(struct inventory_tree *t, const char *path, struct errs *all) NODISCARD;

/* The groups of one document. `file` is what `inventory_file` says. */
void inventory_read_groups(struct inventory_tree *t, const struct node *root,
	const char *file, struct errs *all);
