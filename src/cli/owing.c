#include "cli/owing.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

/* Nor is anything owed to what isn't in the inventory any more. */
static bool is_settled(const struct context *c, const struct store_owed *o,
	bool (*done)(void *ctx, const struct host *h, const struct service *s), void *ctx)
{
	const struct host *h = inventory_host(c->inventory, o->host);
	const struct service *s = h ? host_service(h, o->service) : NULL;

	return !s || !text_eq(s->certificates[0], o->certificate) || done(ctx, h, s);
}

/* It is owed since it was first, and a window that has passed was missed. */
static void put(struct store_owing *all, const struct push_owed *owed)
{
	struct store_owed *o = store_owing_find(all, owed->host->name, owed->service->name);

	if (!o) {
		o = store_owing_add(all, owed->host->name, owed->service->name,
			owed->service->certificates[0]);
		o->since = clock_now();
	}
	if (o->until == 0 || o->until > clock_now())
		o->until = owed->until;
	o->expires = owed->expires;
}

void owing_keep(const struct context *c, const struct push_total *t,
	bool (*done)(void *ctx, const struct host *h, const struct service *s), void *ctx)
{
	AUTO(store_owing) struct store_owing all = { 0 };
	struct err e = { 0 };
	size_t before;

	if (!store_owing_load(c->store, &all, &e))
		report_warn(c->report, "%s: made anew", e.msg);
	before = all.n;
	for (size_t i = all.n; i > 0; i--)
		if (is_settled(c, &all.list[i - 1], done, ctx))
			store_owing_drop(&all, &all.list[i - 1]);
	for (size_t i = 0; i < t->n_owed; i++)
		put(&all, &t->owed[i]);
	if (before + all.n + (size_t)e.kind > 0 && !store_owing_save(c->store, &all, &e))
		report_warn(c->report, "%s: check won't tell what is owed", e.msg);
}

/* Did its hour come, and nobody pushed? */
static void tell(const struct context *c, const struct store_owed *o, struct event *ev)
{
	const bool to_come = o->until > clock_now();
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (ev->kind == EVENT_EXPIRY)
		buf_printf(&text, "on %s, where its push (%s) is", o->host, o->service);
	else
		buf_puts(&text, "its push is");
	buf_printf(&text, " owed since %s: the window %s %s%s", time_openssl(o->since).s,
		to_come ? "opens" : "opened", time_weekday(o->until).s,
		to_come ? "" : ", and nobody has pushed since");
	ev->detail = text.data;
	report_emit(c->report, ev);
}

bool owing_tell(const struct context *c, const char *const *names, size_t n,
	void (*judge)(void *ctx, struct event *ev), void *ctx, struct err *e)
{
	AUTO(store_owing) struct store_owing all = { 0 };
	bool well = true;

	if (!store_owing_load(c->store, &all, e))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		const struct store_owed *o = &all.list[i];
		struct event ev = { .certificate = o->certificate,
			.host = o->host,
			.service = o->service,
			.not_after = o->expires,
			.until = o->until };

		if (!text_among(names, n, o->certificate))
			continue;
		if (o->expires)
			judge(ctx, &ev);
		ev.kind = ev.level == LEVEL_OK ? EVENT_WARNING : EVENT_EXPIRY;
		if (ev.level == LEVEL_OK)
			ev.not_after = 0;
		tell(c, o, &ev);
		well &= ev.level == LEVEL_OK;
	}
	return well;
}
