/*
 * Dynamic updates (RFC 2136) over TCP, signed with TSIG, straight to the primary that is
 * configured: what the SOA record calls the primary may be hidden, or a disguise.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "dns/private/ask.h"
#include "dns/private/provider.h"
#include "dns/private/tsig.h"
#include "dns/private/wire.h"

#include <string.h>

enum {
	DNS_PORT = 53,
	TRY_SECONDS = 15, /* for each of the primary's addresses */
	UPDATE_MAX =
		60000, /* bytes: a TCP message holds 65535, and the TSIG comes on top */
	RECORD_FIXED = 2 * 11 /* of a record besides name and value */
};

/* The configured servers, whose addresses are tried until one answers. */
struct primary {
	const struct dns_config *config;
	bool sign;
	struct tsig_key key;
	struct endpoints at;
	size_t current;
	struct stream stream;
};

static void primary_clear(struct primary *p)
{
	stream_clear(&p->stream);
	endpoints_clear(&p->at);
}
DEFINE_AUTO_VALUE(struct primary, primary, primary_clear)

static bool primary_open(struct primary *p, const struct dns_config *c, struct err *e)
{
	bool found = false;

	*p = (struct primary){ .config = c, .sign = c->tsig_name != NULL };
	stream_init(&p->stream, NULL);
	if (p->sign && !tsig_key_from(c, &p->key, e))
		return false;
	/* one that has no address is no matter if another one has */
	for (size_t i = 0; i < c->n_primaries; i++)
		found = endpoints_find(&p->at, c->primaries[i], DNS_PORT, e) || found;
	if (!found)
		return false;
	p->stream.to = &p->at.list[0];
	return true;
}

/* Send it to the first address that takes it; the one that did is kept. */
static bool deliver(
	struct primary *p, const struct buf *msg, struct buf *answer, struct err *e)
{
	for (size_t tried = 0; tried < p->at.n; tried++) {
		if (stream_ask(&p->stream, msg, answer, deadline_in(TRY_SECONDS), e))
			return true;
		stream_clear(&p->stream);
		if (e->kind != ERR_NET && e->kind != ERR_TIMEOUT)
			return false;
		p->current = (p->current + 1) % p->at.n;
		p->stream.to = &p->at.list[p->current];
	}
	return false;
}

/* An answer that says no, signed or not: a server that refuses TSIG can't sign. */
static bool says_no(const struct buf *answer)
{
	return answer->len >= LDNS_HEADER_SIZE &&
		((const uint8_t *)answer->data)[3] % 16 != 0;
}

/* A message and its verified answer, whose RCODE is still to be judged. *refused is set if
 * the server certainly did nothing. */
static ldns_pkt *exchange(struct primary *p, struct buf *msg, bool *refused, struct err *e)
{
	AUTO(buf) struct buf query = BUF_EMPTY;
	AUTO(buf) struct buf answer = BUF_EMPTY;
	struct tsig_mac mac;

	*refused = true;
	buf_add(&query, msg->data, msg->len);
	if (p->sign && !tsig_sign(msg, &p->key, clock_now(), &mac, e))
		return NULL;
	*refused = false;
	if (!deliver(p, msg, &answer, e))
		return NULL;
	*refused = says_no(&answer);
	if (p->sign &&
		!tsig_verify((const uint8_t *)answer.data, answer.len, &p->key, &mac,
			clock_now(), e)) {
		err_wrap(e, "%s", p->stream.to->text);
		return NULL;
	}
	return answer_parse(answer.data, answer.len, &query, e);
}

/* first: the name that matters; above it, a refusal only says that it isn't served. */
static ldns_pkt *ask_soa(struct primary *p, const char *name, bool first, struct err *e)
{
	AUTO(buf) struct buf query = BUF_EMPTY;
	AUTO(pkt) ldns_pkt *answer = NULL;
	ldns_pkt_rcode rcode;
	bool refused;

	if (!query_build(&query, name, LDNS_RR_TYPE_SOA, false, e))
		return NULL;
	answer = exchange(p, &query, &refused, e);
	if (!answer) {
		err_wrap(e, "SOA of %s", name);
		return NULL;
	}
	rcode = ldns_pkt_get_rcode(answer);
	if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN &&
		(first || rcode != LDNS_RCODE_REFUSED)) {
		err_set(e, ERR_DNS, "%s: SOA of %s: %s", p->stream.to->text, name,
			rcode_words(rcode));
		return NULL;
	}
	return TAKE(answer);
}

