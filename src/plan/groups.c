#include "base/text.h"
#include "plan/plan.h"

/* Of whatever kind: what reloads the one may restart the other. */
static bool runs(const struct service *s, const char *line)
{
	for (size_t i = 0; i < s->n_builds; i++)
		if (text_eq(s->builds[i].command, line))
			return true;
	return text_eq(s->validate, line) || text_eq(s->reload, line) ||
		text_eq(s->restart, line);
}

static bool share_a_command(const struct service *a, const struct service *b)
{
	const char *const lines[] = { a->validate, a->reload, a->restart };

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i] && runs(b, lines[i]))
			return true;
	for (size_t i = 0; i < a->n_builds; i++)
		if (runs(b, a->builds[i].command))
			return true;
	return false;
}

static bool belong_together(const struct service_plan *a, const struct service_plan *b)
{
	return plan_takes_up(a) && plan_takes_up(b) &&
		share_a_command(a->service, b->service);
}

/* Each service has the number of the first one of its group. */
static void join(size_t *first, size_t n, size_t a, size_t b)
{
	const size_t to = a < b ? a : b, from = a < b ? b : a;

	for (size_t i = 0; i < n; i++)
		if (first[i] == from)
			first[i] = to;
}

static size_t *firsts(struct arena *a, const struct host_plan *p)
{
	size_t *first = arena_calloc(a, p->n_services, sizeof *first);

	for (size_t i = 0; i < p->n_services; i++) {
		first[i] = i;
		for (size_t k = 0; k < i; k++)
			if (belong_together(&p->services[k], &p->services[i]))
				join(first, i + 1, first[k], first[i]);
	}
	return first;
}

static void add(
	struct host_plan *g, const struct host_plan *p, const struct service_plan *s)
{
	size_t n;
	const struct target *targets = plan_targets_of(p, s, &n);

	g->services[g->n_services++] = *s;
	for (size_t i = 0; i < n; i++)
		g->targets[g->n_targets++] = targets[i];
	g->n_changes += s->n_changes;
}

struct host_plan *plan_groups(struct arena *a, const struct host_plan *p, size_t *n)
{
	const size_t *first = firsts(a, p);
	struct host_plan *list = arena_calloc(a, p->n_services, sizeof *list);
	struct service_plan *services = arena_calloc(a, p->n_services, sizeof *services);
	struct target *targets = arena_calloc(a, p->n_targets, sizeof *targets);

	*n = 0;
	for (size_t i = 0; i < p->n_services; i++) {
		struct host_plan *g = &list[*n];

		if (first[i] != i || !plan_takes_up(&p->services[i]))
			continue;
		*g = (struct host_plan){
			.host = p->host, .services = services, .targets = targets
		};
		for (size_t k = i; k < p->n_services; k++)
			if (first[k] == i)
				add(g, p, &p->services[k]);
		services += g->n_services;
		targets += g->n_targets;
		++*n;
	}
	return list;
}
