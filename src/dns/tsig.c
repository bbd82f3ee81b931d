#include "dns/private/tsig.h"
#include "dns/dns.h"
#include "dns/private/wire.h"

#include <string.h>

enum {
	HEADER = 12,
	TYPE_TSIG = 250,
	CLASS_ANY = 255,
	NOTAUTH = 9,
	BADSIG = 16,
	BADKEY = 17,
	BADTIME = 18,
	BADTRUNC = 22
};

static const struct algorithm {
	const char *name, *on_wire; /* RFC 8945 6 */
	enum hmac_hash hash;
} algorithms[] = {
	{ "hmac-sha1", "hmac-sha1", HMAC_SHA1 },
	{ "hmac-sha224", "hmac-sha224", HMAC_SHA224 },
	{ "hmac-sha256", "hmac-sha256", HMAC_SHA256 },
	{ "hmac-sha384", "hmac-sha384", HMAC_SHA384 },
	{ "hmac-sha512", "hmac-sha512", HMAC_SHA512 },
	{ "hmac-md5", "hmac-md5.sig-alg.reg.int", HMAC_MD5 },
};

/* The TSIG record at a message's end, in the message's own bytes (RFC 8945 4.2). */
struct tsig_record {
	size_t start; /* where the record begins */
	uint8_t name[TSIG_NAME_MAX], algorithm[TSIG_NAME_MAX];
	size_t name_len, algorithm_len;
	uint64_t time;
	uint16_t fudge, original_id, error;
	const uint8_t *mac, *other;
	uint16_t mac_len, other_len;
};

struct reader {
	const uint8_t *data;
	size_t len, pos;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint64_t get48(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 6; i++)
		v = v << 8 | p[i];
	return v;
}

static void put16(struct buf *b, unsigned v)
{
	buf_putc(b, (char)(v >> 8 & 0xff));
	buf_putc(b, (char)(v & 0xff));
}

static void put48(struct buf *b, uint64_t v)
{
	put16(b, (unsigned)(v >> 32 & 0xffff));
	put16(b, (unsigned)(v >> 16 & 0xffff));
	put16(b, (unsigned)(v & 0xffff));
}

static bool skip(struct reader *r, size_t n)
{
	if (n > r->len - r->pos)
		return false;
	r->pos += n;
	return true;
}

static bool read16(struct reader *r, uint16_t *v)
{
	size_t at = r->pos;

	if (!skip(r, 2))
		return false;
	*v = (uint16_t)get16(r->data + at);
	return true;
}

/* Past a name as it stands, compressed or not. */
static bool skip_name(struct reader *r)
{
	while (r->pos < r->len) {
		unsigned label = r->data[r->pos];

		if (label >= 0xc0)
			return skip(r, 2);
		if (label > 63 || !skip(r, 1 + label))
			return false;
		if (label == 0)
			return true;
	}
	return false;
}

/* Where the label at *at really is: pointers only go backwards, so following them ends. */
static bool follow(const struct reader *r, size_t *at, size_t *limit)
{
	while (*at < r->len && r->data[*at] >= 0xc0) {
		if (*at + 1 >= r->len)
			return false;
		*at = get16(r->data + *at) & 0x3fff;
		if (*at >= *limit)
			return false;
		*limit = *at;
	}
	return *at < r->len && r->data[*at] <= 63 && *at + 1 + r->data[*at] <= r->len;
}

/* RFC 4343: ASCII only, whatever the locale. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* A name's uncompressed, lower-case form. */
static bool read_name(struct reader *r, uint8_t name[TSIG_NAME_MAX], size_t *len)
{
	size_t at = r->pos, limit = r->pos;
	unsigned label;

	if (!skip_name(r))
		return false;
	*len = 0;
	do {
		if (!follow(r, &at, &limit))
			return false;
		label = r->data[at++];
		if (*len + 1 + label > TSIG_NAME_MAX)
			return false;
		name[(*len)++] = (uint8_t)label;
		for (unsigned i = 0; i < label; i++)
			name[(*len)++] = lower(r->data[at++]);
	} while (label > 0);
	return true;
}

static bool skip_question(struct reader *r)
{
	return skip_name(r) && skip(r, 4);
}

static bool skip_record(struct reader *r)
{
	uint16_t len;

	return skip_name(r) && skip(r, 8) && read16(r, &len) && skip(r, len);
}

static bool skip_all(struct reader *r, bool (*one)(struct reader *r), unsigned n)
{
	for (; n > 0; n--)
		if (!one(r))
			return false;
	return true;
}

/* Past the question and all records but the last one of the additional section. */
static bool seek_last(struct reader *r)
{
	const unsigned additional = get16(r->data + 10);
	const unsigned records = get16(r->data + 6) + get16(r->data + 8) + additional;

	r->pos = HEADER;
	return additional > 0 && skip_all(r, skip_question, get16(r->data + 4)) &&
		skip_all(r, skip_record, records - 1);
}

