#include "plan/planned.h"
#include "base/text.h"

/* --- what is compared --- */

static void say(struct facts *f, const char *name, const char *text)
{
	f->list[f->n++] = (struct fact){ name, text };
}

static struct facts facts_new(struct arena *a, size_t most)
{
	return (struct facts){ arena_calloc(a, most, sizeof(struct fact)), 0 };
}

static const char *hex_of(struct arena *a, const struct sha256 *d)
{
	return arena_strdup(a, sha256_hex(d).s);
}

static struct facts login_facts(struct arena *a, const struct host *h)
{
	const struct connection *c = &h->connection;
	struct facts f = facts_new(a, 2);

	if (c->local)
		say(&f, "login", "this machine");
	else
		say(&f, "login",
			arena_printf(a, "%s%s%s:%d", c->user ? c->user : "",
				c->user ? "@" : "", c->address, c->port));
	say(&f, "become", c->become ? c->become_user : NULL);
	return f;
}

/* "smtp port=25 host=mx name=mail.example.net, nntp" */
static const char *checks_text(struct arena *a, const struct service *s)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < s->n_checks; i++) {
		const struct check *c = &s->checks[i];

		buf_printf(&text, "%s%s", i > 0 ? ", " : "", c->protocol);
		if (c->port)
			buf_printf(&text, " port=%d", c->port);
		if (c->host)
			buf_printf(&text, " host=%s", c->host);
		if (c->name)
			buf_printf(&text, " name=%s", c->name);
		if (c->tlsa != TLSA_UNSAID)
			buf_printf(&text, " tlsa=%s", tlsa_word(c->tlsa));
		if (c->tunnel)
			buf_puts(&text, " tunnel");
	}
	return arena_strdup(a, text.data);
}

/* Of all certificates, as of one. */
static const char *names_text(struct arena *a, const struct service *s)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < s->n_certificates; i++)
		buf_printf(&text, "%s%s", i > 0 ? ", " : "", s->certificates[i]);
	return arena_strdup(a, text.data);
}

static const char *prints_text(struct arena *a, const struct service_plan *p)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < p->service->n_certificates; i++) {
		const struct sha256 print = cert_sha256(p->bundles[i]->chain.certs[0]);

		buf_printf(&text, "%s%s", i > 0 ? ", " : "", sha256_hex(&print).s);
	}
	return arena_strdup(a, text.data);
}

/* NULL: there are none. */
static const char *builds_text(struct arena *a, const struct service *s)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < s->n_builds; i++) {
		const struct build *b = &s->builds[i];

		buf_printf(&text, "%s%s", i > 0 ? "; " : "", b->command);
		for (size_t k = 0; k < b->n_inputs; k++)
			buf_printf(&text, " < %s", b->inputs[k]);
	}
	return text.len > 0 ? arena_strdup(a, text.data) : NULL;
}

/* All of a service that decides what is done and what is proved. */
static struct facts service_facts(struct arena *a, const struct service_plan *p)
{
	const struct service *s = p->service;
	struct facts f = facts_new(a, 11);

	say(&f, "certificate", names_text(a, s));
	say(&f, "fingerprint", prints_text(a, p));
	say(&f, "swap", s->swap_directory ? "directory" : "files");
	say(&f, "build", builds_text(a, s));
	say(&f, "validate", s->validate);
	say(&f, "reload", s->reload);
	say(&f, "restart", s->restart);
	say(&f, "checks", checks_text(a, s));
	say(&f, "wait", arena_printf(a, "%d", s->wait));
	say(&f, "rollback", s->rollback ? "auto" : "never");
	say(&f, "tlsa", tlsa_word(s->tlsa));
	return f;
}

static struct facts file_facts(struct arena *a, const struct target *t)
{
	struct facts f = facts_new(a, 5);

	say(&f, "part", part_name(t->file->part));
	say(&f, "owner", t->file->owner);
	say(&f, "group", t->file->group);
	say(&f, "mode", arena_printf(a, "%04o", t->file->mode));
	say(&f, "sha256", hex_of(a, &t->sha256));
	return f;
}

static struct facts held_facts(struct arena *a, const struct seen_file *seen)
{
	const bool there = seen->state == SEEN_FILE;
	struct facts f = facts_new(a, 5);

	say(&f, "sha256", there ? hex_of(a, &seen->sha256) : NULL);
	say(&f, "owner", there ? arena_strdup(a, seen->owner) : NULL);
	say(&f, "group", there ? arena_strdup(a, seen->group) : NULL);
	say(&f, "mode", there ? arena_printf(a, "%04o", seen->mode) : NULL);
	say(&f, "proved", seen->owed ? "no" : "yes");
	return f;
}

static const char *said(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (text_eq(f->list[i].name, name))
			return f->list[i].text;
	return NULL;
}

/* The first that differs; NULL: none. */
static const struct fact *difference(const struct facts *then, const struct facts *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (!text_eq(said(then, now->list[i].name), now->list[i].text))
			return &now->list[i];
	return NULL;
}

/* --- making one --- */

struct planned *planned_new(struct arena *a, const char *store, size_t n_hosts)
{
	struct planned *p = arena_calloc(a, 1, sizeof *p);

	p->arena = a;
	p->store = store;
	p->hosts = arena_calloc(a, n_hosts, sizeof *p->hosts);
	return p;
}

static void add_service(struct arena *a, struct planned_host *to, const struct host_plan *h,
	const struct service_plan *s)
{
	struct planned_service *out = &to->services[to->n_services++];
	size_t n;
	const struct target *targets = plan_targets_of(h, s, &n);

	*out = (struct planned_service){ .name = s->service->name,
		.reload_why = s->reload_why,
		.wants = service_facts(a, s),
		.files = arena_calloc(a, n, sizeof *out->files),
		.n_files = n };
	for (size_t i = 0; i < n; i++)
		out->files[i] = (struct planned_file){ .path = targets[i].file->path,
			.why = targets[i].why,
			.wants = file_facts(a, &targets[i]),
			.held = held_facts(a, targets[i].seen) };
}

