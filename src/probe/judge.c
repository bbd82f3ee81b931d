#include "probe/private/judge.h"
#include "base/clock.h"
#include "base/text.h"
#include "cert/tlsa.h"
#include "probe/private/remark.h"

#include <stdio.h>

static const char *const words[N_PROBE_VERDICTS] = {
	[PROBE_OK] = "ok",
	[PROBE_OLDER] = "older",
	[PROBE_NEWER] = "newer",
	[PROBE_SAME_KEY] = "same key",
	[PROBE_FOREIGN] = "foreign",
	[PROBE_CHAIN] = "chain",
	[PROBE_UNTRUSTED] = "untrusted",
	[PROBE_WRONG_NAME] = "wrong name",
	[PROBE_EXPIRED] = "expired",
	[PROBE_PURPOSE] = "purpose",
	[PROBE_TLSA] = "tlsa",
	[PROBE_NO_TLS] = "no TLS",
	[PROBE_HANDSHAKE] = "handshake",
	[PROBE_UNREACHABLE] = "unreachable",
};

const char *probe_verdict_word(enum probe_verdict v)
{
	return v < N_PROBE_VERDICTS ? words[v] : "?";
}

/* What a verdict is reached from. */
struct hearing {
	const struct probe_target *target;
	const struct chain *served, *expected; /* expected may be NULL */
	const struct cert *leaf;
	struct chain_path path;
	bool trusted;
	struct err distrust; /* why not */
};

static bool same_cert(const struct cert *a, const struct cert *b)
{
	const struct sha256 x = cert_sha256(a), y = cert_sha256(b);

	return sha256_eq(&x, &y);
}

static bool same_key(const struct cert *a, const struct cert *b)
{
	const struct sha256 x = cert_key_sha256(a), y = cert_key_sha256(b);

	return sha256_eq(&x, &y);
}

static bool covers_one_of(const struct cert *a, const struct cert *b)
{
	size_t n;
	const char *const *names = cert_names(b, &n);

	for (size_t i = 0; i < n; i++)
		if (cert_covers(a, names[i]))
			return true;
	return false;
}

/* A wildcard and a name that it covers are one name. */
static bool share_a_name(const struct cert *a, const struct cert *b)
{
	return covers_one_of(a, b) || covers_one_of(b, a);
}

static bool is_current(const struct cert *c)
{
	const time_t now = clock_now();

	return now >= cert_not_before(c) && now <= cert_not_after(c);
}

/* ---- what can be wrong ---- */

/*
 * It isn't the certificate that was expected: whose is it then? A name in common and a
 * trusted issuer make it one of ours, whatever intermediate has signed it.
 */
static enum probe_verdict is_expected(const struct hearing *h, struct err *e)
{
	const struct cert *leaf = h->leaf, *wanted;
	struct time_text there, ours;

	if (!h->expected || same_cert(leaf, h->expected->certs[0]))
		return PROBE_OK;
	wanted = h->expected->certs[0];
	if (!share_a_name(leaf, wanted) ||
		(!h->trusted && cert_not_after(leaf) > clock_now())) {
		err_set(e, ERR_TLS, "serves %s of %s, not the store's certificate",
			cert_subject_name(leaf), cert_issuer_name(leaf));
		return PROBE_FOREIGN;
	}
	if (same_key(leaf, wanted)) {
		err_set(e, ERR_TLS, "another certificate of the same key");
		return PROBE_SAME_KEY;
	}
	there = time_openssl(cert_not_before(leaf));
	ours = time_openssl(cert_not_before(wanted));
	err_set(e, ERR_TLS, "serves the certificate of %s, the store has that of %s",
		there.s, ours.s);
	return cert_not_before(leaf) <= cert_not_before(wanted) ? PROBE_OLDER : PROBE_NEWER;
}

static enum probe_verdict is_in_time(const struct hearing *h, struct err *e)
{
	if (is_current(h->leaf))
		return PROBE_OK;
	if (clock_now() < cert_not_before(h->leaf))
		err_set(e, ERR_TLS, "not valid before %s: is this clock right?",
			time_openssl(cert_not_before(h->leaf)).s);
	else
		err_set(e, ERR_TLS, "expired on %s",
			time_openssl(cert_not_after(h->leaf)).s);
	return PROBE_EXPIRED;
}

static enum probe_verdict is_whole(const struct hearing *h, struct err *e)
{
	const struct chain *want = h->expected;

