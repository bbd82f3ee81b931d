#include "probe/private/judge.h"
#include "base/clock.h"

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
	[PROBE_NO_TLS] = "no TLS",
	[PROBE_HANDSHAKE] = "handshake",
	[PROBE_UNREACHABLE] = "unreachable",
};

const char *probe_verdict_word(enum probe_verdict v)
{
	return v < N_PROBE_VERDICTS ? words[v] : "?";
}

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

static bool same_chain(const struct chain *a, const struct chain *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_cert(a->certs[i], b->certs[i]))
			return false;
	return true;
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

static enum probe_verdict verdict(struct probe_result *r, enum probe_verdict v)
{
	r->verdict = v;
	return v;
}

/*
 * It isn't the certificate that was expected: whose is it then? A name in common and a
 * trusted issuer make it one of ours, whatever intermediate has signed it.
 */
static enum probe_verdict stranger(const struct trust *trust, const struct cert *leaf,
	const struct cert *wanted, struct probe_result *r)
{
	const struct time_text there = time_openssl(cert_not_before(leaf));
	const struct time_text ours = time_openssl(cert_not_before(wanted));
	struct err why;

	if (!share_a_name(leaf, wanted) ||
		(!chain_verify(&r->served, trust, &why) &&
			cert_not_after(leaf) > clock_now())) {
		err_set(&r->err, ERR_TLS, "serves %s of %s, not the store's certificate",
			cert_subject_name(leaf), cert_issuer_name(leaf));
		return verdict(r, PROBE_FOREIGN);
	}
	if (same_key(leaf, wanted)) {
		err_set(&r->err, ERR_TLS, "another certificate of the same key");
		return verdict(r, PROBE_SAME_KEY);
	}
	err_set(&r->err, ERR_TLS, "serves the certificate of %s, the store has that of %s",
		there.s, ours.s);
	return verdict(r,
		cert_not_before(leaf) <= cert_not_before(wanted) ? PROBE_OLDER
								 : PROBE_NEWER);
}

static enum probe_verdict dates(const struct cert *leaf, struct probe_result *r)
{
	const struct time_text from = time_openssl(cert_not_before(leaf));
	const struct time_text to = time_openssl(cert_not_after(leaf));
	const time_t now = clock_now();

	if (now < cert_not_before(leaf))
		err_set(&r->err, ERR_TLS, "not valid before %s: is this clock right?",
			from.s);
	else if (now > cert_not_after(leaf))
		err_set(&r->err, ERR_TLS, "expired on %s", to.s);
	else
		return PROBE_OK;
	return verdict(r, PROBE_EXPIRED);
}

void judge(const struct trust *trust, const struct probe_target *t,
	const struct chain *expected, struct probe_result *r)
{
	const struct cert *leaf = r->served.certs[0];

	if (expected && !same_cert(leaf, expected->certs[0])) {
		stranger(trust, leaf, expected->certs[0], r);
		return;
	}
	if (dates(leaf, r) != PROBE_OK)
		return;
	if (expected && !same_chain(&r->served, expected)) {
		err_set(&r->err, ERR_TLS,
			"serves %zu certificates where the store has %zu%s", r->served.n,
			expected->n, r->served.n == expected->n ? ", and others" : "");
		verdict(r, PROBE_CHAIN);
	} else if (t->name && !cert_covers(leaf, t->name)) {
		err_set(&r->err, ERR_TLS, "the certificate isn't for %s", t->name);
		verdict(r, PROBE_WRONG_NAME);
	} else if (!chain_verify(&r->served, trust, &r->err)) {
		verdict(r, PROBE_UNTRUSTED);
	} else {
		verdict(r, PROBE_OK);
		r->err.kind = ERR_NONE;
	}
}
