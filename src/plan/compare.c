#include "base/text.h"
#include "plan/plan.h"

#include <ctype.h>

/* A playbook may say "news" or "9". */
static bool same_account(const char *wanted, const char *name, const char *number)
{
	return !wanted || text_eq(wanted, isdigit((unsigned char)*wanted) ? number : name);
}

static const char *difference(const struct target *t)
{
	const struct seen_file *seen = t->seen;

	if (seen->state == SEEN_MISSING)
		return "missing";
	if (!sha256_eq(&seen->sha256, &t->sha256))
		return "content";
	if (!same_account(t->file->owner, seen->owner, seen->uid))
		return "owner";
	if (!same_account(t->file->group, seen->group, seen->gid))
		return "group";
	return seen->mode == t->file->mode ? NULL : "mode";
}

static bool replaceable(const struct target *t, struct err *e)
{
	if (t->seen->state == SEEN_LINK)
		return err_set(e, ERR_REFUSED,
			"%s: a symbolic link there: let the playbook name the file itself",
			t->file->path);
	if (t->seen->state == SEEN_OTHER)
		return err_set(
			e, ERR_REFUSED, "%s: not a regular file there", t->file->path);
	return true;
}

bool plan_compare(struct host_plan *p, const struct seen_file *seen, struct err *e)
{
	for (size_t i = 0; i < p->n_targets; i++) {
		struct target *t = &p->targets[i];
		struct service_plan *s = plan_service(p, t->service);

		t->seen = &seen[i];
		if (!replaceable(t, e))
			return false;
		t->why = difference(t);
		t->send = text_eq(t->why, "missing") || text_eq(t->why, "content");
		if (t->why) {
			p->n_changes++;
			s->n_changes++;
			s->reload_why = "files changed";
		} else if (t->seen->owed && !s->reload_why) {
			s->reload_why = "owed by an earlier push";
		}
	}
	return true;
}

void plan_stale(struct service_plan *s, const char *why)
{
	if (!s->reload_why)
		s->reload_why = why;
}

static void add_command(
	struct command *list, size_t *n, const char *line, const struct service *s)
{
	if (!line)
		return;
	for (size_t i = 0; i < *n; i++)
		if (text_eq(list[i].line, line))
			return;
	list[(*n)++] = (struct command){ .line = line, .service = s };
}

void plan_commands(struct arena *a, struct host_plan *p)
{
	p->validates = arena_calloc(a, p->n_services, sizeof *p->validates);
	p->reloads = arena_calloc(a, p->n_services, sizeof *p->reloads);
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service_plan *s = &p->services[i];

		if (!s->reload_why)
			continue;
		add_command(
			p->validates, &p->n_validates, s->service->validate, s->service);
		add_command(p->reloads, &p->n_reloads, s->service->reload, s->service);
	}
}

bool plan_idle(const struct host_plan *p)
{
	for (size_t i = 0; i < p->n_services; i++)
		if (p->services[i].reload_why)
			return false;
	return p->n_changes == 0;
}
