/*
 * DNSSEC: would a CA, which must validate what it is told, take the answers for domains as
 * forged?
 *
 * A wrong alarm would stop renewals that every CA would have granted, so a suspicion counts
 * only if nothing on our side explains it: resolvers that drop signatures, keys that can't
 * be had here, a resolver with a view of its own.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "dns/private/anchors.h"
#include "dns/private/resolve.h"
#include "dns/private/validator.h"

/* ---- suspects ---- */

/* A domain for as long as it may be bogus. */
struct suspect {
	const char *domain;
	char *anchor;
	struct buf why;
};

struct look {
	ldns_rr_list *anchors;
	struct resolvers resolvers;
	int64_t deadline;
	struct suspect *list;
	size_t n;
};

static void drop(struct look *l, size_t i)
{
	free(l->list[i].anchor);
	buf_clear(&l->list[i].why);
	l->n--;
	memmove(&l->list[i], &l->list[i + 1], (l->n - i) * sizeof *l->list);
}

static void look_clear(struct look *l)
{
	while (l->n > 0)
		drop(l, l->n - 1);
	free(l->list);
	resolvers_clear(&l->resolvers);
	ldns_rr_list_deep_free(l->anchors);
}
DEFINE_AUTO_VALUE(struct look, look, look_clear)

static void suspect(struct look *l, const char *const *domains, size_t n)
{
	l->list = xcalloc(n, sizeof *l->list);
	for (size_t i = 0; i < n; i++) {
		char *anchor = anchors_above(l->anchors, domains[i]);

		if (anchor)
			l->list[l->n++] = (struct suspect){ domains[i], anchor, BUF_EMPTY };
	}
}

/* ---- as a validator sees them ---- */

/* The zone, and what a CA must look at beside the challenge; never the challenge itself. */
enum { ANCHOR, ZONE, CAA, QUESTIONS };

static void ask_of(const struct suspect *s, struct question q[QUESTIONS])
{
	q[ANCHOR] = (struct question)QUESTION(s->anchor, LDNS_RR_TYPE_SOA);
	q[ZONE] = (struct question)QUESTION(s->domain, LDNS_RR_TYPE_SOA);
	q[CAA] = (struct question)QUESTION(s->domain, LDNS_RR_TYPE_CAA);
}

/* On a way that loses signatures everything is bogus, where the chain begins too. */
static bool stays_suspect(struct suspect *s, const struct question q[QUESTIONS])
{
	const struct question *bad = q[ZONE].verdict == VERDICT_BOGUS ? &q[ZONE] : &q[CAA];

	if (q[ANCHOR].verdict != VERDICT_SECURE || bad->verdict != VERDICT_BOGUS)
		return false;
	buf_reset(&s->why);
	buf_add(&s->why, bad->why.data, bad->why.len);
	return true;
}

/* through: resolvers, or NULL. */
static void see(struct look *l, const struct endpoints *through)
{
	const size_t n = l->n * QUESTIONS;
	struct question *q = xcalloc(n, sizeof *q);

	for (size_t i = 0; i < l->n; i++)
		ask_of(&l->list[i], &q[i * QUESTIONS]);
	validator_ask(through, l->anchors, q, n, l->deadline);
	for (size_t i = l->n; i-- > 0;)
		if (!stays_suspect(&l->list[i], &q[i * QUESTIONS]))
			drop(l, i);
	questions_clear(q, n);
	free(q);
}

static void see_through_resolvers(struct look *l)
{
	see(l, &l->resolvers.at);
}

/* ---- can it be our own fault? ---- */

/* Of SHA-1 and older ones: what they sign is as good as unsigned to some (RFC 9905), and
 * bogus to a library that isn't let use them. */
static bool is_outdated(const ldns_rr *rr)
{
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNSKEY &&
		ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(rr)) < LDNS_RSASHA256;
}

static bool has_keys(const struct look *l, const char *name)
{
	AUTO(buf) struct buf query = BUF_EMPTY;
	AUTO(pkt) ldns_pkt *p = NULL;
	struct err unused;

	if (!query_build_unchecked(&query, name, LDNS_RR_TYPE_DNSKEY, &unused))
		return false;
	p = resolve_send(&l->resolvers, name, &query, l->deadline, &unused);
	for (size_t i = 0; p && i < ldns_rr_list_rr_count(ldns_pkt_answer(p)); i++)
		if (is_outdated(ldns_rr_list_rr(ldns_pkt_answer(p), i)))
			return false;
	return p;
}

/* To the validator keys that it can't get are as bad as wrong ones: the answer may be too
 * long for UDP, and TCP blocked here. */
static bool is_provable(const struct look *l, const struct suspect *s)
{
	for (const char *at = s->domain; at && !text_eq(at, s->anchor);
		at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL)
		if (!has_keys(l, at))
			return false;
	return true;
}

static void prove(struct look *l)
{
	for (size_t i = l->n; i-- > 0;)
		if (!is_provable(l, &l->list[i]))
			drop(l, i);
}

/* A resolver may know another example.net than the world does: with the root's keys one can
 * do without it. */
static void see_as_the_world(struct look *l)
{
	char *root = anchors_above(l->anchors, ".");

	if (root)
		see(l, NULL);
	free(root);
}

bool dns_is_unsigned(const struct dns_config *c, const char *name, int64_t deadline)
{
	AUTO(look) struct look l = { .anchors = ldns_rr_list_new() };
	struct question q[] = { QUESTION(NULL, LDNS_RR_TYPE_SOA),
		QUESTION(name, LDNS_RR_TYPE_TLSA) };
	struct err unused;
	bool says_so;

	if (!anchors_find(c, l.anchors, &unused) ||
		!resolvers_from(c, &l.resolvers, &unused))
		return false;
	suspect(&l, &name, 1);
	if (l.n == 0)
		return false;
	q[0].name = l.list[0].anchor;
	validator_ask(&l.resolvers.at, l.anchors, q, ARRAY_LEN(q), deadline);
	/* where signatures get lost on the way, all looks unsigned or worse */
	says_so =
		q[0].verdict == VERDICT_SECURE && q[1].told && q[1].verdict == VERDICT_OPEN;
	questions_clear(q, ARRAY_LEN(q));
	return says_so;
}

bool dns_dnssec(const struct dns_config *c, const char *const *domains, size_t n,
	int64_t deadline, struct err *e)
{
	AUTO(look) struct look l = { .anchors = ldns_rr_list_new(), .deadline = deadline };
	static void (*const doubts[])(
		struct look *) = { see_through_resolvers, prove, see_as_the_world };

	if (!anchors_find(c, l.anchors, e) || !resolvers_from(c, &l.resolvers, e))
		return false;
	suspect(&l, domains, n);
	for (size_t i = 0; l.n > 0 && i < ARRAY_LEN(doubts); i++)
		doubts[i](&l);
	return l.n == 0 ||
		err_set(e, ERR_DNS, "%s: DNSSEC is bogus, so that CAs must refuse it: %s",
			l.list[0].domain, l.list[0].why.data);
}
