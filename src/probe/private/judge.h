/*
 * judge - the verdict on what a service has served. Pure.
 */
#pragma once

#include "probe/probe.h"

/* Sets r->verdict and r->err from r->served. expected may be NULL. */
void judge(const struct trust *trust, const struct probe_target *t,
	const struct chain *expected, struct probe_result *r);
