#include "plan/plan.h"

static const struct buf *content_of(const struct bundle *b, enum part part)
{
	const struct buf *const texts[] = {
		[PART_PRIVKEY] = &b->privkey_pem,
		[PART_CERT] = &b->cert_pem,
		[PART_CHAIN] = &b->chain_pem,
		[PART_FULLCHAIN] = &b->fullchain_pem,
	};

	return texts[part];
}

static void add_targets(struct host_plan *p, const struct service_plan *s)
{
	for (size_t i = 0; i < s->service->n_files; i++) {
		const struct file *f = &s->service->files[i];
		const struct buf *content = content_of(s->bundle, f->part);

		p->targets[p->n_targets++] = (struct target){
			.service = s->service,
			.file = f,
			.content = content,
			.sha256 = sha256_of(content->data, content->len),
		};
	}
}

struct host_plan *plan_targets(struct arena *a, const struct host *h,
	bool (*wanted)(void *ctx, const struct host *h, const struct service *s),
	plan_bundle *bundle, void *ctx)
{
	struct host_plan *p = arena_calloc(a, 1, sizeof *p);
	size_t n_files = 0;

	p->host = h;
	p->services = arena_calloc(a, h->n_services, sizeof *p->services);
	for (size_t i = 0; i < h->n_services; i++) {
		const struct service *s = &h->services[i];
		const struct bundle *b = NULL;

		if (!wanted || wanted(ctx, h, s))
			b = bundle(ctx, s->certificate);
		if (!b)
			continue;
		p->services[p->n_services++] =
			(struct service_plan){ .service = s, .bundle = b };
		n_files += s->n_files;
	}
	p->targets = arena_calloc(a, n_files, sizeof *p->targets);
	for (size_t i = 0; i < p->n_services; i++)
		add_targets(p, &p->services[i]);
	return p;
}

struct service_plan *plan_service(const struct host_plan *p, const struct service *service)
{
	for (size_t i = 0; i < p->n_services; i++)
		if (p->services[i].service == service)
			return &p->services[i];
	return NULL;
}
