#include "dns/private/wire.h"
#include "base/alloc.h"
#include "base/text.h"
#include "digest/digest.h"

#include <string.h>

ldns_rdf *name_parse(const char *text, struct err *e)
{
	ldns_rdf *name = *text ? ldns_dname_new_frm_str(text) : NULL;

	if (!name)
		err_set(e, ERR_DNS, "'%s' can't be a domain name", text);
	return name;
}

char *name_text(const ldns_rdf *name)
{
	char *text = ldns_rdf2str(name), *copy = xstrdup(text ? text : ".");
	size_t len = strlen(copy);

	LDNS_FREE(text);
	text_lower(copy);
	if (len > 1 && copy[len - 1] == '.')
		copy[len - 1] = '\0';
	return copy;
}

bool name_within(const ldns_rdf *a, const ldns_rdf *b)
{
	return ldns_dname_compare(a, b) == 0 || ldns_dname_is_subdomain(a, b);
}

bool packet_build(struct buf *out, const ldns_pkt *p, struct err *e)
{
	uint8_t *wire = NULL;
	size_t len = 0;
	ldns_status status = ldns_pkt2wire(&wire, p, &len);

	if (status != LDNS_STATUS_OK)
		return err_set(e, ERR_DNS, "a DNS message can't be built: %s",
			ldns_get_errorstr_by_id(status));
	buf_add(out, wire, len);
	LDNS_FREE(wire);
	return true;
}

/* flags: LDNS_RD … */
static ldns_pkt *query_new(const char *name, ldns_rr_type type, int flags, struct err *e)
{
	ldns_rdf *owner = name_parse(name, e);
	ldns_pkt *p;
	uint16_t id;

	if (!owner)
		return NULL;
	p = ldns_pkt_query_new(
		owner, type, LDNS_RR_CLASS_IN, (uint16_t)flags); /* takes the name */
	random_bytes(&id, sizeof id);
	ldns_pkt_set_id(p, id);
	ldns_pkt_set_edns_udp_size(p, UDP_SIZE);
	return p;
}

bool query_build(
	struct buf *out, const char *name, ldns_rr_type type, bool recursive, struct err *e)
{
	AUTO(pkt) ldns_pkt *p = query_new(name, type, recursive ? LDNS_RD : 0, e);

	return p && packet_build(out, p, e);
}

bool query_build_unchecked(
	struct buf *out, const char *name, ldns_rr_type type, struct err *e)
{
	AUTO(pkt) ldns_pkt *p = query_new(name, type, LDNS_RD | LDNS_CD, e);

	if (p)
		ldns_pkt_set_edns_do(p, true);
	return p && packet_build(out, p, e);
}

static bool same_question(const ldns_pkt *p, const ldns_pkt *query)
{
	const ldns_rr_list *got = ldns_pkt_question(p), *asked = ldns_pkt_question(query);

	if (ldns_rr_list_rr_count(got) == 0)
		return ldns_pkt_get_rcode(p) != LDNS_RCODE_NOERROR ||
			ldns_pkt_get_opcode(p) == LDNS_PACKET_UPDATE; /* RFC 2136 3.8 */
	return ldns_rr_list_rr_count(got) == 1 && ldns_rr_list_rr_count(asked) == 1 &&
		ldns_rr_compare(ldns_rr_list_rr(got, 0), ldns_rr_list_rr(asked, 0)) == 0;
}

ldns_pkt *answer_parse(const void *data, size_t len, const struct buf *query, struct err *e)
{
	AUTO(pkt) ldns_pkt *p = NULL;
	AUTO(pkt) ldns_pkt *asked = NULL;
	ldns_status status = ldns_wire2pkt(&p, data, len);

	if (status != LDNS_STATUS_OK) {
		err_set(e, ERR_DNS, "not a DNS message: %s",
			ldns_get_errorstr_by_id(status));
		return NULL;
	}
	status = ldns_wire2pkt(&asked, (const uint8_t *)query->data, query->len);
	if (status != LDNS_STATUS_OK || !ldns_pkt_qr(p) ||
		ldns_pkt_id(p) != ldns_pkt_id(asked) ||
		ldns_pkt_get_opcode(p) != ldns_pkt_get_opcode(asked) ||
		!same_question(p, asked)) {
		err_set(e, ERR_DNS, "an answer to another question");
		return NULL;
	}
	return TAKE(p);
}

const char *rcode_words(ldns_pkt_rcode rcode)
{
	static const char *const words[] = { "no error",
		"FORMERR: it doesn't understand us", "SERVFAIL: it can't, at the moment",
		"no such name", "NOTIMP: it doesn't know updates",
		"REFUSED: it serves no such zone, or its rules forbid it",
		"YXDOMAIN: the name exists", "YXRRSET: the record set exists",
		"NXRRSET: there is no such record set",
		"NOTAUTH: it isn't the primary of that zone, or wants a TSIG key",
		"NOTZONE: the name isn't in that zone" };

	return (size_t)rcode < ARRAY_LEN(words) ? words[rcode] : "an unknown response code";
}