	if (!want || !same_cert(h->leaf, want->certs[0]) || chain_eq(h->served, want))
		return PROBE_OK;
	err_set(e, ERR_TLS, "serves %zu certificate%s where the store has %zu%s",
		h->served->n, h->served->n == 1 ? "" : "s", want->n,
		h->served->n == want->n ? ", and others" : "");
	return PROBE_CHAIN;
}

/* The names that it has instead, a few of them. */
static void list_names(const struct cert *c, char *text, size_t size)
{
	const size_t most = 3;
	size_t n, at = 0;
	const char *const *names = cert_names(c, &n);

	for (size_t i = 0; i < n && i < most && at < size; i++)
		at += (size_t)snprintf(
			text + at, size - at, "%s%.80s", i ? ", " : "", names[i]);
	if (n > most && at < size)
		snprintf(text + at, size - at, " and %zu more", n - most);
	if (n == 0)
		snprintf(text, size, "no name at all: a CN doesn't count");
}

static enum probe_verdict is_for_name(const struct hearing *h, struct err *e)
{
	const char *name = h->target->name;
	char names[300];

	if (!name || cert_covers(h->leaf, name))
		return PROBE_OK;
	list_names(h->leaf, names, sizeof names);
	err_set(e, ERR_TLS, "the certificate isn't for %.100s; it has %s", name, names);
	return PROBE_WRONG_NAME;
}

/* That of a leaf which isn't valid itself has been said. */
static enum probe_verdict is_trusted(const struct hearing *h, struct err *e)
{
	if (h->trusted || (h->path.untimely && !is_current(h->leaf)))
		return PROBE_OK;
	*e = h->distrust;
	if (*h->path.missing)
		err_set(e, ERR_TLS,
			"the server doesn't send the intermediate %s, and it isn't a trusted root",
			h->path.missing);
	return h->path.untimely ? PROBE_EXPIRED : PROBE_UNTRUSTED;
}

static enum probe_verdict is_for_clients(const struct hearing *h, struct err *e)
{
	if (!h->target->client_auth || cert_is_for_clients(h->leaf))
		return PROBE_OK;
	err_set(e, ERR_TLS,
		"the certificate isn't for TLS clients (clientAuth), which the service wants it for");
	return PROBE_PURPOSE;
}

static enum probe_verdict is_of_its_records(const struct hearing *h, struct err *e)
{
	const char *const *records = h->target->tlsa;
	size_t n = 0;

	for (; records && *records; records++) {
		if (tlsa_fits(*records, h->served))
			return PROBE_OK;
		n += tlsa_counts(*records);
	}
	if (n == 0)
		return PROBE_OK;
	err_set(e, ERR_TLS, "%s: who goes by TLSA records refuses it (DANE)",
		n == 1 ? "its TLSA record is another certificate's"
		       : "its TLSA records are all another certificate's");
	return PROBE_TLSA;
}

/* In the order of their weight: the first that fails is the verdict. */
static enum probe_verdict (*const questions[])(const struct hearing *, struct err *) = {
	is_expected,
	is_in_time,
	is_whole,
	is_for_name,
	is_trusted,
	is_for_clients,
	is_of_its_records,
};

/* The others that fail are told beside it, but of a stranger it is enough that it is one.
 */
static void decide(const struct hearing *h, struct probe_result *r)
{
	r->verdict = PROBE_OK;
	r->err.kind = ERR_NONE;
	for (size_t i = 0; i < ARRAY_LEN(questions) && r->verdict != PROBE_FOREIGN; i++) {
		struct err e;
		const enum probe_verdict v = questions[i](h, &e);

		if (v == PROBE_OK)
			continue;
		if (r->verdict != PROBE_OK) {
			remark(r, "%s", e.msg);
			continue;
		}
		r->verdict = v;
		r->err = e;
	}
}

void judge(const struct trust *trust, const struct probe_target *t,
	const struct chain *expected, struct probe_result *r)
{
	struct hearing h = {
		.target = t,
		.served = &r->served,
		.expected = expected,
		.leaf = r->served.certs[0],
	};

	h.trusted = chain_find_path(&r->served, trust, &h.path, &h.distrust);
	r->chain_until = h.trusted ? h.path.until : 0;
	decide(&h, r);
	remark_all(r, &h.path, expected && chain_eq(&r->served, expected));
}
