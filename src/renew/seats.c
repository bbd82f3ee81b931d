#include "renew/private/seats.h"
#include "base/alloc.h"
#include "work/crew.h"

void seats_init(struct seats *s, const struct settings *settings, size_t width)
{
	*s = (struct seats){
		.settings = settings,
		.list = xcalloc(settings->n_cas, sizeof *s->list),
		.width = width,
	};
}

void seats_clear(struct seats *s)
{
	for (size_t i = 0; i < s->settings->n_cas; i++)
		account_clear(&s->list[i].account);
	free(s->list);
}

struct seat *seat_of(const struct seats *s, const struct ca_settings *ca)
{
	size_t i = 0;

	while (s->settings->cas[i] != ca)
		i++;
	return &s->list[i];
}

struct seat *seat_with(
	const struct seats *s, const struct certificate *c, const char *directory)
{
	const struct ca_settings *ca = account_ca(c->cas, c->n_cas, directory);

	return ca ? seat_of(s, ca) : NULL;
}

static void reach(void *ctx, size_t i)
{
	const struct seats *s = ctx;
	struct seat *seat = &s->list[i];
	struct err e;

	if (!seat->wanted || seat->reached || seat->err.kind != ERR_NONE)
		return;
	seat->reached = account_reach(
		&seat->account, s->settings->cas[i], s->settings->accounts, &e);
	if (!seat->reached)
		seat->err = e;
}

static void open_one(void *ctx, size_t i)
{
	const struct seats *s = ctx;
	struct seat *seat = &s->list[i];
	struct err e;

	reach(ctx, i);
	if (!seat->wanted || !seat->reached || seat->open || seat->err.kind != ERR_NONE)
		return;
	seat->open = account_enrol(&seat->account, &e);
	if (!seat->open)
		seat->err = e;
}

void seats_reach(struct seats *s)
{
	crew_run(s->width, s->settings->n_cas, reach, s);
}

void seats_open(struct seats *s)
{
	crew_run(s->width, s->settings->n_cas, open_one, s);
}