void planned_add(struct planned *p, const struct host_plan *h)
{
	struct planned_host *to;

	if (plan_idle(h))
		return;
	to = &p->hosts[p->n_hosts++];
	*to = (struct planned_host){ .name = h->host->name,
		.login = login_facts(p->arena, h->host),
		.services = arena_calloc(p->arena, h->n_services, sizeof *to->services) };
	for (size_t i = 0; i < h->n_services; i++)
		if (h->services[i].reload_why)
			add_service(p->arena, to, h, &h->services[i]);
}

/* --- looking it up --- */

const struct planned_host *planned_host(const struct planned *p, const char *name)
{
	for (size_t i = 0; i < p->n_hosts; i++)
		if (text_eq(p->hosts[i].name, name))
			return &p->hosts[i];
	return NULL;
}

const struct planned_service *planned_service(
	const struct planned_host *h, const char *name)
{
	for (size_t i = 0; i < h->n_services; i++)
		if (text_eq(h->services[i].name, name))
			return &h->services[i];
	return NULL;
}

/* --- comparing --- */

/* What a person calls it. */
static const char *label(const char *fact)
{
	static const struct fact labels[] = { { "certificate", "its certificate" },
		{ "fingerprint", "the store's certificate" }, { "sha256", "the content" } };

	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (text_eq(labels[i].name, fact))
			return labels[i].text;
	return fact;
}

static const char *or_none(const char *text)
{
	return text ? text : "not said";
}

/* `what` "" or "PATH: ". */
static bool changed(
	const char *what, const struct facts *then, const struct fact *now, struct err *e)
{
	return err_set(e, ERR_REFUSED, "%.200s%s was %.60s, is now %.60s: plan again", what,
		label(now->name), or_none(said(then, now->name)), or_none(now->text));
}

static bool file_fits(struct arena *a, const struct planned_file *then,
	const struct target *now, struct err *e)
{
	const struct facts wants = file_facts(a, now);
	const struct fact *differs;

	if (!text_eq(then->path, now->file->path))
		return err_set(e, ERR_REFUSED,
			"its file was %.150s, is now %.150s: plan again", then->path,
			now->file->path);
	differs = difference(&then->wants, &wants);
	return !differs ||
		changed(arena_printf(a, "%s: in the settings or the store ", then->path),
			&then->wants, differs, e);
}

static bool service_fits(struct arena *a, const struct planned_service *then,
	const struct host_plan *now, const struct service_plan *s, struct err *e)
{
	const struct facts wants = service_facts(a, s);
	const struct fact *differs = difference(&then->wants, &wants);
	const struct target *targets;
	size_t n;

	if (differs)
		return changed("", &then->wants, differs, e);
	targets = plan_targets_of(now, s, &n);
	if (n != then->n_files)
		return err_set(e, ERR_REFUSED, "it had %zu files, has %zu now: plan again",
			then->n_files, n);
	for (size_t i = 0; i < n; i++)
		if (!file_fits(a, &then->files[i], &targets[i], e))
			return false;
	return true;
}

bool planned_fits(struct arena *a, const struct planned_host *then,
	const struct host_plan *now, const struct service **which, struct err *e)
{
	const struct facts login = login_facts(a, now->host);
	const struct fact *differs = difference(&then->login, &login);

	*which = NULL;
	if (differs)
		return changed("", &then->login, differs, e);
	for (size_t i = 0; i < then->n_services; i++) {
		const struct planned_service *p = &then->services[i];
		const struct service_plan *s;

		*which = host_service(now->host, p->name);
		if (!*which)
			return err_set(e, ERR_REFUSED,
				"has no service %.100s any more: plan again", p->name);
		s = plan_service(now, *which);
		if (!s)
			return err_set(e, ERR_REFUSED,
				"%.100s can't be pushed now: plan again",
				names_text(a, *which));
		if (!service_fits(a, p, now, s, e))
			return false;
	}
	return true;
}

static const char *state_of(const struct service_plan *s, const struct target *t)
{
	if (t == s->newer)
		return "newer than the store's";
	if (t->why)
		return t->why;
	return t->seen->owed ? "not proved yet" : "as it should be";
}

static bool file_holds(struct arena *a, const struct planned_file *then,
	const struct service_plan *s, const struct target *now, struct err *e)
{
	const struct facts held = held_facts(a, now->seen);
	const struct fact *differs = difference(&then->held, &held);
	const char *was = then->why                          ? then->why
		: text_eq(said(&then->held, "proved"), "no") ? "not proved yet"
							     : "as it should be";
	const char *is = state_of(s, now);

	if (!differs)
		return true;
	if (text_eq(was, is))
		return changed(
			arena_printf(a, "%s: ", then->path), &then->held, differs, e);
	return err_set(e, ERR_REFUSED, "%.200s was %.60s, is now %s: plan again",
		then->path, was, is);
}

bool planned_holds(struct arena *a, const struct planned_host *then,
	const struct host_plan *now, const struct service **which, struct err *e)
{
	for (size_t i = 0; i < now->n_services; i++) {
		const struct service_plan *s = &now->services[i];
		const struct planned_service *p = planned_service(then, s->service->name);
		size_t n;
		const struct target *targets = plan_targets_of(now, s, &n);

		*which = s->service;
		if (!p || (!s->reload_why && !s->newer))
			continue;
		for (size_t k = 0; k < n; k++)
			if (!file_holds(a, &p->files[k], s, &targets[k], e))
				return false;
	}
	return true;
}
