/*
 * inventory_window - a host's certpush_window.
 */
#pragma once

#include "conf/inventory.h"
#include "conf/private/vars.h"

/* One text, or a list of them. False with errors in *all, which may be NULL. */
bool windows_read(const struct vars *v, struct host *h, struct errs *all);
