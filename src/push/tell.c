#include "push/private/tell.h"
#include "base/text.h"

#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The fingerprint of the first certificate in it; NULL of a key, or if there is none. */
static const char *print_of(
	const struct job *j, const struct target *t, struct sha256_hex *hex)
{
	const struct chain *chain = &plan_service(j->plan, t->service)->bundle->chain;
	const size_t first = t->file->part == PART_CHAIN ? 1 : 0;
	struct sha256 print;

	if (t->file->part == PART_PRIVKEY || first >= chain->n)
		return NULL;
	print = cert_sha256(chain->certs[first]);
	*hex = sha256_hex(&print);
	return hex->s;
}

static void tell_files(struct job *j)
{
	for (size_t i = 0; i < j->plan->n_targets; i++) {
		const struct target *t = &j->plan->targets[i];
		struct sha256_hex hex;

		if (!t->why)
			continue;
		j->recap.changed++;
		j->changes++;
		job_emit(j,
			(struct event){ .kind = EVENT_CHANGED,
				.service = t->service->name,
				.item = base_name(t->file->path),
				.path = t->file->path,
				.part = part_name(t->file->part),
				.fingerprint = print_of(j, t, &hex),
				.detail = t->why });
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
		if (kind != EVENT_VALIDATED) {
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
