#include "cli/thresholds.h"
#include "base/clock.h"

void thresholds_apply(const struct limit *warn, const struct limit *crit, struct event *ev)
{
	const time_t left = event_end(ev) - clock_now();
	const struct margins m = limit_margins(warn, crit, ev->not_after - ev->not_before);

	ev->warn = m.warn;
	ev->crit = m.crit;
	ev->level = LEVEL_OK;
	if (left < m.crit)
		ev->level = LEVEL_CRITICAL;
	else if (left < m.warn)
		ev->level = LEVEL_WARNING;
}
