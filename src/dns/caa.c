/*
 * CAA (RFC 8659, RFC 8657): may this CA issue for a name? Asked before a CA is, whose
 * limits a refusal would count against.
 */
#include "dns/private/caa.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "dns/private/resolve.h"

#include <string.h>
#include <strings.h>

enum { CAA_SECONDS = 15, CRITICAL = 0x80 };

#define BLANK " \t"

/* ---- one property ---- */

struct property {
	uint8_t flags;
	char tag[32];
	struct buf value;
};

static void property_clear(struct property *p)
{
	buf_clear(&p->value);
}
DEFINE_AUTO_VALUE(struct property, property, property_clear)

/* flags, tag, value: ldns has the tag with its length in front (RFC 8659 4.1.1). */
static bool read_property(const ldns_rr *rr, struct property *p)
{
	const ldns_rdf *flags = ldns_rr_rdf(rr, 0), *tag = ldns_rr_rdf(rr, 1);
	const ldns_rdf *value = ldns_rr_rdf(rr, 2);
	size_t len;

	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CAA || ldns_rr_rd_count(rr) != 3 ||
		ldns_rdf_size(tag) < 2)
		return false;
	p->flags = ldns_rdf_data(flags)[0];
	len = ldns_rdf_size(tag) - 1;
	if (len >= sizeof p->tag)
		len = sizeof p->tag - 1;
	memcpy(p->tag, ldns_rdf_data(tag) + 1, len);
	p->tag[len] = '\0';
	buf_reset(&p->value);
	buf_add(&p->value, ldns_rdf_data(value), ldns_rdf_size(value));
	return true;
}

static bool is_known(const char *tag)
{
	static const char *const known[] = { "issue", "issuewild", "iodef", "issuemail",
		"issuevmc", "contactemail", "contactphone" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcasecmp(known[i], tag) == 0)
			return true;
	return false;
}

/* ---- what an issue property allows ---- */

/* One word of a list with commas between. */
static bool lists(const char *list, size_t len, const char *word)
{
	const size_t want = strlen(word);

	while (len > 0) {
		const char *comma = memchr(list, ',', len);
		const size_t n = comma ? (size_t)(comma - list) : len;

		if (n == want && strncasecmp(list, word, n) == 0)
			return true;
		list += comma ? n + 1 : n;
		len -= comma ? n + 1 : n;
	}
	return false;
}

/* ";name=value": false if it is one that shuts us out (RFC 8657). */
static bool allows(const char *name, size_t name_len, const char *value, size_t len,
	const struct dns_caa *who)
{
	static const char uri[] = "accounturi", methods[] = "validationmethods";

	if (name_len == sizeof uri - 1 && strncasecmp(name, uri, name_len) == 0)
		return who->account && strlen(who->account) == len &&
			strncmp(who->account, value, len) == 0;
	if (name_len == sizeof methods - 1 && strncasecmp(name, methods, name_len) == 0)
		return lists(value, len, who->method);
	return true;
}

static bool parameters_allow(const char *s, const struct dns_caa *who)
{
	while (*s) {
		size_t name, len;
		const char *value;

		s += strspn(s, BLANK ";");
		name = strcspn(s, "=;" BLANK);
		value = s + name + strspn(s + name, BLANK);
		if (*value == '=')
			value += 1 + strspn(value + 1, BLANK);
		len = strcspn(value, ";" BLANK);
		if (name > 0 && !allows(s, name, value, len, who))
			return false;
		s = value + len;
	}
	return true;
}

/* "ca.example; accounturi=…" */
static bool names_us(const char *value, const struct dns_caa *who)
{
	size_t len;

	value += strspn(value, BLANK);
	len = strcspn(value, ";" BLANK);
	for (size_t i = 0; i < who->n_issuers; i++)
		if (len > 0 && strlen(who->issuers[i]) == len &&
			strncasecmp(who->issuers[i], value, len) == 0)
			return parameters_allow(value + len, who);
	return false;
}

/* ---- a set ---- */

struct verdict {
	bool any, wild; /* there is an issue, an issuewild property */
	bool permitted, permitted_wild;
	bool critical; /* one that nobody knows must be understood */
};

static void count(struct verdict *v, const struct property *p, const struct dns_caa *who)
{
	const bool us = names_us(p->value.data, who);

	if (strcasecmp(p->tag, "issue") == 0) {
		v->any = true;
		v->permitted |= us;
	} else if (strcasecmp(p->tag, "issuewild") == 0) {
		v->wild = true;
		v->permitted_wild |= us;
	}
	v->critical |= (p->flags & CRITICAL) && !is_known(p->tag);
}

bool caa_permits(const ldns_rr_list *set, bool wildcard, const struct dns_caa *who)
{
	AUTO(property) struct property p = { .value = BUF_EMPTY };
	struct verdict v = { 0 };

	for (size_t i = 0; i < ldns_rr_list_rr_count(set); i++)
		if (read_property(ldns_rr_list_rr(set, i), &p))
			count(&v, &p, who);
	if (v.critical)
		return false;
	if (wildcard && v.wild)
		return v.permitted_wild;
	return !v.any || v.permitted;
}

static bool has_caa(const ldns_rr_list *set)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(set); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(set, i)) == LDNS_RR_TYPE_CAA)
			return true;
	return false;
}

/* In words, as they stand there. */
static void describe(const ldns_rr_list *set, struct buf *out)
{
	AUTO(property) struct property p = { .value = BUF_EMPTY };

	for (size_t i = 0; i < ldns_rr_list_rr_count(set); i++)
		if (read_property(ldns_rr_list_rr(set, i), &p))
			buf_printf(out, "%s%s \"%s\"", out->len ? ", " : "", p.tag,
				p.value.data);
}

/* RFC 8659 3: the first set from the name upwards is the one that counts. */
bool dns_caa(const struct dns_config *c, const char *domain, bool wildcard,
	const struct dns_caa *who, struct err *e)
{
	const int64_t deadline = deadline_in(CAA_SECONDS);
	AUTO(resolvers) struct resolvers r = { 0 };
	AUTO(buf) struct buf words = BUF_EMPTY;

	if (!resolvers_from(c, &r, e))
		return false;
	for (const char *at = domain; at;
		at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL) {
		struct err unknown;
		AUTO(pkt)
		ldns_pkt *p = resolve_ask(&r, at, LDNS_RR_TYPE_CAA, deadline, &unknown);

		if (!p)
			return true; /* the CA may get an answer where we don't */
		if (!has_caa(ldns_pkt_answer(p)))
			continue;
		if (caa_permits(ldns_pkt_answer(p), wildcard, who))
			return true;
		describe(ldns_pkt_answer(p), &words);
		return err_set(e, ERR_DNS,
			"%s%s: CAA at %s doesn't permit this CA (%s), method %s: %s",
			wildcard ? "*." : "", domain, at, who->issuers[0], who->method,
			words.data);
	}
	return true;
}
