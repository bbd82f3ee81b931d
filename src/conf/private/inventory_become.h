/*
 * inventory_become - who somebody becomes on a host once logged in, how, and by which
 * password.
 */
#pragma once

#include "conf/private/inventory_reading.h"

void become_read(struct reader *r);