static bool tell_delegated(const ldns_pkt *answer, const ldns_rdf *cut, struct err *e)
{
	AUTO(str) char *below = name_text(cut);
	AUTO(buf) struct buf servers = BUF_EMPTY;

	for (size_t i = 0;; i++) {
		AUTO(str)
		char *server = answer_server(ldns_pkt_authority(answer), cut, i);

		if (!server)
			break;
		buf_printf(&servers, "%s%s", i ? ", " : "", server);
	}
	return err_set(e, ERR_DNS,
		"%s is delegated to %s: the record must be added there, by a dns entry with "
		"'zones: [%s]' that stands before the one for this server",
		below, servers.data, below);
}

/* What one answer says of the zone that holds the name. */
static bool read_zone(const ldns_pkt *answer, const ldns_rdf *name, char **zone,
	char **alias, struct err *e)
{
	const ldns_rdf *cut = answer_referral(answer, name);
	const ldns_rdf *target = answer_alias(answer, name);

	if (cut && ldns_dname_label_count(cut) > 0)
		return tell_delegated(answer, cut, e);
	if (!ldns_pkt_aa(answer))
		return true;
	if (target && !*alias)
		*alias = name_text(target);
	if (answer_soa(answer, name))
		*zone = name_text(name);
	else if (!target && answer_denied_by(answer, name))
		*zone = name_text(answer_denied_by(answer, name));
	return true;
}

/*
 * The longest name from `name` up for which the server has authority. An alias is only
 * noted: it may be made of a wildcard, and then a TXT record can stand at the name.
 */
static bool walk(
	struct primary *p, const char *name, char **zone, char **alias, struct err *e)
{
	AUTO(rdf) ldns_rdf *at = name_parse(name, e);

	if (!at)
		return false;
	while (ldns_dname_label_count(at) > 0) {
		AUTO(str) char *text = name_text(at);
		AUTO(str) char *ignored = NULL;
		bool first = strcmp(text, name) == 0;
		AUTO(pkt) ldns_pkt *answer = ask_soa(p, text, first, e);
		ldns_rdf *parent;

		if (!answer || !read_zone(answer, at, zone, first ? alias : &ignored, e))
			return false;
		if (*zone)
			return true;
		parent = ldns_dname_left_chop(at);
		ldns_rdf_deep_free(at);
		at = parent;
	}
	return err_set(
		e, ERR_DNS, "%s has authority for no zone of %s", p->stream.to->text, name);
}

static bool within(const char *name, const char *zone, struct err *e)
{
	AUTO(rdf) ldns_rdf *a = name_parse(name, e);
	AUTO(rdf) ldns_rdf *b = a ? name_parse(zone, e) : NULL;

	if (!b)
		return false;
	return name_within(a, b) ||
		err_set(e, ERR_CONFIG, "%s isn't in zone %s", name, zone);
}

static bool locate_one(struct primary *p, struct change *c, struct err *e)
{
	struct dns_record *r = c->record;

	if (!p->config->zone)
		return walk(p, r->name, &r->zone, &c->alias, e);
	if (!within(r->name, p->config->zone, e))
		return false;
	r->zone = xstrdup(p->config->zone);
	return true;
}

static void locate(struct change *const *changes, size_t n)
{
	AUTO(primary) struct primary p;
	struct err e = { 0 };

	if (!primary_open(&p, changes[0]->record->config, &e)) {
		changes_fail(changes, n, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		/* an address that didn't answer is no failure if another one did */
		if (changes[i]->record->zone || locate_one(&p, changes[i], &e))
			continue;
		changes[i]->err = e;
		changes[i]->refused = true;
	}
}

/* "There is no CNAME at the name" (RFC 2136 2.4.3): a TXT beside one would be dropped. */
static ldns_rr *no_alias(const char *name, struct err *e)
{
	ldns_rdf *owner = name_parse(name, e);
	ldns_rr *rr;

	if (!owner)
		return NULL;
	rr = ldns_rr_new();
	ldns_rr_set_owner(rr, owner);
	ldns_rr_set_type(rr, LDNS_RR_TYPE_CNAME);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_NONE);
	ldns_rr_set_ttl(rr, 0);
	return rr;
}

static bool add_record(
	ldns_rr_list *updates, const struct dns_record *r, bool in, struct err *e)
{
	const uint32_t ttl = in ? (uint32_t)(r->ttl ? r->ttl : r->config->ttl) : 0;
	ldns_rr *rr = r->type == DNS_TLSA ? tlsa_new(r->name, r->value, ttl, e)
					  : txt_new(r->name, r->value, ttl, e);

	if (!rr)
		return false;
	if (!in) /* this one of the set only (RFC 2136 2.5.4) */
		ldns_rr_set_class(rr, LDNS_RR_CLASS_NONE);
	ldns_rr_list_push_rr(updates, rr);
	return true;
}

