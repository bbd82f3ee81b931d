/*
 * inventory_vars - the files of group_vars/ and host_vars/.
 */
#pragma once

#include "conf/private/inventory_tree.h"

/* Those in `dir`, for every group and host of the tree. */
void inventory_read_vars(struct inventory_tree *t, const char *dir, struct errs *all);

/* Whether a document is one that ansible-vault encrypted as a whole. */
bool is_sealed(const struct node *root);