static bool read_bytes(struct reader *r, const uint8_t **data, uint16_t *len)
{
	if (!read16(r, len))
		return false;
	*data = r->data + r->pos;
	return skip(r, *len);
}

static bool read_rdata(struct reader *r, struct tsig_record *t)
{
	size_t at;

	if (!read_name(r, t->algorithm, &t->algorithm_len))
		return false;
	at = r->pos;
	if (!skip(r, 6) || !read16(r, &t->fudge) || !read_bytes(r, &t->mac, &t->mac_len) ||
		!read16(r, &t->original_id) || !read16(r, &t->error))
		return false;
	t->time = get48(r->data + at);
	return read_bytes(r, &t->other, &t->other_len);
}

/* False if the message doesn't end in a well-formed TSIG record. */
static bool find_record(const uint8_t *msg, size_t len, struct tsig_record *t)
{
	struct reader r = { msg, len, 0 };
	uint16_t type, class, rdlen;

	if (len < HEADER || !seek_last(&r))
		return false;
	t->start = r.pos;
	if (!read_name(&r, t->name, &t->name_len) || !read16(&r, &type) ||
		!read16(&r, &class) || type != TYPE_TSIG || class != CLASS_ANY)
		return false;
	if (!skip(&r, 4) || !read16(&r, &rdlen) || rdlen != r.len - r.pos)
		return false;
	return read_rdata(&r, t) && r.pos == r.len;
}

/* The part of the digest that stands for the record itself (RFC 8945 4.3.3). */
static void add_variables(
	struct buf *b, const struct tsig_key *k, const struct tsig_record *t)
{
	buf_add(b, k->name, k->name_len);
	put16(b, CLASS_ANY);
	put16(b, 0); /* TTL */
	put16(b, 0);
	buf_add(b, k->algorithm, k->algorithm_len);
	put48(b, t->time);
	put16(b, t->fudge);
	put16(b, t->error);
	put16(b, t->other_len);
	buf_add(b, t->other, t->other_len);
}

static bool name_to_wire(const char *text, uint8_t *out, size_t size, size_t *len)
{
	AUTO(rdf) ldns_rdf *name = ldns_dname_new_frm_str(text);

	if (!name || ldns_rdf_size(name) > size)
		return false;
	ldns_dname2canonical(name);
	*len = ldns_rdf_size(name);
	memcpy(out, ldns_rdf_data(name), *len);
	return true;
}

static bool is_called(const char *name, size_t len, const char *known)
{
	return strncasecmp(name, known, len) == 0 && !known[len];
}

static const struct algorithm *find_algorithm(const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (is_called(name, len, algorithms[i].name) ||
			is_called(name, len, algorithms[i].on_wire))
			return &algorithms[i];
	return NULL;
}

bool tsig_key_from(const struct dns_config *c, struct tsig_key *k, struct err *e)
{
	const char *wanted = c->tsig_algorithm ? c->tsig_algorithm : "hmac-sha256";
	const struct algorithm *a = find_algorithm(wanted);

	if (a && a->hash == HMAC_MD5 && !c->allow_md5)
		return err_set(e, ERR_CONFIG,
			"TSIG algorithm %s is broken, and RFC 8945 forbids it: make a key for "
			"hmac-sha256, or say 'allow_md5: yes'",
			wanted);
	if (!a)
		return err_set(e, ERR_CONFIG,
			"TSIG algorithm '%s' is none of hmac-sha1, hmac-sha224, hmac-sha256, "
			"hmac-sha384, hmac-sha512",
			wanted);
	if (!name_to_wire(c->tsig_name, k->name, sizeof k->name, &k->name_len))
		return err_set(
			e, ERR_CONFIG, "'%s' can't be a TSIG key's name", c->tsig_name);
	if (!name_to_wire(a->on_wire, k->algorithm, sizeof k->algorithm, &k->algorithm_len))
		return err_set(e, ERR_CONFIG, "TSIG algorithm %s", a->name);
	if (c->tsig_secret.len == 0)
		return err_set(e, ERR_CONFIG, "TSIG key %s has no secret", c->tsig_name);
	k->text = c->tsig_name;
	k->hash = a->hash;
	k->secret = c->tsig_secret.data;
	k->secret_len = c->tsig_secret.len;
	return true;
}

bool tsig_sign(struct buf *msg, const struct tsig_key *k, time_t now, struct tsig_mac *mac,
	struct err *e)
{
	struct tsig_record t = {
		.time = (uint64_t)now, .fudge = TSIG_FUDGE, .other = (const uint8_t *)""
	};
	AUTO(buf) struct buf digest = BUF_EMPTY;
	uint8_t *header = (uint8_t *)msg->data;
	unsigned additional;

	buf_add(&digest, msg->data, msg->len);
	add_variables(&digest, k, &t);
	mac->len = hmac_of(
		k->hash, k->secret, k->secret_len, digest.data, digest.len, mac->bytes);
	if (mac->len == 0)
		return err_set(e, ERR_CONFIG,
			"this OpenSSL refuses the hash of TSIG key %s", k->text);

