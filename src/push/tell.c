#include "push/private/tell.h"
#include "base/clock.h"
#include "base/text.h"

#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The first certificate that it is to hold; NULL of a key, or if there is none. */
static const struct cert *first_of(const struct target *t)
{
	const struct chain *chain = &t->bundle->chain;
	const struct file *f = t->file;
	const size_t first = file_holds_certificates(f) && !file_holds_leaf(f) ? 1 : 0;

	if (f->part == PART_PRIVKEY || f->part == PART_PRIVKEY_DER)
		return NULL;
	return first < chain->n ? chain->certs[first] : NULL;
}

static const char *print_of(const struct job *j, const struct cert *c)
{
	const struct sha256 print = cert_sha256(c);

	return arena_strdup(j->arena, sha256_hex(&print).s);
}

/* "2026-11-24" */
static const char *day_of(const struct job *j, time_t t)
{
	return arena_strndup(j->arena, time_rfc3339(t).s, 10);
}

/* The names that one has and the other hasn't, ended by NULL. */
static const char *const *names_beside(
	const struct job *j, const struct cert *one, const struct cert *other)
{
	size_t n, n_other, kept = 0;
	const char *const *names = cert_names(one, &n);
	const char *const *others = cert_names(other, &n_other);
	const char **list = arena_calloc(j->arena, n + 1, sizeof *list);

	for (size_t i = 0; i < n; i++)
		if (!text_among(others, n_other, names[i]))
			list[kept++] = names[i];
	return list;
}

static void add_names(struct buf *out, char sign, const char *const *names)
{
	for (; names && *names; names++)
		buf_printf(out, " %c%s", sign, *names);
}

/* "older: notAfter 2026-12-03 -> 2027-02-22 +new.example.net", "mode 0644 -> 0600"
 */
static const char *why_in_full(
	const struct job *j, const struct target *t, const struct event *ev)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct drift drift[DRIFTS];
	const size_t n = plan_drift(t, drift);

	if (n == 0 || !text_eq(t->why, drift[0].what))
		buf_puts(&text, t->why);
	if (file_holds_leaf(t->file) && ev->old_not_after)
		buf_printf(&text, ": notAfter %s -> %s", day_of(j, ev->old_not_after),
			day_of(j, ev->not_after));
	add_names(&text, '+', ev->gained);
	add_names(&text, '-', ev->lost);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%s %s -> %s", text.len > 0 ? ", " : "", drift[i].what,
			drift[i].before, drift[i].after);
	return arena_strdup(j->arena, text.data);
}

/* Old and new, of the first certificate in it. */
static void set_certificates(struct job *j, const struct target *t, struct event *ev)
{
	const struct cert *ours = first_of(t);
	const struct cert *theirs = t->seen->held.n ? t->seen->held.certs[0] : NULL;

	if (!ours)
		return;
	ev->fingerprint = print_of(j, ours);
	ev->not_after = cert_not_after(ours);
	if (!theirs)
		return;
	ev->old_fingerprint = print_of(j, theirs);
	ev->old_not_after = cert_not_after(theirs);
	if (file_holds_leaf(t->file)) {
		ev->gained = names_beside(j, ours, theirs);
		ev->lost = names_beside(j, theirs, ours);
	}
}

static void tell_file(struct job *j, const struct target *t)
{
	AUTO(buf) struct buf diff = BUF_EMPTY;
	struct event ev = {
		.kind = EVENT_CHANGED,
		.service = t->service->name,
		.item = base_name(t->file->path),
		.path = t->file->path,
		.part = part_name(t->file->part),
	};

	set_certificates(j, t, &ev);
	ev.detail = why_in_full(j, t, &ev);
	if (j->push->diff) {
		plan_diff(&diff, t);
		ev.diff = diff.data;
	}
	j->recap.changed++;
	j->changes++;
	job_emit(j, ev);
}

static void tell_files(struct job *j)
{
	for (size_t i = 0; i < j->group->n_targets; i++) {
		if (j->group->targets[i].why)
			tell_file(j, &j->group->targets[i]);
	}
}

/* NULL where the files that changed say why. */
static const char *why_of(const struct job *j, const struct service *s)
{
	const struct service_plan *p = plan_service(j->group, s);

	return p && p->n_changes == 0 ? p->reload_why : NULL;
}

static void tell_commands(
	struct job *j, enum event_kind kind, const struct command *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (kind == EVENT_RELOADED || kind == EVENT_RESTARTED) {
			j->recap.reloaded++;
			j->changes++;
		}
		job_emit(j,
			(struct event){ .kind = kind,
				.service = list[i].service->name,
				.item = list[i].line,
				.detail = why_of(j, list[i].service) });
	}
}

