#include "cli/wants.h"
#include "base/alloc.h"
#include "base/text.h"
#include "dane/dane.h"
#include "push/passwords.h"

/* A certificate that some host wants, read once for all of them. */
struct want {
	const char *name;
	struct bundle bundle;
	bool fit;
};

struct wants {
	const struct deploy *deploy;
	const struct dane *dane; /* whose word counts, once it is there */
	struct want **list;      /* each stays where it is */
	size_t n;
	struct contents *contents;
	struct passwords *passphrases;
	const struct service **left_out; /* what they must hold can't be had, or is unfit */
	size_t n_left_out;
	size_t unfit;
};

void wants_free(struct wants *w)
{
	if (!w)
		return;
	contents_free(w->contents);
	passwords_free(w->passphrases);
	for (size_t i = 0; i < w->n; i++) {
		bundle_clear(&w->list[i]->bundle);
		free(w->list[i]);
	}
	free(w->left_out);
	free(w->list);
	free(w);
}

/* Named itself, or by its playbook. */
static bool named(const struct deploy *d, const struct service *s)
{
	const struct playbook *playbook = NULL;

	if (d->n_services == 0 || text_among(d->services, d->n_services, s->name))
		return true;
	playbooks_service(d->context->playbooks, s->name, &playbook);
	return playbook && text_among(d->services, d->n_services, playbook->name);
}

/* One of its certificates is enough. */
static bool concerned(const struct deploy *d, const struct service *s)
{
	for (size_t i = 0; i < s->n_certificates; i++)
		if (text_among(d->certificates, d->n_certificates, s->certificates[i]))
			return true;
	return d->n_certificates == 0;
}

static bool is_left_out(const struct wants *w, const struct service *s)
{
	for (size_t i = 0; i < w->n_left_out; i++)
		if (w->left_out[i] == s)
			return true;
	return false;
}

static bool is_planned(
	const struct planned *p, const struct host *h, const struct service *s)
{
	const struct planned_host *there = planned_host(p, h->name);

	return there && planned_service(there, s->name);
}

bool wants_mean(const struct wants *w, const struct host *h, const struct service *s)
{
	if (w->deploy->planned)
		return is_planned(w->deploy->planned, h, s);
	return named(w->deploy, s) && concerned(w->deploy, s);
}

bool wants_look_at(void *ctx, const struct host *h, const struct service *s)
{
	const struct wants *w = ctx;

	return !is_left_out(w, s) && wants_mean(w, h, s);
}

bool wants_push_to(void *ctx, const struct host *h, const struct service *s)
{
	return wants_look_at(ctx, h, s) &&
		dane_permits(((const struct wants *)ctx)->dane, h, s);
}

static struct want *find(const struct wants *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (text_eq(w->list[i]->name, name))
			return w->list[i];
	return NULL;
}

const struct bundle *wants_bundle(void *ctx, const char *certificate)
{
	const struct want *want = find(ctx, certificate);

	return want && want->fit ? &want->bundle : NULL;
}

/* From a CA that nobody trusts: only for a look at what would happen. */
static bool is_on_trial(const struct deploy *d, const char *certificate)
{
	return d->trial && store_has(d->trial, certificate);
}

static bool fit(const struct deploy *d, struct want *w, struct err *e)
{
	const struct context *c = d->context;
	const struct certificate *asked = settings_certificate(c->settings, w->name);

	if (d->back)
		return store_read_previous(c->store, w->name, &w->bundle, e) &&
			plan_fit(&w->bundle, NULL, 0, c->trust, e);
	if (is_on_trial(d, w->name))
		return store_read(d->trial, w->name, &w->bundle, e);
	if (!store_has(c->store, w->name))
		return err_set(
			e, ERR_REFUSED, "not in the store yet: certpush renew %s", w->name);
	return store_read(c->store, w->name, &w->bundle, e) &&
		plan_fit(&w->bundle, asked ? asked->names : NULL,
			asked ? asked->n_names : 0, c->trust, e);
}

static void add(struct wants *w, const char *name)
{
	const struct context *c = w->deploy->context;
	struct want *want;
	struct err e = { 0 };

	if (find(w, name))
		return;
	GROW(w->list, w->n);
	want = w->list[w->n++] = xcalloc(1, sizeof *want);
	*want = (struct want){ .name = name, .bundle = BUNDLE_EMPTY };
	want->fit = fit(w->deploy, want, &e);
	if (!want->fit) {
		const struct event ev = {
			.kind = EVENT_FAILED, .certificate = name, .detail = e.msg
		};

		report_emit(c->report, &ev);
		w->unfit++;
		if (w->deploy->left)
			w->deploy->left(w->deploy->ctx, name, NULL);
	}
}

/* What the store doesn't have as it is wanted. */
static bool render(struct wants *w, const struct file *f, struct err *e)
{
	const struct bundle *b = wants_bundle(w, f->certificate);
	AUTO(buf) struct buf passphrase = BUF_EMPTY;

	if (!b || contents_find(w->contents, b, f))
		return true;
	return (secret_sources(&f->passphrase) == 0 ||
		       passwords_read(w->passphrases, &f->passphrase, &passphrase, e)) &&
		contents_add(w->contents, b, f, passphrase.data, e);
}

static void tell(const struct wants *w, enum event_kind kind, const struct host *h,
	const struct service *s, const struct err *e)
{
	const struct event ev = {
		.kind = kind, .host = h->name, .service = s->name, .detail = e->msg
	};

	report_emit(w->deploy->context->report, &ev);
}

/* Is each of its certificates what this service needs, or said to go there all the same? Of
 * what goes back it has had them. */
static bool suits(
	struct wants *w, const struct host *h, const struct service *s, struct err *e)
{
	const struct deploy *d = w->deploy;

	for (size_t i = 0; !d->back && i < s->n_certificates; i++) {
		const char *name = s->certificates[i];
		const struct bundle *b = wants_bundle(w, name);

		if (!b || is_on_trial(d, name) || plan_fit_for(b, s, e))
			continue;
		err_wrap(e, "%s", name);
		if (!d->force)
			return false;
		err_wrap(e, "pushed with --force");
		tell(w, EVENT_WARNING, h, s, e);
	}
	return true;
}

static void leave_out(
	struct wants *w, const struct host *h, const struct service *s, const struct err *e)
{
	tell(w, EVENT_FAILED, h, s, e);
	GROW(w->left_out, w->n_left_out);
	w->left_out[w->n_left_out++] = s;
	w->unfit++;
}

static void add_service(struct wants *w, const struct host *h, const struct service *s)
{
	struct err e = { 0 };
	bool ok;

	for (size_t i = 0; i < s->n_certificates; i++)
		add(w, s->certificates[i]);
	ok = suits(w, h, s, &e);
	for (size_t i = 0; ok && i < s->n_files; i++)
		ok = render(w, &s->files[i], &e);
	if (!ok)
		leave_out(w, h, s, &e);
}

struct wants *wants_collect(
	const struct deploy *d, const struct host *const *hosts, size_t n)
{
	struct wants *w = xcalloc(1, sizeof *w);

	*w = (struct wants){
		.deploy = d, .contents = contents_new(), .passphrases = passwords_new()
	};
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < hosts[i]->n_services; k++)
			if (wants_mean(w, hosts[i], &hosts[i]->services[k]))
				add_service(w, hosts[i], &hosts[i]->services[k]);
	return w;
}

size_t wants_unfit(const struct wants *w)
{
	return w->unfit;
}

const struct contents *wants_contents(const struct wants *w)
{
	return w->contents;
}

void wants_obey(struct wants *w, const struct dane *d)
{
	w->dane = d;
}