	additional = get16(header + 10) + 1;
	header[10] = (uint8_t)(additional >> 8);
	header[11] = (uint8_t)additional;
	t.original_id = (uint16_t)get16(header);
	buf_add(msg, k->name, k->name_len);
	put16(msg, TYPE_TSIG);
	put16(msg, CLASS_ANY);
	put16(msg, 0); /* TTL */
	put16(msg, 0);
	put16(msg, (unsigned)(k->algorithm_len + 16 + mac->len));
	buf_add(msg, k->algorithm, k->algorithm_len);
	put48(msg, t.time);
	put16(msg, t.fudge);
	put16(msg, (unsigned)mac->len);
	buf_add(msg, mac->bytes, mac->len);
	put16(msg, t.original_id);
	put16(msg, 0); /* error */
	put16(msg, 0); /* other */
	return true;
}

/* A server that doesn't know TSIG, or didn't get as far as the key. */
static bool tell_unsigned(
	const uint8_t *msg, size_t len, const struct tsig_key *k, struct err *e)
{
	unsigned rcode = len >= HEADER ? msg[3] & 0xf : 0;

	if (rcode == NOTAUTH)
		return err_set(e, ERR_DNS,
			"NOTAUTH: the server doesn't hold the zone, refuses TSIG key %s, or its clock "
			"differs from ours by more than %d s: it doesn't say which",
			k->text, TSIG_FUDGE);
	if (rcode != LDNS_RCODE_NOERROR)
		return err_set(e, ERR_DNS, "%s (the answer isn't signed)",
			rcode_words((ldns_pkt_rcode)rcode));
	return err_set(e, ERR_DNS, "the answer isn't signed with TSIG key %s", k->text);
}

static bool tell_clock(int64_t ahead, struct err *e)
{
	return err_set(e, ERR_DNS,
		"BADTIME: the server's clock is %lld s %s ours (TSIG allows %d s)",
		(long long)(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead of",
		TSIG_FUDGE);
}

static bool tell_error(
	const struct tsig_record *t, const struct tsig_key *k, time_t now, struct err *e)
{
	switch (t->error) {
	case BADSIG:
		return err_set(e, ERR_DNS,
			"BADSIG: the server has another secret or algorithm for TSIG key %s",
			k->text);
	case BADKEY:
		return err_set(e, ERR_DNS,
			"BADKEY: the server doesn't know TSIG key %s, or not for this algorithm",
			k->text);
	case BADTIME:
		if (t->other_len == 6)
			return tell_clock((int64_t)get48(t->other) - now, e);
		return err_set(e, ERR_DNS,
			"BADTIME: the server's clock differs from ours by more than %d s",
			TSIG_FUDGE);
	case BADTRUNC:
		return err_set(
			e, ERR_DNS, "BADTRUNC: the server wants another length of MAC");
	default:
		return err_set(e, ERR_DNS, "TSIG error %u", t->error);
	}
}

static bool mac_matches(const uint8_t *msg, const struct tsig_record *t,
	const struct tsig_key *k, const struct tsig_mac *request)
{
	AUTO(buf) struct buf digest = BUF_EMPTY;
	uint8_t mac[64];
	size_t at, len;
	unsigned additional = get16(msg + 10) - 1;

	put16(&digest, (unsigned)request->len);
	buf_add(&digest, request->bytes, request->len);
	at = digest.len;
	buf_add(&digest, msg, t->start);
	digest.data[at] = (char)(t->original_id >> 8);
	digest.data[at + 1] = (char)t->original_id;
	digest.data[at + 10] = (char)(additional >> 8);
	digest.data[at + 11] = (char)additional;
	add_variables(&digest, k, t);
	len = hmac_of(k->hash, k->secret, k->secret_len, digest.data, digest.len, mac);
	return len > 0 && len == t->mac_len && bytes_eq(mac, t->mac, len);
}

bool tsig_verify(const uint8_t *msg, size_t len, const struct tsig_key *k,
	const struct tsig_mac *request, time_t now, struct err *e)
{
	struct tsig_record t;
	int64_t ahead;

	if (!find_record(msg, len, &t))
		return tell_unsigned(msg, len, k, e);
	if (t.error != 0)
		return tell_error(&t, k, now, e);
	if (t.name_len != k->name_len || memcmp(t.name, k->name, k->name_len) != 0)
		return err_set(e, ERR_DNS, "the answer is signed with another key than %s",
			k->text);
	if (t.algorithm_len != k->algorithm_len ||
		memcmp(t.algorithm, k->algorithm, k->algorithm_len) != 0)
		return err_set(e, ERR_DNS,
			"the answer is signed by another algorithm than that of key %s",
			k->text);
	if (!mac_matches(msg, &t, k, request))
		return err_set(e, ERR_DNS,
			"the answer's signature isn't one of TSIG key %s: somebody changed it",
			k->text);
	ahead = (int64_t)t.time - now;
	if (ahead > TSIG_FUDGE || ahead < -TSIG_FUDGE)
		return tell_clock(ahead, e);
	return true;
}
