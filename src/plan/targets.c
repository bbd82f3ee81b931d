#include "base/text.h"
#include "plan/plan.h"

/* Of each of its certificates; NULL if one is missing: it is pushed whole or not at all. */
static const struct bundle **bundles_of(
	struct arena *a, const struct service *s, plan_bundle *bundle, void *ctx)
{
	const struct bundle **list = arena_calloc(a, s->n_certificates, sizeof *list);

	for (size_t i = 0; i < s->n_certificates; i++) {
		list[i] = bundle(ctx, s->certificates[i]);
		if (!list[i])
			return NULL;
	}
	return list;
}

static const struct bundle *bundle_of(const struct service_plan *s, const char *certificate)
{
	size_t i = 0;

	while (!text_eq(s->service->certificates[i], certificate))
		i++;
	return s->bundles[i];
}

static void add_targets(
	struct host_plan *p, const struct service_plan *s, const struct contents *contents)
{
	for (size_t i = 0; i < s->service->n_files; i++) {
		const struct file *f = &s->service->files[i];
		const struct bundle *bundle = bundle_of(s, f->certificate);
		const struct buf *content = contents_find(contents, bundle, f);

		p->targets[p->n_targets++] = (struct target){
			.service = s->service,
			.file = f,
			.bundle = bundle,
			.content = content,
			.sha256 = sha256_of(content->data, content->len),
		};
	}
}

struct host_plan *plan_targets(struct arena *a, const struct host *h,
	bool (*wanted)(void *ctx, const struct host *h, const struct service *s),
	plan_bundle *bundle, void *ctx, const struct contents *contents)
{
	struct host_plan *p = arena_calloc(a, 1, sizeof *p);
	size_t n_files = 0;

	p->host = h;
	p->services = arena_calloc(a, h->n_services, sizeof *p->services);
	for (size_t i = 0; i < h->n_services; i++) {
		const struct service *s = &h->services[i];
		const struct bundle **b = NULL;

		if (!wanted || wanted(ctx, h, s))
			b = bundles_of(a, s, bundle, ctx);
		if (!b)
			continue;
		p->services[p->n_services++] =
			(struct service_plan){ .service = s, .bundles = b };
		n_files += s->n_files;
	}
	p->targets = arena_calloc(a, n_files, sizeof *p->targets);
	for (size_t i = 0; i < p->n_services; i++)
		add_targets(p, &p->services[i], contents);
	return p;
}

struct service_plan *plan_service(const struct host_plan *p, const struct service *service)
{
	for (size_t i = 0; i < p->n_services; i++)
		if (p->services[i].service == service)
			return &p->services[i];
	return NULL;
}
