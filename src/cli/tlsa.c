#include "cli/tlsa.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/survey.h"
#include "dns/dns.h"
#include "providers/providers.h"

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

/* Those with the same resolvers are asked for together. */
static bool same_resolvers(const struct dns_config *a, const struct dns_config *b)
{
	return a->resolvers == b->resolvers && text_eq(a->trust_anchor, b->trust_anchor);
}

static bool find(const struct dns_tlsa_proof *list, size_t n, const char *place, size_t *at)
{
	for (*at = 0; *at < n; ++*at)
		if (text_eq(list[*at].name, place))
			return true;
	return false;
}

/* Each of the places that go by this configuration, once. */
static size_t gather(const struct survey *s, const struct dns_config *config,
	struct dns_tlsa_proof *list)
{
	size_t count = 0, at;

	for (size_t i = 0; i < s->n; i++) {
		const char *place = s->list[i].tlsa_at;
		struct dns_config other;

		if (!place || find(list, count, place, &at))
			continue;
		other = resolvers_for(s->context, place);
		if (same_resolvers(&other, config))
			list[count++].name = place;
	}
	return count;
}

/* Does the inventory say that there are some? */
static bool is_must(const struct survey *s, const char *place)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].says > TLSA_NONE && text_eq(s->list[i].tlsa_at, place))
			return true;
	return false;
}

static void find_by(struct survey *s, const struct dns_config *config, bool *done)
{
	const struct context *c = s->context;
	struct dns_tlsa_proof *list = xcalloc(s->n, sizeof *list);
	const size_t count = gather(s, config, list);
	const int seconds = ASK_SECONDS + (int)(count / A_SECOND);
	size_t at;
	struct err e;

	if (!dns_tlsa_prove(config, list, count, deadline_in(seconds), &e))
		report_note(c->report, "TLSA: %s", e.msg);
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].tlsa_at && find(list, count, s->list[i].tlsa_at, &at)) {
			s->list[i].tlsa = keep(c->arena, list[at].records);
			done[i] = true;
		}
	for (size_t i = 0; i < count; i++) {
		note(c, &list[i], is_must(s, list[i].name));
		dns_tlsa_proof_clear(&list[i]);
	}
	free(list);
}

void tlsa_look_up(struct survey *s)
{
	bool *done = xcalloc(s->n, sizeof *done);

	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].tlsa_at && !done[i]) {
			const struct dns_config config =
				resolvers_for(s->context, s->list[i].tlsa_at);

			find_by(s, &config, done);
		}
	free(done);
}
