/*
 * wire - questions to name servers and their answers, on top of ldns.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <ldns/ldns.h>

enum { UDP_SIZE = 1232 }; /* EDNS0 buffer that isn't fragmented (DNS flag day 2020) */

static inline void auto_pkt(ldns_pkt **p)
{
	if (*p)
		ldns_pkt_free(*p);
}
static inline void auto_rdf(ldns_rdf **p)
{
	if (*p)
		ldns_rdf_deep_free(*p);
}
static inline void auto_rr(ldns_rr **p)
{
	if (*p)
		ldns_rr_free(*p);
}
static inline void auto_rrs(ldns_rr_list **p)
{
	if (*p)
		ldns_rr_list_deep_free(*p);
}

/* A name in text, with or without a trailing dot. NULL with ERR_DNS if it isn't one. */
ldns_rdf *name_parse(const char *text, struct err *e) NODISCARD;
/* Lower case, without the trailing dot; "." is the root. malloc'ed. */
char *name_text(const ldns_rdf *name) NODISCARD;
/* a is b, or below it. */
bool name_within(const ldns_rdf *a, const ldns_rdf *b);

/* A message ready to be sent, its ID at random. */
bool query_build(struct buf *out, const char *name, ldns_rr_type type, bool recursive,
	struct err *e) NODISCARD;
/* One that brings signatures too, and from a resolver that validates also what it found
 * wrong: DO and CD (RFC 4035 3.2). */
bool query_build_unchecked(
	struct buf *out, const char *name, ldns_rr_type type, struct err *e) NODISCARD;

/* Any ldns packet as bytes, at the end of out. */
bool packet_build(struct buf *out, const ldns_pkt *p, struct err *e) NODISCARD;

/*
 * Parse what came back for `query`: QR set, same ID, opcode and question. NULL with
 * ERR_DNS if it isn't an answer to it. (An error may come without its question.)
 */
ldns_pkt *answer_parse(const void *data, size_t len, const struct buf *query, struct err *e)
	NODISCARD;

/* "no such name", "REFUSED" … */
const char *rcode_words(ldns_pkt_rcode rcode);

/* The whole text of a TXT record is value. */
bool txt_is(const ldns_rr *rr, const char *value);
/* A TXT record; class and TTL are the caller's to change. */
ldns_rr *txt_new(const char *name, const char *value, uint32_t ttl, struct err *e)
	NODISCARD;

/* "3 1 1 9f86…" of a TLSA record, lower case, malloc'ed; NULL for any other. */
char *tlsa_text(const ldns_rr *rr) NODISCARD;
/* From such a text. */
ldns_rr *tlsa_new(const char *name, const char *value, uint32_t ttl, struct err *e)
	NODISCARD;

/* The SOA record of the answer section that belongs to the name, or NULL. */
const ldns_rr *answer_soa(const ldns_pkt *p, const ldns_rdf *name);
uint32_t soa_serial(const ldns_rr *soa);
/* The target if the answer says that the name is an alias, or NULL. */
const ldns_rdf *answer_alias(const ldns_pkt *p, const ldns_rdf *name);
/* Where the chain of aliases in the answer leads, or NULL. */
const ldns_rdf *answer_last_alias(const ldns_pkt *p, const ldns_rdf *name);
/* The zone that the authority section hands the name down to, or NULL. */
const ldns_rdf *answer_referral(const ldns_pkt *p, const ldns_rdf *name);
/* The target of a zone's i-th NS record in that section; NULL after the last. malloc'ed. */
char *answer_server(const ldns_rr_list *section, const ldns_rdf *zone, size_t i) NODISCARD;
/* The owner of the SOA in the authority section of a negative answer, or NULL. */
const ldns_rdf *answer_denied_by(const ldns_pkt *p, const ldns_rdf *name);
