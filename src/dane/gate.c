#include "dane/private/gate.h"
#include "base/text.h"
#include "cert/tlsa.h"

static bool shows(const struct dns_tlsa_view *v, const char *record)
{
	return text_among((const char *const *)v->records, v->n, record);
}

bool gate_shown(const struct dns_tlsa *t, const char *record)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_views; i++) {
		if (!t->views[i].answered)
			continue;
		if (!shows(&t->views[i], record))
			return false;
		n++;
	}
	return n > 0;
}

bool gate_sees_all(const struct dns_tlsa *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_views; i++) {
		if (!t->views[i].answered && !t->views[i].no_route)
			return false;
		n += t->views[i].answered;
	}
	return n > 0;
}

bool gate_any(const struct dns_tlsa *t)
{
	for (size_t i = 0; i < t->n_views; i++)
		if (t->views[i].n > 0)
			return true;
	return false;
}

/* Some server that has answered doesn't show it. */
static bool is_denied(const struct dns_tlsa *t, const char *record)
{
	for (size_t i = 0; i < t->n_views; i++)
		if (t->views[i].answered && !shows(&t->views[i], record))
			return true;
	return false;
}

static void note_known(struct announcements *all, const struct dns_tlsa *t)
{
	for (size_t i = all->n; i-- > 0;) {
		struct announced *a = &all->list[i];

		if (!text_eq(a->name, t->name) || !is_denied(t, a->record))
			continue;
		a->seen = 0;
		if (!a->added)
			announcements_drop(all, a);
	}
}

void gate_note(struct announcements *all, const struct dns_tlsa *t, time_t now)
{
	const struct dns_tlsa_view *first = NULL;

	note_known(all, t);
	for (size_t i = 0; !first && i < t->n_views; i++)
		if (t->views[i].answered)
			first = &t->views[i];
	for (size_t i = 0; first && gate_sees_all(t) && i < first->n; i++) {
		struct announced *a;

		if (!gate_shown(t, first->records[i]))
			continue;
		a = announcements_add(all, t->name, first->records[i]);
		/* a clock that was wrong must not shut the gate for years */
		if (!a->seen || a->seen > now)
			a->seen = now;
	}
}

/* Of one record that fits. */
static struct gate judge_one(const struct announcements *all, const struct dns_tlsa *t,
	const char *record, time_t now)
{
	const struct announced *a = announcements_find(all, t->name, record);
	struct gate g = { .stand = GATE_MISSING };

	if (!gate_shown(t, record))
		return g;
	g.stand = GATE_BLIND;
	if (!a || !a->seen)
		return g;
	g.from = a->seen + 2 * (time_t)t->ttl;
	g.stand = g.from <= now ? GATE_OPEN : GATE_WAIT;
	return g;
}

static bool is_better(const struct gate *a, const struct gate *b)
{
	static const int order[] = {
		[GATE_OPEN] = 3, [GATE_WAIT] = 2, [GATE_BLIND] = 1, [GATE_MISSING] = 0
	};

	return a->stand == GATE_WAIT && b->stand == GATE_WAIT
		? a->from < b->from
		: order[a->stand] > order[b->stand];
}

struct gate gate_judge(const struct announcements *all, const struct dns_tlsa *t,
	const struct chain *c, time_t now)
{
	struct gate best = { .stand = GATE_MISSING };
	bool answered = false;

	for (size_t i = 0; i < t->n_views; i++) {
		const struct dns_tlsa_view *v = &t->views[i];

		answered |= v->answered;
		for (size_t k = 0; k < v->n; k++) {
			struct gate g;

			if (!tlsa_fits(v->records[k], c))
				continue;
			g = judge_one(all, t, v->records[k], now);
			if (is_better(&g, &best))
				best = g;
		}
	}
	if (!answered)
		best.stand = GATE_BLIND;
	return best;
}
