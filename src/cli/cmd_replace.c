#include "acme/acme.h"
#include "base/alloc.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/deploy.h"
#include "cli/select.h"
#include "cli/verb.h"
#include "renew/renew.h"

#include <string.h>

/* One certificate on its way. */
struct task {
	const struct certificate *certificate;
	struct replacement r;
	bool failed;      /* it has been told */
	struct buf left;  /* hosts that may still have the old one, with commas */
	const char *last; /* the last of them */
};

struct tasks {
	struct context *context;
	const char *reason; /* NULL: not given */
	struct task *list;
	size_t n;
};

static void tasks_clear(struct tasks *all)
{
	for (size_t i = 0; i < all->n; i++) {
		replacement_clear(&all->list[i].r);
		buf_clear(&all->list[i].left);
	}
	free(all->list);
}
DEFINE_AUTO_VALUE(struct tasks, tasks, tasks_clear)

static void tell(const struct tasks *all, enum event_kind kind, const struct task *t,
	const char *detail)
{
	const struct event ev = {
		.kind = kind,
		.certificate = t->certificate->name,
		.detail = detail,
		.dry = all->context->options->dry,
	};

	report_emit(all->context->report, &ev);
}

static void fail(const struct tasks *all, struct task *t, const char *why)
{
	t->failed = true;
	tell(all, EVENT_FAILED, t, why);
}

/* Where one key of an entry was in wrong hands, the others lay beside it. */
static bool asked_for(
	const struct certificate *c, const struct certificate *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_eq(c->entry, list[i]->entry))
			return true;
	return false;
}

static bool list_tasks(struct tasks *all, struct err *e)
{
	const struct settings *s = all->context->settings;
	const struct certificate **list;
	size_t n;

	if (!select_certificates(all->context, &list, &n, e))
		return false;
	all->list = xcalloc(s->n_certificates, sizeof *all->list);
	for (size_t i = 0; i < s->n_certificates; i++)
		if (asked_for(&s->certificates[i], list, n))
			all->list[all->n++] =
				(struct task){ .certificate = &s->certificates[i],
					.left = BUF_EMPTY };
	free(list);
	return true;
}

static void look(const struct tasks *all)
{
	const struct context *c = all->context;

	for (size_t i = 0; i < all->n; i++) {
		struct task *t = &all->list[i];
		struct err e = { 0 };

		replacement_clear(&t->r);
		if (!t->failed &&
			!replacement_look(t->certificate, c->store, all->reason, &t->r, &e))
			fail(all, t, e.msg);
	}
}

static void begin(const struct tasks *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct task *t = &all->list[i];
		struct err e = { 0 };

		if (!t->failed &&
			!replacement_begin(t->certificate, all->context->store, &t->r, &e))
			fail(all, t, e.msg);
	}
}

/* Limits that certpush keeps by itself are not for such a case. */
static void obtain(const struct tasks *all)
{
	struct context *c = all->context;
	const struct certificate **list = xcalloc(all->n, sizeof *list);
	struct renew r = {
		.settings = c->settings,
		.certificates = list,
		.store = c->store,
		.trust = c->trust,
		.width = (size_t)c->options->forks,
		.force = true,
		.report = c->report,
	};

	for (size_t i = 0; i < all->n; i++)
		if (!all->list[i].failed && !all->list[i].r.issued)
			list[r.n_certificates++] = all->list[i].certificate;
	report_section(c->report, "RENEW");
	if (r.n_certificates > 0)
		renew_run(&r);
	free(list);
	look(all);
	for (size_t i = 0; i < all->n; i++) /* renew has told why it isn't */
		all->list[i].failed |= !all->list[i].r.issued;
}

static void note_left(void *ctx, const char *certificate, const char *host)
{
	const struct tasks *all = ctx;

	for (size_t i = 0; i < all->n; i++) {
		struct task *t = &all->list[i];

		if (!text_eq(t->certificate->name, certificate))
			continue;
		if (!host)
			t->failed = true;
		else if (!text_eq(t->last, host))
			buf_printf(&t->left, "%s%s", t->last ? ", " : "", host);
		t->last = host;
	}
}

static int push(struct tasks *all)
{
	const char **names = xcalloc(all->n, sizeof *names);
	struct deploy d = {
		.context = all->context,
		.certificates = names,
		.dry = all->context->options->dry,
		.left = note_left,
		.ctx = all,
	};
	int status = EXIT_OK;

	for (size_t i = 0; i < all->n; i++) {
		if (all->list[i].failed)
			continue;
		names[d.n_certificates++] = all->list[i].certificate->name;
		d.partial |= !all->list[i].r.issued;
	}
	if (d.n_certificates > 0)
		status = deploy_run(&d, NULL);
	free(names);
	return status;
}

static bool uses(const struct service *s, const struct task *t)
{
	return text_among(s->certificates, s->n_certificates, t->certificate->name);
}

