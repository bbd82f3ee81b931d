#include "renew/private/window.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "digest/digest.h"

#include <string.h>

#define DAY         86400
#define ASK_SECONDS 20

static void drop(struct store_state *st)
{
	free(st->renewal_id);
	free(st->renewal_why);
	st->renewal_id = st->renewal_why = NULL;
	st->renewal_start = st->renewal_end = st->renewal_at = st->renewal_again = 0;
}

bool window_fit(struct store_state *st, const struct cert *leaf)
{
	AUTO(buf) struct buf id = BUF_EMPTY;

	if (!acme_certificate_id(leaf, &id)) {
		drop(st);
		return false;
	}
	if (!text_eq(st->renewal_id, id.data)) {
		drop(st);
		st->renewal_id = xstrdup(id.data);
	}
	return true;
}

bool window_stale(const struct store_state *st, time_t now)
{
	/* a clock that was wrong must not silence it for years */
	return st->renewal_again <= now || st->renewal_again > now + DAY;
}

static time_t draw(time_t start, time_t end)
{
	uint64_t random;

	random_bytes(&random, sizeof random);
	return start + (time_t)(random % (uint64_t)(end - start));
}

static void take(struct store_state *st, struct acme_renewal *w)
{
	if (st->renewal_at == 0 || st->renewal_start != w->start ||
		st->renewal_end != w->end)
		st->renewal_at = draw(w->start, w->end);
	st->renewal_start = w->start;
	st->renewal_end = w->end;
	free(st->renewal_why);
	st->renewal_why = TAKE(w->explanation);
}

bool window_ask(struct store_state *st, const struct account *a, time_t now, struct err *e)
{
	AUTO(acme_renewal) struct acme_renewal w = { 0 };

	if (!acme_has_renewal_info(a->acme)) {
		st->renewal_again = now + DAY;
		return true;
	}
	if (!acme_renewal_info(a->acme, st->renewal_id, &w, deadline_in(ASK_SECONDS), e)) {
		st->renewal_again = now + w.again;
		return false;
	}
	st->renewal_again = now + w.again;
	take(st, &w);
	return true;
}
