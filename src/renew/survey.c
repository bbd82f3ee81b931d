#include "renew/private/survey.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "renew/private/replaced.h"
#include "renew/private/window.h"
#include "work/crew.h"

#include <sys/stat.h>

#define DAY         86400
#define LONGEST_BAN (8 * (time_t)DAY)

void survey_clear(struct survey *s)
{
	for (size_t i = 0; s->list && i < s->renew->n_certificates; i++) {
		chain_clear(&s->list[i].chain);
		store_state_clear(&s->list[i].state);
	}
	free(s->list);
}

/* ---- what the store has ---- */

/* Whoever began it may have forgotten it: every run tells. */
static void read_replaced(struct finding *f, const struct renew *r)
{
	const char *name = f->certificate->name;
	AUTO(store_replaced) struct store_replaced old = STORE_REPLACED_EMPTY;
	bool found;
	struct err e;

	if (!store_replaced_load(r->store, name, &old, &found, &e)) {
		report_warn(r->report, "%s: %s", name, e.msg);
		return;
	}
	f->replaced = found && f->chain.n > 0 && is_replaced(&old, f->chain.certs[0]);
	if (found && !f->replaced)
		report_warn(r->report,
			"%s: what it has replaced is not revoked yet: certpush replace %s goes on",
			name, name);
}

static void read_store(struct finding *f, const struct renew *r)
{
	const char *name = f->certificate->name;
	struct err e;

	if (store_has(r->store, name) && !store_read_chain(r->store, name, &f->chain, &e)) {
		f->due.why = "what the store has can't be read";
		report_warn(r->report, "%s: %s", name, e.msg);
	}
	/* what it knew is lost then: the end of this run writes it anew */
	if (!store_state_load(r->store, name, &f->state, &e))
		report_warn(r->report, "%s: %s", name, e.msg);
	read_replaced(f, r);
}

/* ---- when the CA wants it ---- */

/* The CA that issued it, if it can be asked about it now; NULL if not. */
static struct seat *whom_to_ask(const struct survey *s, struct finding *f)
{
	if (f->chain.n == 0 || !f->state.directory ||
		!window_fit(&f->state, f->chain.certs[0]) ||
		!window_stale(&f->state, s->now))
		return NULL;
	return seat_with(s->seats, f->certificate, f->state.directory);
}

static void ask(void *ctx, size_t i)
{
	const struct survey *s = ctx;
	const struct renew *r = s->renew;
	struct finding *f = &s->list[i];
	const struct seat *seat = whom_to_ask(s, f);
	struct err e = { 0 };

	if (!seat)
		return;
	if (!seat->reached)
		e = seat->err;
	if (!seat->reached || !window_ask(&f->state, &seat->account, s->now, &e))
		report_note(r->report, "%s: %s", f->certificate->name, e.msg);
	if (seat->reached && !r->dry &&
		!store_state_save(r->store, f->certificate->name, &f->state, &e))
		f->err = e;
}

static void ask_for_windows(struct survey *s)
{
	const struct renew *r = s->renew;
	bool any = false;

	for (size_t i = 0; i < r->n_certificates; i++) {
		struct seat *seat = whom_to_ask(s, &s->list[i]);

		if (!seat)
			continue;
		seat->wanted = true;
		any = true;
	}
	if (!any)
		return;
	report_emit(r->report,
		&(struct event){
			.kind = EVENT_STEP, .detail = "asking for renewal windows" });
	seats_reach(s->seats);
	crew_run(r->width, r->n_certificates, ask, s);
}

/* ---- what is due ---- */

/* The one that issued it, if it is still one of the certificate's. */
static const struct ca_settings *ca_of(const struct finding *f)
{
	const struct certificate *c = f->certificate;

	return account_ca(c->cas, c->n_cas, f->state.directory);
}

/* A profile that is only preferred may have been done without. */
static bool other_profile(const struct finding *f)
{
	const struct ca_settings *ca = ca_of(f);

	return ca && !profile_fits(profile_of(f->certificate, ca), f->state.profile);
}

static struct due judge(const struct survey *s, const struct finding *f)
{
	const struct renew *r = s->renew;
	const struct store_state *st = &f->state;
	const struct due_facts facts = {
		.renew_days = r->settings->renew_days,
		.now = s->now,
		.next = s->next,
		.start = st->renewal_start,
		.end = st->renewal_end,
		.at = st->renewal_at,
		.revoked = st->revoked,
		.replaced = f->replaced,
		.ours = st->directory,
		.other_ca = st->directory && !ca_of(f),
		.other_profile = other_profile(f),
	};
	struct due d = due_of(f->certificate, f->chain.n ? &f->chain : NULL, &facts);