void tell_applied(struct job *j, const struct restarts *r)
{
	tell_files(j);
	tell_commands(j, EVENT_BUILT, j->group->builds, j->group->n_builds);
	tell_commands(j, EVENT_VALIDATED, j->group->validates, j->group->n_validates);
	tell_commands(j, EVENT_RELOADED, j->group->reloads, j->group->n_reloads);
	tell_commands(j, EVENT_RESTARTED, r->list, r->n);
}

static void tell_proof(
	struct job *j, const struct proof *q, const struct cert *leaf, bool more)
{
	j->recap.verified++;
	job_emit(j,
		(struct event){ .kind = EVENT_VERIFIED,
			.service = q->service->service->name,
			.protocol = probe_protocol_title(q->check->protocol),
			.address = q->address.text,
			.more = more,
			.not_after = cert_not_after(leaf),
			.fingerprint = print_of(j, leaf) });
}

static bool same_check(const struct proofs *proofs, size_t i)
{
	return i > 0 && proofs->list[i - 1].check == proofs->list[i].check;
}

void tell_proofs(struct job *j, const struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->n; i++)
		tell_proof(j, &proofs->list[i], proofs->list[i].result.served.certs[0],
			same_check(proofs, i));
}

void tell_checks(struct job *j)
{
	AUTO(proofs) struct proofs proofs = { 0 };

	proofs_list(&proofs, j->arena, j->group, plan_takes_up, false);
	for (size_t i = 0; i < proofs.n; i++) {
		const struct proof *q = &proofs.list[i];

		if (*q->address.text)
			tell_proof(j, q, q->bundle->chain.certs[0], same_check(&proofs, i));
		else
			tell_unproved(j, q, "");
	}
}

void tell_ok(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (!plan_is_fine(s))
			continue;
		j->recap.ok++;
		job_emit(j,
			(struct event){ .kind = EVENT_OK,
				.service = s->service->name,
				.detail = j->planned ? "has all that was planned" : NULL });
	}
}

void tell_owed(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_services; i++)
		j->recap.owed += plan_takes_up(&j->plan->services[i]);
	job_emit(j,
		(struct event){ .kind = EVENT_OWED,
			.until = j->until,
			.detail = job_services(j, j->plan) });
}

const char *tell_back(const struct job *j)
{
	AUTO(buf) struct buf names = BUF_EMPTY;

	for (size_t i = 0; i < j->group->n_services; i++)
		if (job_has_previous(j, &j->group->services[i]))
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
				j->group->services[i].service->name);
	if (j->group->n_services == 1 || names.len == 0)
		return "; the old files are back";
	return arena_printf(j->arena, "; the old files of %s are back", names.data);
}

const char *tell_aftermath(const struct job *j, const struct remote_story *s)
{
	if (remote_story_failed_at(s, "restore"))
		return "; AND THE OLD FILES COULD NOT BE PUT BACK";
	if (remote_story_failed_at(s, "again"))
		return arena_printf(j->arena, "%s, but the service would not take them up",
			tell_back(j));
	return s->restored ? tell_back(j) : "; nothing was changed";
}

/* The command that a step ran; NULL if it wasn't one. */
static const struct command *command_of(
	const struct job *j, const struct remote_event *ev, const struct restarts *r)
{
	const struct host_plan *p = j->group;
	const struct {
		const char *step;
		const struct command *list;
		size_t n;
	} steps[] = {
		{ "build", p->builds, p->n_builds },
		{ "validate", p->validates, p->n_validates },
		{ "reload", p->reloads, p->n_reloads },
		{ "restart", r ? r->list : NULL, r ? r->n : 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (text_eq(ev->step, steps[i].step) && ev->index >= 0 &&
			(size_t)ev->index < steps[i].n)
			return &steps[i].list[ev->index];
	return NULL;
}

void tell_failure(struct job *j, const struct remote_story *story, const struct restarts *r)
{
	const struct remote_event *ev = remote_story_failure(story);
	const struct command *c = command_of(j, ev, r);
	struct err e = { 0 };

	if (c) {
		job_fail_text(j, c->service, "%s: %s%s", c->line, ev->text,
			tell_aftermath(j, story));
		return;
	}
	err_set(&e, ERR_REMOTE, "%s%s", ev->text, tell_aftermath(j, story));
	job_fail_group(j, &e);
}

void tell_unforgotten(struct job *j, const char *why)
{
	report_warn(j->push->report,
		"%s: %s; all is %s there, the next run will reload once more",
		j->host->name, why, proof_is_due(j->group) ? "proved" : "in place");
}

void tell_unproved(struct job *j, const struct proof *bad, const char *aftermath)
{
	job_fail_text(j, bad->service->service, "%s%s%s: %s%s",
		probe_protocol_title(bad->check->protocol), *bad->address.text ? " " : "",
		bad->address.text, bad->result.err.msg, aftermath);
}
