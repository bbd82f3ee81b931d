#include "renew/renew.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/stop.h"
#include "renew/private/account.h"
#include "renew/private/due.h"
#include "renew/private/item.h"
#include "work/crew.h"

/* One run: what is due, and what its steps share. */
struct run {
	const struct renew *renew;
	struct providers providers;
	struct dns_journal *journal;
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

/* ---- what is due ---- */

static struct due judge(struct run *run, const struct certificate *c)
{
	const struct renew *r = run->renew;
	AUTO(chain) struct chain chain = { 0 };
	const bool there = store_has(r->store, c->name);
	struct err e;
	struct due d;

	if (there && !store_read_chain(r->store, c->name, &chain, &e)) {
		report_warn(r->report, "%s: %s", c->name, e.msg);
		return (struct due){ .due = true,
			.why = "what the store has can't be read" };
	}
	d = due_of(c, there ? &chain : NULL, r->settings->renew_days, clock_now());
	if (r->force && !d.due)
		return (struct due){
			.due = true, .why = "forced", .not_after = d.not_after
		};
	return d;
}

/* A CA that has said "not before" is not asked before, in this run or the next. */
static bool may_ask(struct run *run, const struct certificate *c, struct err *e)
{
	const struct renew *r = run->renew;
	AUTO(store_state) struct store_state st = { 0 };

	if (r->force)
		return true;
	if (!store_state_load(r->store, c->name, &st, e)) {
		report_warn(r->report, "%s: %s", c->name, e->msg);
		return true; /* what it knew is lost: the end of this run writes it anew */
	}
	if (st.not_before > clock_now())
		return err_set(e, ERR_ACME, "the CA wants no request before %s (%s)",
			time_openssl(st.not_before).s, st.last_error ? st.last_error : "");
	return true;
}

static void select_due(struct run *run)
{
	const struct renew *r = run->renew;

	run->items = xcalloc(r->n_certificates, sizeof *run->items);
	for (size_t i = 0; i < r->n_certificates; i++) {
		const struct certificate *c = r->certificates[i];
		const struct due d = judge(run, c);
		const struct event ev = {
			.kind = d.due ? EVENT_DUE : EVENT_CURRENT,
			.certificate = c->name,
			.not_after = d.not_after,
			.detail = d.why,
			.dry = r->dry,
		};
		struct err e;

		report_emit(r->report, &ev);
		run->total.due += d.due;
		if (!d.due || r->dry)
			continue;
		if (may_ask(run, c, &e))
			item_init(&run->items[run->n_items++], c);
		else
			tell_failed(run, c->name, &e);
	}
}

/* ---- side by side ---- */

static void begin(void *ctx, size_t i)
{
	struct run *run = ctx;
	struct item *it = &run->items[i];
	struct err e; /* what went wrong on the way to success is of no interest */

	step(run, it->certificate->name, "ordering");
	if (!item_begin(it, &run->desk, &e))
		it->err = e;
}

static void finish(void *ctx, size_t i)
{
	struct run *run = ctx;
	struct item *it = &run->items[i];
	struct err e;

	if (it->err.kind != ERR_NONE)
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

		if (it->err.kind != ERR_NONE)
			continue;
		for (size_t k = 0; k < it->n_records; k++)
			all[(*n)++] = it->records[k];
	}
	return all;
}

static void blame(struct dns_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct item *it = records[i].owner;

		if (records[i].err.kind != ERR_NONE && it->err.kind == ERR_NONE)
			it->err = records[i].err;
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

static void tell_item(struct run *run, struct item *it)
{
	const struct sha256_hex hex = sha256_hex(&it->fingerprint);
	const struct event ev = {
		.kind = EVENT_ISSUED,
		.certificate = it->certificate->name,
		.not_after = it->not_after,
		.fingerprint = hex.s,
	};

	item_remember(it, &run->desk);
	if (it->err.kind != ERR_NONE) {
		tell_failed(run, it->certificate->name, &it->err);
		return;
	}
	run->total.issued++;
	report_emit(run->renew->report, &ev);
}

/* ---- the run ---- */

bool renew_check(const struct settings *s, struct err *e)
{
	return account_check(&s->acme, e);
}

static const struct dns_config *leftover_config(void *ctx, const char *domain)
{
	struct run *run = ctx;
	struct err e;

	providers_read(&run->providers, run->renew->settings);
	return providers_for(&run->providers, domain, &e);
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

static void refuse_all(struct run *run, const struct err *e)
{
	for (size_t i = 0; i < run->n_items; i++)
		run->items[i].err = *e;
}

static void obtain(struct run *run)
{
	const struct renew *r = run->renew;
	AUTO(account) struct account account = { 0 };
	struct err e = { 0 };
	bool open;

	providers_read(&run->providers, r->settings);
	step(run, NULL, "asking the CA");
	open = account_open(&account, r->settings, &e);
	run->desk = (struct desk){
		.acme = account.acme,
		.directory = account.directory,
		.settings = r->settings,
		.store = r->store,
		.providers = &run->providers,
	};
	if (open)
		work(run);
	else
		refuse_all(run, &e);
	for (size_t i = 0; i < run->n_items; i++)
		tell_item(run, &run->items[i]);
}

struct renew_total renew_run(const struct renew *r)
{
	struct run run = { .renew = r };
	struct err e = { 0 };

	select_due(&run);
	if (!r->dry && !recover(&run, &e))
		fail_all(&run, &e);
	else if (run.n_items > 0 && !stop_requested())
		obtain(&run);
	for (size_t i = 0; i < run.n_items; i++)
		item_clear(&run.items[i]);
	free(run.items);
	dns_journal_free(run.journal);
	providers_clear(&run.providers);
	return run.total;
}
