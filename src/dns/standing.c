#include "dns/private/standing.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BLANK " \t"

/* Names and values are parts of the text. */
struct word {
	const char *at;
	size_t len;
};

/* What counts of it. */
struct permission {
	struct word issuer, account, policy, until;
};

static bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && strncasecmp(w.at, text, w.len) == 0;
}

/* The strings of the record, joined; false for a NUL in it. */
static bool text_of(const ldns_rr *rr, struct buf *out)
{
	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TXT)
		return false;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *part = ldns_rr_rdf(rr, i);

		if (ldns_rdf_size(part) > 0)
			buf_add(out, ldns_rdf_data(part) + 1, ldns_rdf_size(part) - 1);
	}
	return strlen(out->data) == out->len;
}

static void skip_blanks(const char **s)
{
	*s += strspn(*s, BLANK);
}

static struct word take(const char **s, const char *until)
{
	const struct word w = { *s, strcspn(*s, until) };

	*s += w.len;
	return w;
}

/* Those that aren't known are passed over; none may come twice. */
static bool keep(struct permission *p, struct word tag, struct word value)
{
	const struct {
		const char *tag;
		struct word *into;
	} known[] = { { "accounturi", &p->account }, { "policy", &p->policy },
		{ "persistUntil", &p->until } };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!word_is(tag, known[i].tag))
			continue;
		if (known[i].into->at || value.len == 0)
			return false;
		*known[i].into = value;
	}
	return true;
}

/* tag "=" value, and then the end or a ';' with another one behind it. */
static bool read_parameter(const char **s, struct permission *p)
{
	struct word tag, value;

	skip_blanks(s);
	tag = take(s, "=;" BLANK);
	skip_blanks(s);
	if (tag.len == 0 || **s != '=')
		return false;
	++*s;
	skip_blanks(s);
	value = take(s, ";" BLANK);
	skip_blanks(s);
	return (!**s || **s == ';') && keep(p, tag, value);
}

static bool read_permission(const char *s, struct permission *p)
{
	*p = (struct permission){ 0 };
	skip_blanks(&s);
	p->issuer = take(&s, ";" BLANK);
	skip_blanks(&s);
	while (*s == ';') {
		s++;
		if (!read_parameter(&s, p))
			return false;
	}
	return !*s;
}

static bool names_us(struct word issuer, const struct dns_standing *s)
{
	if (issuer.len > 0 && issuer.at[issuer.len - 1] == '.')
		issuer.len--;
	for (size_t i = 0; i < s->n_issuers; i++)
		if (word_is(issuer, s->issuers[i]))
			return true;
	return false;
}

static bool is_over(struct word until, time_t now)
{
	long long end = 0;

	for (size_t i = 0; i < until.len; i++) {
		if (!isdigit((unsigned char)until.at[i]) || end > INT64_MAX / 100)
			return true;
		end = end * 10 + until.at[i] - '0';
	}
	return end <= now;
}

bool standing_in(const ldns_rr *rr, const struct dns_standing *s, time_t now)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	struct permission p;

	return text_of(rr, &text) && read_permission(text.data, &p) &&
		names_us(p.issuer, s) && p.account.at &&
		p.account.len == strlen(s->account) &&
		memcmp(p.account.at, s->account, p.account.len) == 0 &&
		(!s->wildcard || (p.policy.at && word_is(p.policy, "wildcard"))) &&
		(!p.until.at || !is_over(p.until, now));
}

void dns_standing_text(const struct dns_standing *s, struct buf *out)
{
	buf_printf(out, "%s; accounturi=%s%s", s->issuers[0], s->account,
		s->wildcard ? "; policy=wildcard" : "");
}
