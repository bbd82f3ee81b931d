#include "base/text.h"
#include "dns/private/route53.h"
#include "dns/private/xml.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ID = 32 };

/* ---- names ---- */

/* The next character of a name, which may be written as "\052"; NUL for a dot that is
 * written so: that one is in a label and ends none. */
static int next_char(const char **text)
{
	const char *at = *text;
	int c;

	if (at[0] != '\\' || strspn(at + 1, "01234567") < 3) {
		++*text;
		return (unsigned char)at[0];
	}
	*text += 4;
	c = (at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0');
	return c == '.' ? '\0' : c;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool is_name(const char *text, const char *name)
{
	for (; *name; name++)
		if (!*text || lower(next_char(&text)) != lower((unsigned char)*name))
			return false;
	return !*text || text_eq(text, ".");
}

static bool has_name(const struct xml *x, size_t of, const char *name)
{
	const char *text = xml_text(x, of, "Name");

	return text && is_name(text, name);
}

/* ---- zones ---- */

/* "/hostedzone/Z1": it becomes part of paths, so it is nothing but letters and digits. */
static bool put_id(const struct xml *x, size_t zone, struct buf *id, struct err *e)
{
	static const char prefix[] = "/hostedzone/";
	const char *text = xml_text(x, zone, "Id"), *at;
	size_t len;

	if (!text)
		return err_set(e, ERR_DNS, "the answer has a zone without an id");
	at = text + (text_starts(text, prefix) ? strlen(prefix) : 0);
	len = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
	if (len == 0 || at[len] || len > LONGEST_ID)
		return err_set(
			e, ERR_DNS, "the answer has an id that is none: '%.60s'", text);
	buf_puts(id, at);
	return true;
}

static bool is_private(const struct xml *x, size_t zone)
{
	const size_t config = xml_child(x, zone, "Config");
	const char *text = config ? xml_text(x, config, "PrivateZone") : NULL;

	return text && text_eq(text, "true");
}

bool route53_zone_in(const struct buf *answer, const char *zone, bool *has, struct buf *id,
	struct err *e)
{
	AUTO(xml) struct xml x = { 0 };
	size_t zones;

	*has = false;
	if (!xml_parse(&x, answer->data, answer->len, e))
		return false;
	zones = xml_child(&x, 0, "HostedZones");
	if (!zones)
		return err_set(e, ERR_DNS, "the answer has no list of zones");
	for (size_t i = xml_first(&x, zones); i; i = xml_after(&x, zones, i)) {
		if (!has_name(&x, i, zone) || is_private(&x, i))
			continue;
		*has = put_id(&x, i, id, e);
		return *has;
	}
	return true;
}

/* ---- sets ---- */

/* Members of a set that are written back; all others would be lost. */
static bool is_plain(const struct xml *x, size_t set, const char *name, struct err *e)
{
	for (size_t i = xml_first(x, set); i; i = xml_after(x, set, i))
		if (!xml_is(x, i, "Name") && !xml_is(x, i, "Type") &&
			!xml_is(x, i, "TTL") && !xml_is(x, i, "ResourceRecords"))
			return err_set(e, ERR_REFUSED,
				"the TXT records of %s have more than values (%.40s): left alone",
				name, x->nodes[i].name);
	return true;
}

static bool take_ttl(const struct xml *x, size_t set, struct rrset *s)
{
	const char *text = xml_text(x, set, "TTL");
	long long ttl;

	if (!text || !*text || strlen(text) > 10 || text[strspn(text, "0123456789")])
		return false;
	ttl = strtoll(text, NULL, 10);
	s->ttl = (int)ttl;
	return ttl <= INT_MAX;
}

static bool take_values(const struct xml *x, size_t set, struct rrset *s)
{
	const size_t records = xml_child(x, set, "ResourceRecords");

	if (!records)
		return false;
	for (size_t i = xml_first(x, records); i; i = xml_after(x, records, i)) {
		const char *text = xml_text(x, i, "Value");

		if (!text)
			return false;
		rrset_add(s, text, false);
	}
	return true;
}

bool route53_set_in(const struct buf *answer, struct rrset *s, struct err *e)
{
	const char *name = s->name;
	AUTO(xml) struct xml x = { 0 };
	size_t sets;

	if (!xml_parse(&x, answer->data, answer->len, e))
		return false;
	sets = xml_child(&x, 0, "ResourceRecordSets");
	if (!sets)
		return err_set(e, ERR_DNS, "the answer has no list of records");
	for (size_t i = xml_first(&x, sets); i; i = xml_after(&x, sets, i)) {
		const char *type = xml_text(&x, i, "Type");

		if (!has_name(&x, i, name) || !type || !text_eq(type, "TXT"))
			continue;
		if (!is_plain(&x, i, name, e))
			return false;
		/* what can't be read must not be written back without it */
		return (take_ttl(&x, i, s) && take_values(&x, i, s)) ||
			err_set(e, ERR_REFUSED, "the TXT records of %s can't be read",
				name);
	}
	return true;
}

/* ---- refusals ---- */

void route53_refusal_in(const struct buf *answer, struct buf *code, struct buf *message)
{
	AUTO(xml) struct xml x = { 0 };
	struct err ignored;
	size_t i;

	if (!xml_parse(&x, answer->data, answer->len, &ignored))
		return;
	i = xml_find(&x, "Code");
	if (i)
		buf_puts(code, x.nodes[i].text.data);
	i = xml_find(&x, "Message");
	if (i)
		buf_puts(message, x.nodes[i].text.data);
}
