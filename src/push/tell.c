#include "push/private/tell.h"
#include "base/clock.h"
#include "base/text.h"

#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The fingerprint of the first certificate in it; NULL of a key, or if there is none. */
static const char *print_of(const struct target *t, struct sha256_hex *hex)
{
	const struct chain *chain = &t->bundle->chain;
	const size_t first = t->file->part == PART_CHAIN ? 1 : 0;
	struct sha256 print;

	if (t->file->part == PART_PRIVKEY || t->file->part == PART_PRIVKEY_DER ||
		first >= chain->n)
		return NULL;
	print = cert_sha256(chain->certs[first]);
	*hex = sha256_hex(&print);
	return hex->s;
}

/* "2026-11-24" */
static const char *day_of(const struct job *j, time_t t)
{
	return arena_strndup(j->arena, time_rfc3339(t).s, 10);
}

/* " +new.example.net", for each that one has and the other hasn't. */
static void add_names(
	struct buf *out, char sign, const struct cert *one, const struct cert *other)
{
	size_t n, n_other;
	const char *const *names = cert_names(one, &n);
	const char *const *others = cert_names(other, &n_other);

	for (size_t i = 0; i < n; i++)
		if (!text_among(others, n_other, names[i]))
			buf_printf(out, " %c%s", sign, names[i]);
}

/* "older: notAfter 2026-12-03 -> 2027-02-22 +new.example.net" */
static const char *why_with_dates(
	const struct job *j, const struct target *t, const struct cert *theirs)
{
	const struct cert *ours = t->bundle->chain.certs[0];
	AUTO(buf) struct buf text = BUF_EMPTY;

	buf_printf(&text, "%s: notAfter %s -> %s", t->why,
		day_of(j, cert_not_after(theirs)), day_of(j, cert_not_after(ours)));
	add_names(&text, '+', ours, theirs);
	add_names(&text, '-', theirs, ours);
	return arena_strdup(j->arena, text.data);
}

static void tell_file(struct job *j, const struct target *t)
{
	const struct cert *theirs = t->seen->held.n ? t->seen->held.certs[0] : NULL;
	const struct sha256 old = theirs ? cert_sha256(theirs) : (struct sha256){ { 0 } };
	const struct sha256_hex old_hex = sha256_hex(&old);
	struct sha256_hex hex;
	struct event ev = {
		.kind = EVENT_CHANGED,
		.service = t->service->name,
		.item = base_name(t->file->path),
		.path = t->file->path,
		.part = part_name(t->file->part),
		.fingerprint = print_of(t, &hex),
		.detail = t->why,
	};

	if (theirs) {
		ev.detail = why_with_dates(j, t, theirs);
		ev.old_fingerprint = old_hex.s;
		ev.old_not_after = cert_not_after(theirs);
	}
	j->recap.changed++;
	j->changes++;
	job_emit(j, ev);
}

static void tell_files(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_targets; i++) {
		if (j->plan->targets[i].why)
			tell_file(j, &j->plan->targets[i]);
	}
}

/* NULL where the files that changed say why. */
static const char *why_of(const struct job *j, const struct service *s)
{
	const struct service_plan *p = plan_service(j->plan, s);

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
	tell_commands(j, EVENT_BUILT, j->plan->builds, j->plan->n_builds);
	tell_commands(j, EVENT_VALIDATED, j->plan->validates, j->plan->n_validates);
	tell_commands(j, EVENT_RELOADED, j->plan->reloads, j->plan->n_reloads);
	tell_commands(j, EVENT_RESTARTED, r->list, r->n);
}

void tell_proofs(struct job *j, const struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *q = &proofs->list[i];
		const struct cert *leaf = q->result.served.certs[0];
		const struct sha256 print = cert_sha256(leaf);
		const struct sha256_hex hex = sha256_hex(&print);

		j->recap.verified++;
		job_emit(j,
			(struct event){ .kind = EVENT_VERIFIED,
				.service = q->service->service->name,
				.protocol = probe_protocol_title(q->check->protocol),
				.address = q->address.text,
				.more = i > 0 && proofs->list[i - 1].check == q->check,
				.not_after = cert_not_after(leaf),
				.fingerprint = hex.s });
	}
}

void tell_ok(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_services; i++) {
		const struct service_plan *s = &j->plan->services[i];

		if (s->reload_why || s->faulty)
			continue;
		j->recap.ok++;
		job_emit(
			j, (struct event){ .kind = EVENT_OK, .service = s->service->name });
	}
}

const char *tell_aftermath(const struct remote_story *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (text_eq(s->events[i].step, "restore"))
			return "; AND THE OLD FILES COULD NOT BE PUT BACK";
	for (size_t i = 0; i < s->n; i++)
		if (s->events[i].failed && text_eq(s->events[i].step, "again"))
			return "; the old files are back, but the service would not take them up";
	return s->restored ? "; the old files are back" : "; nothing was changed";
}

/* The command that a step ran; NULL if it wasn't one. */
static const struct command *command_of(
	const struct job *j, const struct remote_event *ev, const struct restarts *r)
{
	const struct host_plan *p = j->plan;
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

	if (c)
		job_fail_text(j, c->service, "%s: %s%s", c->line, ev->text,
			tell_aftermath(story));
	else
		job_fail_text(j, NULL, "%s%s", ev->text, tell_aftermath(story));
}

void tell_unproved(struct job *j, const struct proof *bad, const char *aftermath)
{
	job_fail_text(j, bad->service->service, "%s %s: %s%s",
		probe_protocol_title(bad->check->protocol), bad->address.text,
		bad->result.err.msg, aftermath);
}
