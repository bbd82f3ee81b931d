#include "dns/dns.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/journal.h"
#include "dns/private/propagation.h"
#include "dns/private/provider.h"
#include "dns/private/resolve.h"
#include "work/crew.h"

#include <string.h>

enum { SIDE_BY_SIDE = 16, TRACE_SECONDS = 15 };

static const struct provider *const providers[] = {
	&provider_rfc2136,
	&provider_hook,
	&provider_nsupdate,
	&provider_acmesh,
	&provider_acmedns,
	&provider_cloudflare,
	&provider_desec,
	&provider_linode,
	&provider_ovh,
	&provider_powerdns,
	&provider_route53,
	NULL,
};

const struct provider *provider_find(const char *name)
{
	const struct provider *const *p = providers;

	while (*p && !text_eq(name, (*p)->name))
		p++;
	return *p;
}

char *dns_challenge_name(const char *label, const char *domain)
{
	return xasprintf(
		"%s%s_acme-challenge.%s", label ? label : "", label ? "." : "", domain);
}

void changes_fail(struct change *const *changes, size_t n, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		changes[i]->err = *e;
}

void changes_refuse(struct change *const *changes, size_t n, bool in, const struct err *e)
{
	changes_fail(changes, n, e);
	for (size_t i = 0; i < n; i++)
		changes[i]->refused = in;
}

/* What goes to a provider in one call. */
struct group {
	const struct provider *provider;
	struct change **changes;
	size_t n;
};

struct groups {
	struct group *list;
	size_t n;
	struct dns_journal *journal;
};

static void groups_clear(struct groups *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->list[i].changes);
	free(all->list);
	*all = (struct groups){ 0 };
}
DEFINE_AUTO_VALUE(struct groups, groups, groups_clear)

static struct group *find_group(
	struct groups *all, const struct dns_record *r, bool by_zone, size_t room)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct dns_record *first = all->list[i].changes[0]->record;

		if (first->config == r->config &&
			(!by_zone || text_eq(first->zone, r->zone)))
			return &all->list[i];
	}
	GROW(all->list, all->n);
	all->list[all->n] = (struct group){ .provider = provider_find(r->config->provider),
		.changes = xcalloc(room, sizeof(struct change *)) };
	return &all->list[all->n++];
}

/* NULL with its err set. */
static const struct provider *provider_of(struct change *c)
{
	const char *name = c->record->config->provider;
	const struct provider *p = provider_find(name);

	if (!p) {
		err_set(&c->err, ERR_CONFIG, "'%s' is no DNS provider", name);
		return NULL;
	}
	if (c->record->type == DNS_TLSA && !p->tlsa) {
		err_set(&c->err, ERR_CONFIG, "'%s' knows TXT records only", name);
		return NULL;
	}
	return p;
}

/* Those without an error, by configuration, and by zone where the provider knows zones. */
static struct groups group(struct change *changes, size_t n, bool by_zone)
{
	struct groups all = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct change *c = &changes[i];
		const struct provider *p = c->err.kind == ERR_NONE ? provider_of(c) : NULL;
		struct group *g;

		if (!p)
			continue;
		g = find_group(&all, c->record, by_zone && p->locate, n - i);
		g->changes[g->n++] = c;
	}
	return all;
}

static void locate_group(void *ctx, size_t i)
{
	const struct group *g = &((struct groups *)ctx)->list[i];

	if (g->provider->locate)
		g->provider->locate(g->changes, g->n);
}

static struct dns_record **records_of(const struct group *g)
{
	struct dns_record **list = xcalloc(g->n, sizeof(struct dns_record *));

	for (size_t i = 0; i < g->n; i++)
		list[i] = g->changes[i]->record;
	return list;
}

static void auto_records(struct dns_record ***list)
{
	free(*list);
}

/* Take those out of the journal that certainly aren't published (any more). */
static bool forget(struct dns_journal *j, const struct group *g, struct err *e)
{
	AUTO(records) struct dns_record **gone = xcalloc(g->n, sizeof(struct dns_record *));
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (!g->changes[i]->record->presented)
			gone[n++] = g->changes[i]->record;
	return n == 0 || journal_remove(j, gone, n, e);
}

static void present_group(void *ctx, size_t i)
{
	struct groups *all = ctx;
	const struct group *g = &all->list[i];
	AUTO(records) struct dns_record **records = records_of(g);
	struct err e = { 0 };

	if (!journal_add(all->journal, records, g->n, &e)) {
		changes_fail(g->changes, g->n, &e);
		return;
	}
	g->provider->change(g->changes, g->n, true);
	for (size_t k = 0; k < g->n; k++)
		records[k]->presented = !g->changes[k]->refused;
	if (!forget(all->journal, g, &e))
		for (size_t k = 0; k < g->n; k++)
			if (g->changes[k]->err.kind == ERR_NONE)
				g->changes[k]->err = e;
}