	if (f->due.why)
		d.why = f->due.why;
	if (r->force && !d.due) {
		d.due = true;
		d.why = "forced";
	}
	return d;
}

/* A clock that was wrong must not silence a certificate for years. */
static bool holds(const struct survey *s, time_t until)
{
	return until > s->now && until <= s->now + LONGEST_BAN;
}

/* Are the bounds that the state keeps about this CA? */
static bool is_bound(const struct finding *f, size_t turn)
{
	const struct store_state *st = &f->state;
	struct err e;

	return !st->limited_by ||
		text_eq(account_directory(f->certificate->cas[turn], &e), st->limited_by);
}

/*
 * Whoever has said "not before" is not asked before, in this run or the next. What is
 * urgent begins at the CA that stands by then.
 */
static bool may_ask(const struct survey *s, struct finding *f, struct err *e)
{
	const struct store_state *st = &f->state;
	const char *last = st->last_error ? st->last_error : "";

	if (s->renew->force || s->renew->trial ||
		(!holds(s, st->not_before) && !holds(s, st->retry_at)) || !is_bound(f, 0))
		return true;
	if (f->due.urgent && f->certificate->n_cas > 1 && !is_bound(f, 1)) {
		f->turn = 1;
		return true;
	}
	if (holds(s, st->not_before))
		return err_set(e, ERR_ACME, "the CA wants no request before %s (%s)",
			time_openssl(st->not_before).s, last);
	return err_set(e, ERR_ACME,
		"failed %d times: not tried again before %s, but with --force (%s)",
		st->failures, time_openssl(st->retry_at).s, last);
}

static void tell(const struct survey *s, const struct finding *f)
{
	const struct due *d = &f->due;
	AUTO(buf) struct buf why = BUF_EMPTY;
	struct event ev = {
		.kind = d->due ? EVENT_DUE : EVENT_CURRENT,
		.certificate = f->certificate->name,
		.not_after = d->not_after,
		.detail = d->why,
		.dry = s->renew->dry,
	};

	if (d->by_window && f->state.renewal_why) {
		buf_printf(&why, "the CA wants it renewed, see %s", f->state.renewal_why);
		ev.detail = why.data;
	}
	report_emit(s->renew->report, &ev);
}

/* ---- runs ---- */

static char *last_run_path(const struct survey *s)
{
	return store_private_path(s->renew->store, "last-run");
}

/* As far from now as the last run is, a day at most. */
static time_t next_run(const struct survey *s)
{
	AUTO(str) char *path = last_run_path(s);
	struct stat st;
	time_t apart = DAY;

	if (stat(path, &st) == 0 && st.st_mtime <= s->now && s->now - st.st_mtime < DAY)
		apart = s->now - st.st_mtime;
	return s->now + apart;
}

void survey_done(const struct survey *s)
{
	AUTO(str) char *path = last_run_path(s);
	struct err e;

	if (!s->renew->dry &&
		s->renew->n_certificates == s->renew->settings->n_certificates &&
		!fs_write(path, "", 0, 0600, &e))
		report_warn(s->renew->report, "%s", e.msg);
}

void survey_make(struct survey *s, const struct renew *r, struct seats *seats)
{
	struct err e;

	*s = (struct survey){
		.renew = r,
		.seats = seats,
		.list = xcalloc(r->n_certificates, sizeof *s->list),
		.now = clock_now(),
	};
	s->next = next_run(s);
	for (size_t i = 0; i < r->n_certificates; i++) {
		s->list[i].certificate = r->certificates[i];
		read_store(&s->list[i], r);
	}
	ask_for_windows(s);
	for (size_t i = 0; i < r->n_certificates; i++) {
		struct finding *f = &s->list[i];

		f->due = judge(s, f);
		tell(s, f);
		if (!f->due.due && f->err.kind != ERR_NONE)
			report_warn(r->report, "%s: %s", f->certificate->name, f->err.msg);
		if (f->due.due && f->err.kind == ERR_NONE && !may_ask(s, f, &e))
			f->err = e;
	}
}