static bool build_update(
	struct buf *msg, struct change *const *changes, size_t n, bool in, struct err *e)
{
	AUTO(rdf) ldns_rdf *zone = name_parse(changes[0]->record->zone, e);
	AUTO(rrs) ldns_rr_list *updates = ldns_rr_list_new();
	AUTO(rrs) ldns_rr_list *wanted = ldns_rr_list_new();
	AUTO(pkt) ldns_pkt *p = NULL;
	uint16_t id;

	if (!zone)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!add_record(updates, changes[i]->record, in, e))
			return false;
	if (in && changes[0]->alias) {
		ldns_rr *rr = no_alias(changes[0]->record->name, e);

		if (!rr)
			return false;
		ldns_rr_list_push_rr(wanted, rr);
	}
	p = ldns_update_pkt_new(TAKE(zone), LDNS_RR_CLASS_IN, wanted, updates, NULL);
	random_bytes(&id, sizeof id);
	ldns_pkt_set_id(p, id);
	return packet_build(msg, p, e);
}

static bool judge(const struct primary *p, ldns_pkt_rcode rcode, const struct change *c,
	struct err *e)
{
	if (rcode == LDNS_RCODE_NOERROR)
		return true;
	if (rcode == LDNS_RCODE_YXRRSET && c->alias)
		return err_set(e, ERR_DNS,
			"%s is an alias (CNAME) of %s: no %s record can stand beside it",
			c->record->name, c->alias,
			c->record->type == DNS_TLSA ? "TLSA" : "TXT");
	return err_set(e, ERR_DNS, "%s: update of zone %s: %s", p->stream.to->text,
		c->record->zone, rcode_words(rcode));
}

/* One UPDATE message. */
static bool update(struct primary *p, struct change *const *changes, size_t n, bool in,
	bool *refused, struct err *e)
{
	AUTO(buf) struct buf msg = BUF_EMPTY;
	AUTO(pkt) ldns_pkt *answer = NULL;

	*refused = true;
	if (!build_update(&msg, changes, n, in, e))
		return false;
	answer = exchange(p, &msg, refused, e);
	if (!answer)
		return err_wrap(e, "update of zone %s", changes[0]->record->zone);
	return judge(p, ldns_pkt_get_rcode(answer), changes[0], e);
}

/* How many of the changes go into the next message. What may be an alias goes alone, since
 * its prerequisite would hold up the others. */
static size_t batch(struct change *const *changes, size_t n)
{
	size_t size = 0, i;

	for (i = 0; i < n; i++) {
		const struct dns_record *r = changes[i]->record;

		if (changes[i]->alias)
			return i ? i : 1;
		size += strlen(r->name) + 1 + strlen(r->value) + RECORD_FIXED;
		if (size > UPDATE_MAX && i > 0)
			return i;
	}
	return i;
}

static void change(struct change *const *changes, size_t n, bool in)
{
	AUTO(primary) struct primary p;
	struct err e = { 0 };
	size_t step;

	if (!primary_open(&p, changes[0]->record->config, &e)) {
		changes_fail(changes, n, &e);
		return;
	}
	for (size_t i = 0; i < n; i += step) {
		bool refused;

		step = batch(changes + i, n - i);
		if (update(&p, changes + i, step, in, &refused, &e))
			continue;
		changes_fail(changes + i, step, &e);
		for (size_t k = i; k < i + step; k++)
			changes[k]->refused = refused;
	}
}

static bool serial(
	const struct dns_config *c, const char *zone, uint32_t *value, struct err *e)
{
	AUTO(primary) struct primary p;
	AUTO(rdf) ldns_rdf *name = name_parse(zone, e);
	AUTO(pkt) ldns_pkt *answer = NULL;
	const ldns_rr *soa;

	if (!primary_open(&p, c, e) || !name)
		return false;
	answer = ask_soa(&p, zone, true, e);
	soa = answer ? answer_soa(answer, name) : NULL;
	if (answer && !soa)
		err_set(e, ERR_DNS, "%s shows no SOA of zone %s", p.stream.to->text, zone);
	if (soa)
		*value = soa_serial(soa);
	return soa != NULL;
}

const struct provider provider_rfc2136 = {
	.name = "rfc2136",
	.tlsa = true,
	.locate = locate,
	.change = change,
	.serial = serial,
};