static void cleanup_group(void *ctx, size_t i)
{
	struct groups *all = ctx;
	const struct group *g = &all->list[i];
	struct err e = { 0 };

	g->provider->change(g->changes, g->n, false);
	for (size_t k = 0; k < g->n; k++)
		g->changes[k]->record->presented = g->changes[k]->err.kind != ERR_NONE;
	if (!forget(all->journal, g, &e))
		for (size_t k = 0; k < g->n; k++)
			if (g->changes[k]->err.kind == ERR_NONE)
				g->changes[k]->err = e;
}

static struct change *changes_of(
	struct dns_record *records, size_t n, bool presented, size_t *count)
{
	struct change *changes = xcalloc(n, sizeof *changes);

	*count = 0;
	for (size_t i = 0; i < n; i++)
		if (records[i].presented == presented && !records[i].standing &&
			(presented || records[i].err.kind == ERR_NONE))
			changes[(*count)++].record = &records[i];
	return changes;
}

/* The first failure of a record is the one that counts. */
static void finish(struct change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (changes[i].record->err.kind == ERR_NONE)
			changes[i].record->err = changes[i].err;
		free(changes[i].alias);
	}
	free(changes);
}

static void carry_out(struct change *changes, size_t n, struct dns_journal *j,
	void (*change)(void *ctx, size_t i))
{
	AUTO(groups) struct groups sources = group(changes, n, false);
	AUTO(groups) struct groups zones = { 0 };

	crew_run(SIDE_BY_SIDE, sources.n, locate_group, &sources);
	zones = group(changes, n, true);
	zones.journal = j;
	crew_run(SIDE_BY_SIDE, zones.n, change, &zones);
}

void dns_present(struct dns_record *records, size_t n, struct dns_journal *j)
{
	size_t count;
	struct change *changes;

	for (size_t i = 0; i < n; i++)
		if (!records[i].name)
			records[i].name = dns_challenge_name(NULL, records[i].domain);
	changes = changes_of(records, n, false, &count);

	carry_out(changes, count, j, present_group);
	finish(changes, count);
}

void dns_cleanup(struct dns_record *records, size_t n, struct dns_journal *j)
{
	size_t count;
	struct change *changes = changes_of(records, n, true, &count);

	carry_out(changes, count, j, cleanup_group);
	finish(changes, count);
}

bool dns_knows_tlsa(const char *provider)
{
	const struct provider *p = provider_find(provider);

	return p && p->tlsa;
}

bool dns_wants_name(const struct dns_config *c)
{
	return !text_eq(c->provider, "hook") || hook_wants_name(c);
}

/* What the DNS says becomes a word of scripts and requests. */
static bool is_plain(const char *name)
{
	return !name[strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")];
}

char *dns_trace(const struct dns_config *c, const char *name, struct err *e)
{
	AUTO(str) char *place = trace(c, name, 53, deadline_in(TRACE_SECONDS), e);

	if (!place || is_plain(place))
		return TAKE(place);
	err_set(e, ERR_DNS, "%s leads to a name that no record is added at: '%.100s'", name,
		place);
	return NULL;
}

void dns_wait(struct dns_record *records, size_t n, dns_progress *progress, void *ctx)
{
	static const struct terms usual = { .port = 53, .second_ms = 1000 };

	propagation_wait(records, n, &usual, progress, ctx);
}

void dns_records_clear(struct dns_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(records[i].zone);
		free(records[i].name);
		free(records[i].output);
		free(records[i].showings);
		records[i].zone = records[i].name = records[i].output = NULL;
		records[i].showings = NULL;
		records[i].n_showings = 0;
	}
}

static struct dns_record left_over(
	const struct journal_entry *entry, const struct dns_config *config)
{
	return (struct dns_record){
		.config = config,
		.domain = entry->domain,
		.token = entry->token,
		.value = entry->value,
		.zone = entry->zone ? xstrdup(entry->zone) : NULL,
		.name = xstrdup(entry->name),
		.presented = true,
	};
}

size_t dns_journal_recover(struct dns_journal *j,
	const struct dns_config *(*config_for)(
		void *ctx, const char *domain, const char *name),
	void *ctx, struct err *e)
{
	AUTO(journal_entries) struct journal_entries entries = { 0 };
	struct dns_record *records;
	size_t n = 0, done = 0;

	*e = (struct err){ 0 };
	journal_snapshot(j, &entries);
	records = xcalloc(entries.n, sizeof *records);
	for (size_t i = 0; i < entries.n; i++) {
		const struct journal_entry *entry = &entries.list[i];
		const struct dns_config *config =
			config_for(ctx, entry->domain, entry->name);

		if (config)
			records[n++] = left_over(entry, config);
		else
			err_set(e, ERR_CONFIG,
				"a TXT record %s was left, and no dns settings are for it any more",
				entry->name);
	}
	dns_cleanup(records, n, j);
	for (size_t i = 0; i < n; i++) {
		done += !records[i].presented;
		if (records[i].err.kind != ERR_NONE)
			*e = records[i].err;
	}
	dns_records_clear(records, n);
	free(records);
	return done;
}
