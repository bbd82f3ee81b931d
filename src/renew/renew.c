#include "renew/renew.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "cert/tlsa.h"
#include "renew/private/item.h"
#include "renew/private/seats.h"
#include "renew/private/survey.h"
#include "work/crew.h"

#include <string.h>

/* One run: what is due, and what its steps share. */
struct run {
	const struct renew *renew;
	struct providers providers;
	struct dns_journal *journal;
	struct seats seats;
	struct survey survey;
	struct item *items;
	size_t n_items;
	struct desk desk;
	struct renew_total total;
};

static void step(struct run *run, const char *certificate, const char *what)
{
	const struct event ev = {
		.kind = EVENT_STEP,
		.certificate = certificate,
		.detail = what,
	};

	report_emit(run->renew->report, &ev);
}

static void tell_failed(struct run *run, const char *certificate, const struct err *e)
{
	const struct event ev = {
		.kind = EVENT_FAILED,
		.certificate = certificate,
		.detail = e->msg,
		.pos = e->pos.line ? &e->pos : NULL,
	};

	run->total.failed++;
	run->total.misconfigured += e->kind == ERR_CONFIG;
	report_emit(run->renew->report, &ev);
}

static void select_due(struct run *run)
{
	const struct renew *r = run->renew;

	run->items = xcalloc(r->n_certificates, sizeof *run->items);
	for (size_t i = 0; i < r->n_certificates; i++) {
		struct finding *f = &run->survey.list[i];

		run->total.due += f->due.due;
		if (!f->due.due || (r->dry && !r->trial))
			continue;
		if (f->err.kind != ERR_NONE) {
			tell_failed(run, f->certificate->name, &f->err);
			continue;
		}
		item_init(&run->items[run->n_items], f->certificate, &f->state);
		run->items[run->n_items].trial = r->trial ? r->settings->staging : NULL;
		run->items[run->n_items].turn = f->turn;
		run->items[run->n_items].fresh = f->replaced;
		run->items[run->n_items++].urgent = f->due.urgent;
	}
}

/* ---- CAs ---- */

/* It is done, or it has failed. */
static bool idle(const struct item *it)
{
	return it->issued || it->err.kind != ERR_NONE;
}

static struct seat *seat_for(const struct run *run, const struct item *it)
{
	return seat_of(&run->seats, it->trial ? it->trial : it->certificate->cas[it->turn]);
}

/* Those that the items want, each opened once. */
static void open_seats(struct run *run)
{
	step(run, NULL, "asking the CA");
	for (size_t i = 0; i < run->renew->settings->n_cas; i++)
		run->seats.list[i].wanted = false;
	for (size_t i = 0; i < run->n_items; i++)
		if (!idle(&run->items[i]))
			seat_for(run, &run->items[i])->wanted = true;
	seats_open(&run->seats);
	for (size_t i = 0; i < run->n_items; i++) {
		struct item *it = &run->items[i];
		const struct seat *seat = seat_for(run, it);

		it->account = &seat->account;
		if (!idle(it) && !seat->open)
			it->err = seat->err;
	}
}

/* Would another CA do better? Not if it is the settings, the DNS or this machine. */
static bool blames_ca(const struct err *e)
{
	return e->kind == ERR_ACME || e->kind == ERR_PROTOCOL || e->kind == ERR_NET ||
		e->kind == ERR_TIMEOUT || e->kind == ERR_TLS;
}

/* What is urgent and has failed is given to the CA that stands by; false if nothing is. */
static bool stand_by(struct run *run)
{
	bool any = false;

	for (size_t i = 0; i < run->n_items; i++) {
		struct item *it = &run->items[i];
		const struct certificate *c = it->certificate;

		if (!it->urgent || it->trial || it->turn + 1 >= c->n_cas || it->by_dns ||
			!blames_ca(&it->err) || stop_requested())
			continue;
		report_warn(run->renew->report, "%s: %s has failed, %s stands by: %s",
			c->name, c->cas[it->turn]->name, c->cas[it->turn + 1]->name,
			it->err.msg);
		item_remember(it, &run->desk);
		item_again(it);
		any = true;
	}
	return any;
}

