/*
 * service - a playbook's service, and what the inventory says of it, read from YAML.
 */
#pragma once

#include "conf/playbook.h"
#include "conf/private/yaml.h"

/* One entry of a playbook, defaults set. `protocols`: see playbooks_load. */
bool service_read(struct arena *a, const struct node *n, const struct protocols *protocols,
	struct service *s, struct errs *all) NODISCARD;

/*
 * Read what a host says of a service over the playbook's definition in *s: the keys that
 * are there replace those of the playbook, a list as a whole, the others stay; `reload: ~`
 * takes a command away. `certificate` must be there. s->pos becomes the place where the
 * host says it. False with errors in *all.
 */
bool service_override(struct arena *a, const struct node *says,
	const struct protocols *protocols, struct service *s, struct errs *all) NODISCARD;
