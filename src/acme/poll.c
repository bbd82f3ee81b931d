#include "acme/private/acme.h"
#include "base/clock.h"

struct poll poll_begin(const struct acme *a, int64_t deadline)
{
	return (struct poll){ .acme = a, .deadline = deadline, .ms = a->pace.poll_ms };
}

bool poll_pause(struct poll *p, int retry_after, struct err *e)
{
	const struct pace *pace = &p->acme->pace;
	int pause = p->ms;

	p->ms += p->ms / 2 + 1;
	if (p->ms > pace->poll_max_ms)
		p->ms = pace->poll_max_ms;
	if (retry_after >= 0) {
		/* A CA that says 0, or a day, isn't taken at its word. */
		retry_after = retry_after < 1 ? 1 : retry_after > 60 ? 60 : retry_after;
		pause = retry_after * pace->second_ms;
	}
	if (pause >= deadline_left(p->deadline))
		return err_set(e, ERR_TIMEOUT, "no end in time");
	return clock_sleep_ms(pause, e);
}