/* Files are all that is known of it. */
static void tell_unasked(const struct tasks *all, const struct task *t)
{
	const struct inventory *inv = all->context->inventory;

	for (size_t h = 0; h < inv->n_hosts; h++)
		for (size_t i = 0; i < inv->hosts[h].n_services; i++) {
			const struct service *s = &inv->hosts[h].services[i];
			const struct event ev = {
				.kind = EVENT_WARNING,
				.host = inv->hosts[h].name,
				.service = s->name,
				.detail =
					"it has no checks: that it serves the new certificate isn't proved",
			};

			if (s->n_checks == 0 && s->reload && uses(s, t))
				report_emit(all->context->report, &ev);
		}
}

/* False: it has to wait. */
static bool may_revoke(const struct tasks *all, struct task *t)
{
	AUTO(buf) struct buf text = BUF_EMPTY;

	if (t->failed)
		return false;
	tell_unasked(all, t);
	if (t->left.len == 0)
		return true;
	if (all->context->options->force) {
		buf_printf(&text, "revoked although it may still be on %s", t->left.data);
		tell(all, EVENT_WARNING, t, text.data);
		return true;
	}
	buf_printf(&text,
		"the old one is not revoked, since it may still be on %s: certpush replace %s goes on",
		t->left.data, t->certificate->name);
	fail(all, t, text.data);
	return false;
}

static void revoke(const struct tasks *all, struct task *t)
{
	const struct context *c = all->context;
	AUTO(buf) struct buf detail = BUF_EMPTY;
	const char *what;
	struct err e = { 0 };

	if (!replacement_end(c->settings, t->certificate, c->store, &what, &e)) {
		fail(all, t, e.msg);
		return;
	}
	buf_printf(&detail, "%s%s%s", t->r.reason, what ? ": " : "", what ? what : "");
	tell(all, EVENT_REVOKED, t, detail.data);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void tell_files(const struct tasks *all, const struct task *t, const struct host *h,
	const struct service *s)
{
	for (size_t i = 0; i < s->n_files; i++) {
		const struct event ev = {
			.kind = EVENT_CHANGED,
			.host = h->name,
			.service = s->name,
			.item = base_name(s->files[i].path),
			.path = s->files[i].path,
			.part = part_name(s->files[i].part),
			.detail = "new",
			.dry = true,
		};

		if (text_eq(s->files[i].certificate, t->certificate->name))
			report_emit(all->context->report, &ev);
	}
}

static void tell_planned(const struct tasks *all, const struct task *t)
{
	const struct inventory *inv = all->context->inventory;

	for (size_t h = 0; h < inv->n_hosts && !t->r.issued; h++)
		for (size_t i = 0; i < inv->hosts[h].n_services; i++)
			if (uses(&inv->hosts[h].services[i], t))
				tell_files(
					all, t, &inv->hosts[h], &inv->hosts[h].services[i]);
	tell(all, EVENT_REVOKED, t, t->r.reason);
}

/* Hosts are looked at, so that one that can't be reached is known before. */
static int tell_all(struct tasks *all)
{
	bool failed = false;
	int status;

	report_section(all->context->report, "REPLACE");
	for (size_t i = 0; i < all->n; i++)
		if (!all->list[i].failed && !all->list[i].r.issued)
			tell(all, EVENT_ISSUED, &all->list[i], "with a new key");
	status = push(all);
	for (size_t i = 0; i < all->n; i++) {
		failed |= all->list[i].failed;
		if (!all->list[i].failed)
			tell_planned(all, &all->list[i]);
	}
	return status == EXIT_OK && failed ? EXIT_FAILED : status;
}

static int replace_all(struct tasks *all)
{
	int status;

	begin(all);
	obtain(all);
	status = stop_requested() ? EXIT_FAILED : push(all);
	if (status != EXIT_OK && status != EXIT_FAILED)
		return status;
	report_section(all->context->report, "REVOKE");
	for (size_t i = 0; i < all->n && !stop_requested(); i++)
		if (may_revoke(all, &all->list[i]))
			revoke(all, &all->list[i]);
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].failed)
			return EXIT_FAILED;
	return status;
}

static bool read_reason(struct tasks *all, struct err *e)
{
	const char *given = all->context->options->reason;
	int number;

	if (given && !acme_reason_parse(given, &number, e))
		return false;
	if (given)
		all->reason = acme_reason_name(number);
	return true;
}

int cmd_replace(struct context *c)
{
	AUTO(tasks) struct tasks all = { .context = c };
	struct err e = { 0 };

	if (c->options->n_words == 0)
		err_set(&e, ERR_USAGE, "replace: which certificates?");
	if (e.kind != ERR_NONE || !read_reason(&all, &e) || !renew_check(c->settings, &e) ||
		!list_tasks(&all, &e))
		return tell_error(c, &e);
	look(&all);
	return c->options->dry ? tell_all(&all) : replace_all(&all);
}
