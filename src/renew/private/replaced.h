/*
 * replaced - certificates whose replacement was begun.
 */
#pragma once

#include "store/store.h"

/* Is it that one, or one of the same key? */
bool is_replaced(const struct store_replaced *r, const struct cert *leaf);
