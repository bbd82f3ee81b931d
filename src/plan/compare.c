#include "base/text.h"
#include "plan/plan.h"

#include <ctype.h>
#include <stdio.h>

#define DAY 86400

/* A playbook may say "news" or "9". */
static bool same_account(const char *wanted, const char *name, const char *number)
{
	return !wanted || text_eq(wanted, isdigit((unsigned char)*wanted) ? number : name);
}

void seen_clear(struct seen_file *seen, size_t n)
{
	for (size_t i = 0; i < n; i++)
		chain_clear(&seen[i].held);
}

static bool share_a_name(const struct cert *a, const struct cert *b)
{
	size_t n_a, n_b;
	const char *const *of_a = cert_names(a, &n_a), *const *of_b = cert_names(b, &n_b);

	for (size_t i = 0; i < n_a; i++)
		if (text_among(of_b, n_b, of_a[i]))
			return true;
	return false;
}

/* Of content that differs: what is it? */
static const char *kind_of(const struct target *t)
{
	const struct cert *theirs = t->seen->held.n ? t->seen->held.certs[0] : NULL;
	const struct cert *ours;
	struct sha256 print, wanted;

	if (!theirs || !file_holds_leaf(t->file))
		return "content";
	ours = t->bundle->chain.certs[0];
	print = cert_sha256(theirs);
	wanted = cert_sha256(ours);
	if (sha256_eq(&print, &wanted))
		return "chain";
	if (!share_a_name(theirs, ours))
		return "foreign";
	/* some CAs let a certificate begin an hour ago, some at midnight */
	return cert_not_before(theirs) > cert_not_before(ours) + DAY ? "newer" : "older";
}

static struct drift *drifted(struct drift *list, size_t *n, const char *what)
{
	struct drift *d = &list[(*n)++];

	*d = (struct drift){ .what = what };
	return d;
}

static void drift_of_account(struct drift *list, size_t *n, const char *what,
	const char *wanted, const char *name, const char *number)
{
	struct drift *d;

	if (same_account(wanted, name, number))
		return;
	d = drifted(list, n, what);
	snprintf(d->before, sizeof d->before, "%s", name);
	snprintf(d->after, sizeof d->after, "%s", wanted);
}

size_t plan_drift(const struct target *t, struct drift list[DRIFTS])
{
	const struct seen_file *seen = t->seen;
	const struct file *f = t->file;
	struct drift *d;
	size_t n = 0;

	if (seen->state != SEEN_FILE)
		return 0;
	drift_of_account(list, &n, "owner", f->owner, seen->owner, seen->uid);
	drift_of_account(list, &n, "group", f->group, seen->group, seen->gid);
	if (seen->mode != f->mode) {
		d = drifted(list, &n, "mode");
		snprintf(d->before, sizeof d->before, "%04o", seen->mode);
		snprintf(d->after, sizeof d->after, "%04o", f->mode);
	}
	return n;
}

static const char *difference(const struct target *t)
{
	const struct seen_file *seen = t->seen;
	struct drift drift[DRIFTS];

	if (seen->state == SEEN_MISSING)
		return "missing";
	if (!sha256_eq(&seen->sha256, &t->sha256))
		return kind_of(t);
	return plan_drift(t, drift) > 0 ? drift[0].what : NULL;
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

static bool content_differs(const struct target *t)
{
	return t->seen->state == SEEN_MISSING || !sha256_eq(&t->seen->sha256, &t->sha256);
}

struct target *plan_targets_of(
	const struct host_plan *p, const struct service_plan *s, size_t *n)
{
	size_t first = 0;

	while (first < p->n_targets && p->targets[first].service != s->service)
		first++;
	for (*n = 0;
		first + *n < p->n_targets && p->targets[first + *n].service == s->service;)
		++*n;
	return &p->targets[first];
}

/* Is the certificate of this key right, wherever the service has it? */
static bool leaf_is_right(const struct target *key, const struct target *list, size_t n)
{
	bool right = false;

	for (size_t i = 0; i < n; i++) {
		if (list[i].bundle != key->bundle || !file_holds_leaf(list[i].file))
			continue;
		if (content_differs(&list[i]) && !text_eq(list[i].why, "chain"))
			return false;
		right = true;
	}
	return right;
}

/* A key that differs beside a certificate that is right isn't its key. */
static void find_wrong_keys(struct target *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].file->part == PART_PRIVKEY && text_eq(list[i].why, "content") &&
			leaf_is_right(&list[i], list, n))
			list[i].why = "wrong key";
}

static const struct target *find_newer(const struct target *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(list[i].why, "newer"))
			return &list[i];
	return NULL;
}

static void conclude(struct host_plan *p, struct service_plan *s, bool force)
{
	size_t n;
	struct target *list = plan_targets_of(p, s, &n);

	find_wrong_keys(list, n);
	s->newer = force ? NULL : find_newer(list, n);
	for (size_t i = 0; i < n; i++) {
		struct target *t = &list[i];

		if (s->newer)
			t->why = NULL;
		t->send = t->why && content_differs(t);
		s->n_changes += t->why != NULL;
		if (t->why)
			s->reload_why = "files changed";
		else if (t->seen->owed && !s->reload_why && !s->newer)
			s->reload_why = "owed by an earlier push";
	}
	p->n_changes += s->n_changes;
}

bool plan_compare(
	struct host_plan *p, const struct seen_file *seen, bool force, struct err *e)
{
	for (size_t i = 0; i < p->n_targets; i++) {
		struct target *t = &p->targets[i];

		t->seen = &seen[i];
		if (!replaceable(t, e))
			return false;
		t->why = difference(t);
	}
	for (size_t i = 0; i < p->n_services; i++)
		conclude(p, &p->services[i], force);
	return true;
}

void plan_stale(struct service_plan *s, const char *why)
{
	if (!s->reload_why)
		s->reload_why = why;
}

bool plan_takes_up(const struct service_plan *s)
{
	return s->reload_why != NULL;
}

bool plan_is_fine(const struct service_plan *s)
{
	return !s->reload_why && !s->faulty;
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

/* What it is made from has changed, or may have without its having been made anew. */
static bool is_due(
	const struct host_plan *p, const struct service_plan *s, const struct build *b)
{
	size_t n;
	const struct target *list = plan_targets_of(p, s, &n);

	if (b->n_inputs == 0 || s->n_changes == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if ((list[i].why || list[i].seen->owed) &&
			text_among(b->inputs, b->n_inputs, list[i].file->as_written))
			return true;
	return false;
}

static size_t count_builds(const struct host_plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_services; i++)
		n += p->services[i].service->n_builds;
	return n;
}

static void add_builds(struct host_plan *p, const struct service_plan *s)
{
	for (size_t i = 0; i < s->service->n_builds; i++) {
		const struct build *b = &s->service->builds[i];

		if (is_due(p, s, b))
			add_command(p->builds, &p->n_builds, b->command, s->service);
	}
}

void plan_commands(struct arena *a, struct host_plan *p)
{
	p->builds = arena_calloc(a, count_builds(p), sizeof *p->builds);
	p->validates = arena_calloc(a, p->n_services, sizeof *p->validates);
	p->reloads = arena_calloc(a, p->n_services, sizeof *p->reloads);
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service_plan *s = &p->services[i];

		if (!s->reload_why)
			continue;
		add_builds(p, s);
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
