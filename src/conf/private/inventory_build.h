/*
 * inventory_build - from the tree that was read to the inventory that is used.
 */
#pragma once

#include "conf/inventory.h"
#include "conf/private/inventory_tree.h"

/* The tree must be finished. NULL with errors in *all. */
const struct inventory *inventory_build(struct inventory_tree *t,
	const struct playbooks *playbooks, struct errs *all) NODISCARD;