bool txt_is(const ldns_rr *rr, const char *value)
{
	size_t left = strlen(value);

	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TXT)
		return false;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *part = ldns_rr_rdf(rr, i);
		const uint8_t *data = ldns_rdf_data(part);
		size_t size = ldns_rdf_size(part);

		if (size == 0 || size - 1 > left || memcmp(data + 1, value, size - 1) != 0)
			return false;
		value += size - 1;
		left -= size - 1;
	}
	return left == 0;
}

ldns_rr *txt_new(const char *name, const char *value, uint32_t ttl, struct err *e)
{
	AUTO(rdf) ldns_rdf *owner = name_parse(name, e);
	AUTO(buf) struct buf text = BUF_EMPTY;
	size_t len = strlen(value);
	ldns_rr *rr;

	if (!owner)
		return NULL;
	if (len > 255) {
		err_set(e, ERR_DNS, "a TXT value of %zu bytes is too long", len);
		return NULL;
	}
	buf_putc(&text, (char)len);
	buf_add(&text, value, len);
	rr = ldns_rr_new();
	ldns_rr_set_owner(rr, TAKE(owner));
	ldns_rr_set_type(rr, LDNS_RR_TYPE_TXT);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, ttl);
	ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, text.len, text.data));
	return rr;
}

char *tlsa_text(const ldns_rr *rr)
{
	AUTO(buf) struct buf text = BUF_EMPTY;
	const ldns_rdf *data;

	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TLSA || ldns_rr_rd_count(rr) != 4)
		return NULL;
	for (size_t i = 0; i < 3; i++)
		buf_printf(&text, "%u ", ldns_rdf2native_int8(ldns_rr_rdf(rr, i)));
	data = ldns_rr_rdf(rr, 3);
	for (size_t i = 0; i < ldns_rdf_size(data); i++)
		buf_printf(&text, "%02x", ldns_rdf_data(data)[i]);
	return buf_take(&text);
}

ldns_rr *tlsa_new(const char *name, const char *value, uint32_t ttl, struct err *e)
{
	AUTO(str) char *line = xasprintf("%s. %u IN TLSA %s", name, ttl, value);
	ldns_rr *rr = NULL;

	if (ldns_rr_new_frm_str(&rr, line, ttl, NULL, NULL) == LDNS_STATUS_OK)
		return rr;
	err_set(e, ERR_DNS, "'%s' can't be a TLSA record", line);
	return NULL;
}

static const ldns_rr *find(
	const ldns_rr_list *list, ldns_rr_type type, const ldns_rdf *name)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) == type &&
			ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
			(!name || ldns_dname_compare(ldns_rr_owner(rr), name) == 0))
			return rr;
	}
	return NULL;
}

const ldns_rr *answer_soa(const ldns_pkt *p, const ldns_rdf *name)
{
	const ldns_rr *soa = find(ldns_pkt_answer(p), LDNS_RR_TYPE_SOA, name);

	return soa && ldns_rr_rd_count(soa) == 7 ? soa : NULL;
}

uint32_t soa_serial(const ldns_rr *soa)
{
	return ldns_rdf2native_int32(ldns_rr_rdf(soa, 2));
}

const ldns_rdf *answer_alias(const ldns_pkt *p, const ldns_rdf *name)
{
	const ldns_rr *rr = find(ldns_pkt_answer(p), LDNS_RR_TYPE_CNAME, name);

	return rr && ldns_rr_rd_count(rr) == 1 ? ldns_rr_rdf(rr, 0) : NULL;
}

const ldns_rdf *answer_referral(const ldns_pkt *p, const ldns_rdf *name)
{
	const ldns_rr *ns = find(ldns_pkt_authority(p), LDNS_RR_TYPE_NS, NULL);

	if (ldns_pkt_aa(p) || ldns_pkt_get_rcode(p) != LDNS_RCODE_NOERROR ||
		ldns_pkt_ancount(p) > 0 || !ns || !name_within(name, ldns_rr_owner(ns)))
		return NULL;
	return ldns_rr_owner(ns);
}

char *answer_server(const ldns_rr_list *section, const ldns_rdf *zone, size_t i)
{
	for (size_t k = 0; k < ldns_rr_list_rr_count(section); k++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, k);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NS && ldns_rr_rd_count(rr) == 1 &&
			ldns_dname_compare(ldns_rr_owner(rr), zone) == 0 && i-- == 0)
			return name_text(ldns_rr_rdf(rr, 0));
	}
	return NULL;
}

const ldns_rdf *answer_denied_by(const ldns_pkt *p, const ldns_rdf *name)
{
	const ldns_rr *soa = find(ldns_pkt_authority(p), LDNS_RR_TYPE_SOA, NULL);

	return soa && name_within(name, ldns_rr_owner(soa)) ? ldns_rr_owner(soa) : NULL;
}

const ldns_rdf *answer_last_alias(const ldns_pkt *answer, const ldns_rdf *name)
{
	enum { ALIASES_MAX = 16 };
	const ldns_rdf *target = NULL;

	for (int i = 0; i < ALIASES_MAX; i++) {
		const ldns_rdf *next = answer_alias(answer, target ? target : name);

		if (!next)
			break;
		target = next;
	}
	return target;
}
