/*
 * inventory_services - what a host's `certpush` variable says: its services.
 */
#pragma once

#include "conf/inventory.h"
#include "conf/private/vars.h"

/*
 * The services of a host, in the order of the playbooks. Unlike other variables `certpush`
 * is merged along the layers, by the service's name and then key by key; a service that is
 * `false` or nothing is taken away. False with errors in *all.
 */
bool services_read(const struct vars *v, const struct playbooks *playbooks,
	struct host *host, struct errs *all) NODISCARD;