/* ---- side by side ---- */

static void begin(void *ctx, size_t i)
{
	struct run *run = ctx;
	struct item *it = &run->items[i];
	struct err e; /* what went wrong on the way to success is of no interest */

	if (idle(it))
		return;
	step(run, it->certificate->name, "ordering");
	if (!item_begin(it, &run->desk, &e))
		it->err = e;
}

static void finish(void *ctx, size_t i)
{
	struct run *run = ctx;
	struct item *it = &run->items[i];
	struct err e;

	if (idle(it))
		return;
	step(run, it->certificate->name, "being validated");
	if (!item_finish(it, &run->desk, &e))
		it->err = e;
}

/* The records of all items in one array: one update per zone, one wait. */
static struct dns_record *gather(struct run *run, size_t *n)
{
	struct dns_record *all;

	*n = 0;
	for (size_t i = 0; i < run->n_items; i++)
		*n += run->items[i].n_records;
	all = xcalloc(*n, sizeof *all);
	*n = 0;
	for (size_t i = 0; i < run->n_items; i++) {
		struct item *it = &run->items[i];

		if (idle(it))
			continue;
		for (size_t k = 0; k < it->n_records; k++) {
			all[*n] = it->records[k];
			all[*n].name =
				it->records[k].name ? xstrdup(it->records[k].name) : NULL;
			(*n)++;
		}
	}
	return all;
}

static void blame(struct dns_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct item *it = records[i].owner;

		if (records[i].err.kind == ERR_NONE || it->err.kind != ERR_NONE)
			continue;
		it->err = records[i].err;
		it->by_dns = true;
		it->showings = arena_copy(it->arena, records[i].showings,
			records[i].n_showings, sizeof *it->showings);
		it->n_showings = records[i].n_showings;
	}
}

static void tell_wait(void *ctx, const char *text)
{
	step(ctx, NULL, text);
}

/* What was added comes out again, whatever has happened, also after a stop request. */
static void take_out(struct run *run, struct dns_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		records[i].err = (struct err){ 0 };
	stop_shield();
	dns_cleanup(records, n, run->journal);
	stop_unshield();
	for (size_t i = 0; i < n; i++)
		if (records[i].err.kind != ERR_NONE)
			report_warn(run->renew->report,
				"%s: its TXT record is still there, the next run will try again: %s",
				records[i].domain, records[i].err.msg);
}

static void work(struct run *run)
{
	struct dns_record *records;
	size_t n;

	crew_run(run->renew->width, run->n_items, begin, run);
	records = gather(run, &n);
	if (n > 0) {
		step(run, NULL, "adding TXT records");
		dns_present(records, n, run->journal);
		blame(records, n);
		dns_wait(records, n, tell_wait, run);
		blame(records, n);
	}
	crew_run(run->renew->width, run->n_items, finish, run);
	if (n > 0)
		take_out(run, records, n);
	dns_records_clear(records, n);
	free(records);
}

static int wider(int columns, const char *text)
{
	const int len = (int)strlen(text);

	return len > columns ? len : columns;
}

/* Who shows the record, and who doesn't. */
static void tell_showings(struct run *run, const struct item *it)
{
	struct columns wide = { 0 };

	for (size_t i = 0; i < it->n_showings; i++) {
		const struct dns_showing *s = &it->showings[i];

		wide.host = wider(wide.host, s->server);
		wide.address = wider(wide.address, s->address);
		wide.verdict = wider(wide.verdict, s->answer);
	}
	for (size_t i = 0; i < it->n_showings && it->n_showings > 1; i++) {
		const struct dns_showing *s = &it->showings[i];
		const struct event ev = {
			.kind = EVENT_SERVER,
			.certificate = it->certificate->name,
			.host = s->server,
			.address = s->address,
			.verdict = s->answer,
			.detail = *s->serial ? s->serial : NULL,
			.columns = &wide,
		};

		report_emit(run->renew->report, &ev);
	}
}

