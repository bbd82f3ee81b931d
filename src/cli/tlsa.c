#include "cli/tlsa.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/survey.h"
#include "dns/dns.h"
#include "providers/providers.h"

#include <stdlib.h>
#include <string.h>

/* For all; more of them take more. */
enum { ASK_SECONDS = 3, A_SECOND = 100 };

/* Whose certificate has the domain's name, while the records stand at the host (RFC 7673
 * 3). */
static bool is_xmpp(const char *protocol)
{
	return text_eq(protocol, "xmpp-client") || text_eq(protocol, "xmpp-server");
}

const char *tlsa_place(struct arena *a, const struct question *q)
{
	const bool xmpp = is_xmpp(q->protocol);
	const char *name = xmpp && q->to && !text_is_address(q->to) ? q->to : q->name;

	if (q->through || q->says == TLSA_NONE ||
		(q->says == TLSA_UNSAID && !xmpp && !text_eq(q->protocol, "smtp")))
		return NULL;
	return name && !text_is_address(name)
		? arena_printf(a, "_%d._tcp.%s", q->port, name)
		: NULL;
}

static struct dns_config resolvers_for(const struct context *c, const char *place)
{
	return providers_resolvers(c->settings, strstr(place, "._tcp.") + strlen("._tcp."));
}

static const char *const *keep(struct arena *a, char *const *records)
{
	const char **kept;
	size_t n = 0;

	while (records && records[n])
		n++;
	if (n == 0)
		return NULL;
	kept = arena_calloc(a, n + 1, sizeof *kept);
	for (size_t i = 0; i < n; i++)
		kept[i] = arena_strdup(a, records[i]);
	return kept;
}

/* What keeps records from counting; a service that must have some is told without -v, too.
 */
static void note(const struct context *c, const struct dns_tlsa_proof *p, bool must)
{
	AUTO(str) char *bogus = xasprintf("DNSSEC is bogus: %s", p->why);
	const char *const whys[] = {
		[DNS_TLSA_UNTOLD] = "they can't be had",
		[DNS_TLSA_OPEN] = "none counts: DNSSEC proves nothing there",
		[DNS_TLSA_BOGUS] = bogus,
		[DNS_TLSA_SECURE] = "there is none",
	};

	if (p->stand == DNS_TLSA_SECURE && p->records[0])
		return;
	if (must || p->stand == DNS_TLSA_BOGUS)
		report_warn(c->report, "TLSA records at %s: %s", p->name, whys[p->stand]);
	else
		report_note(c->report, "TLSA records at %s: %s", p->name, whys[p->stand]);
}

/* A question, and by whose word its records count. */
struct seeker {
	struct question *question;
	struct dns_config resolvers;
};

/* Those with the same resolvers are asked for together. */
static int by_resolvers(const struct seeker *a, const struct seeker *b)
{
	const uintptr_t x = (uintptr_t)a->resolvers.resolvers;
	const uintptr_t y = (uintptr_t)b->resolvers.resolvers;
	const char *anchor = a->resolvers.trust_anchor, *other = b->resolvers.trust_anchor;

	return x != y ? (x < y ? -1 : 1) : strcmp(anchor ? anchor : "", other ? other : "");
}

static int by_place(const struct seeker *a, const struct seeker *b)
{
	return strcmp(a->question->tlsa_at, b->question->tlsa_at);
}

static int in_order(const void *a, const void *b)
{
	const int order = by_resolvers(a, b);

	return order ? order : by_place(a, b);
}

/* Each of their places once; they are in order. */
static size_t gather(const struct seeker *seekers, size_t n, struct dns_tlsa_proof *list)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_place(&seekers[i - 1], &seekers[i]) != 0)
			list[count++].name = seekers[i].question->tlsa_at;
	return count;
}

/* To all whose place it is, the first of the seekers; returns how many. */
static size_t hand_over(const struct context *c, const struct dns_tlsa_proof *p,
	struct seeker *seekers, size_t n)
{
	const char *const *records = keep(c->arena, p->records);
	bool must = false; /* the inventory says that there are some */
	size_t i = 0;

	for (; i < n && text_eq(seekers[i].question->tlsa_at, p->name); i++) {
		seekers[i].question->tlsa = records;
		must |= seekers[i].question->says > TLSA_NONE;
	}
	note(c, p, must);
	return i;
}

static void find(const struct context *c, struct seeker *seekers, size_t n)
{
	struct dns_tlsa_proof *list = xcalloc(n, sizeof *list);
	const size_t count = gather(seekers, n, list);
	const int seconds = ASK_SECONDS + (int)(count / A_SECOND);
	size_t done = 0;
	struct err e;

	if (!dns_tlsa_prove(&seekers->resolvers, list, count, deadline_in(seconds), &e))
		report_note(c->report, "TLSA: %s", e.msg);
	for (size_t i = 0; i < count; i++) {
		done += hand_over(c, &list[i], seekers + done, n - done);
		dns_tlsa_proof_clear(&list[i]);
	}
	free(list);
}

void tlsa_look_up(struct survey *s)
{
	struct seeker *seekers = xcalloc(s->n, sizeof *seekers);
	size_t n = 0;
	struct err e;

	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].tlsa_at)
			seekers[n++] = (struct seeker){ &s->list[i],
				resolvers_for(s->context, s->list[i].tlsa_at) };
	if (n > 0 && !dns_validator(&e) && e.kind == ERR_IO)
		report_warn(s->context->report, "TLSA records don't count: %s", e.msg);
	qsort(seekers, n, sizeof *seekers, in_order);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && by_resolvers(&seekers[from], &seekers[to]) == 0;)
			to++;
		find(s->context, seekers + from, to - from);
	}
	free(seekers);
}
