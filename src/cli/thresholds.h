/*
 * thresholds - what is left of a certificate, as a monitor sees it: one set of rules for
 * check and check-remote.
 */
#pragma once

#include "conf/limit.h"
#include "report/report.h"

/* Fill warn, crit and level by not_before, not_after and chain_not_after. */
void thresholds_apply(const struct limit *warn, const struct limit *crit, struct event *ev);