static void tell_item(struct run *run, struct item *it)
{
	const struct sha256_hex hex = sha256_hex(&it->fingerprint);
	AUTO(buf) struct buf detail = BUF_EMPTY;
	struct event ev = {
		.kind = EVENT_ISSUED,
		.certificate = it->certificate->name,
		.not_after = it->not_after,
		.fingerprint = hex.s,
		.dry = it->trial,
	};

	if (it->trial) {
		buf_puts(&detail, it->trial->name);
	} else if (it->has_next) {
		buf_puts(&detail, "the next key: TLSA ");
		tlsa_of_key(&it->next, &detail);
	}
	ev.detail = detail.len ? detail.data : NULL;
	item_remember(it, &run->desk);
	if (it->err.kind != ERR_NONE) {
		tell_failed(run, it->certificate->name, &it->err);
		tell_showings(run, it);
		return;
	}
	run->total.issued++;
	report_emit(run->renew->report, &ev);
}

/* ---- the run ---- */

/* They would be one account, in the hands of two. */
static bool same_directory(const struct ca_settings *a, const struct ca_settings *b)
{
	struct err e;

	return text_eq(account_directory(a, &e), account_directory(b, &e));
}

bool renew_check(const struct settings *s, struct err *e)
{
	for (size_t i = 0; i < s->n_cas; i++) {
		if (!account_check(s->cas[i], e))
			return false;
		for (size_t k = 0; k < i; k++)
			if (same_directory(s->cas[i], s->cas[k]))
				return err_at(e, s->cas[i]->pos,
					"ca: '%s' and '%s' are the same: use one name for it",
					s->cas[k]->name, s->cas[i]->name);
	}
	return true;
}

static const struct dns_config *leftover_config(
	void *ctx, const char *domain, const char *name)
{
	struct run *run = ctx;
	struct err e;

	providers_read(&run->providers, run->renew->settings);
	return providers_at(&run->providers, domain, name, &e);
}

/* What a run that was killed left in the DNS. */
static bool recover(struct run *run, struct err *e)
{
	AUTO(str) char *path = store_private_path(run->renew->store, "dns-records");
	struct err left = { 0 };
	size_t n;

	run->journal = dns_journal_open(path, e);
	if (!run->journal)
		return false;
	n = dns_journal_recover(run->journal, leftover_config, run, &left);
	if (n > 0)
		report_note(run->renew->report,
			"%zu TXT record%s of an earlier run taken out", n,
			n == 1 ? "" : "s");
	if (left.kind != ERR_NONE)
		report_warn(run->renew->report,
			"TXT records of an earlier run are still there: %s", left.msg);
	return true;
}

static void fail_all(struct run *run, const struct err *e)
{
	for (size_t i = 0; i < run->n_items; i++)
		tell_failed(run, run->items[i].certificate->name, e);
}

static void obtain(struct run *run)
{
	const struct renew *r = run->renew;
	struct err e;

	if (!dns_validator(&e) && e.kind == ERR_IO)
		report_warn(r->report, "DNSSEC isn't looked at: %s", e.msg);
	providers_read(&run->providers, r->settings);
	run->desk = (struct desk){
		.store = r->trial ? r->trial : r->store,
		.trust = r->trust,
		.force = r->force || r->trial,
		.report = r->report,
		.providers = &run->providers,
	};
	do {
		open_seats(run);
		work(run);
	} while (stand_by(run));
	for (size_t i = 0; i < run->n_items; i++)
		tell_item(run, &run->items[i]);
}

struct renew_total renew_run(const struct renew *r)
{
	struct run run = { .renew = r };
	struct err e = { 0 };

	seats_init(&run.seats, r->settings, r->width);
	survey_make(&run.survey, r, &run.seats);
	select_due(&run);
	if ((!r->dry || r->trial) && !recover(&run, &e))
		fail_all(&run, &e);
	else if (run.n_items > 0 && !stop_requested())
		obtain(&run);
	if (!stop_requested())
		survey_done(&run.survey);
	for (size_t i = 0; i < run.n_items; i++)
		item_clear(&run.items[i]);
	free(run.items);
	survey_clear(&run.survey);
	seats_clear(&run.seats);
	dns_journal_free(run.journal);
	providers_clear(&run.providers);
	return run.total;
}
