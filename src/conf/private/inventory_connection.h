/*
 * inventory_connection - how to get to a host, from its ansible_* variables.
 */
#pragma once

#include "conf/inventory.h"
#include "conf/private/vars.h"

/* What isn't said has its default. False with errors in *all, which may be NULL. */
bool connection_read(const struct vars *v, struct connection *c, struct errs *all);
