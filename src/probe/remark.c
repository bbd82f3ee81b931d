#include "probe/private/remark.h"
#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void remark(struct probe_result *r, const char *fmt, ...)
{
	const size_t at = strlen(r->warning), room = sizeof r->warning - at;
	const char *between = at ? "; " : "";
	const size_t gap = strlen(between);
	va_list ap;
	int len;

	if (room <= gap)
		return;
	va_start(ap, fmt);
	len = vsnprintf(r->warning + at + gap, room - gap, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room - gap)
		r->warning[at] = '\0';
	else
		memcpy(r->warning + at, between, gap);
}

/* What a person knows a certificate by. */
static const char *title(const struct cert *c)
{
	size_t n;
	const char *const *names = cert_names(c, &n);

	return *cert_subject_name(c) || n == 0 ? cert_subject_name(c) : names[0];
}

/* ---- the chain ---- */

static bool is_repeated(const struct chain *c, size_t i)
{
	const struct sha256 one = cert_sha256(c->certs[i]);

	for (size_t k = 0; k < i; k++) {
		const struct sha256 other = cert_sha256(c->certs[k]);

		if (sha256_eq(&one, &other))
			return true;
	}
	return false;
}

/* Is there one among [from, to) that it can have issued? */
static bool issues_one(const struct chain *c, size_t i, size_t from, size_t to)
{
	for (size_t k = from; k < to; k++)
		if (k != i && cert_is_issued_by(c->certs[k], c->certs[i]))
			return true;
	return false;
}

/* Of certificate i, behind the leaf: at most one thing (RFC 8446 4.4.2, RFC 5246 7.4.2). */
static void remark_place(struct probe_result *r, size_t i, const struct chain_path *path)
{
	const struct chain *c = &r->served;
	const struct cert *cert = c->certs[i];
	const bool needed = path->sent & 1U << i;

	if (is_repeated(c, i))
		remark(r, "certificate %zu (%.60s) is sent a second time", i, title(cert));
	else if (!needed && !issues_one(c, i, 0, c->n))
		remark(r, "certificate %zu (%.60s) has nothing to do with the others", i,
			title(cert));
	else if (cert_is_self_issued(cert))
		remark(r, "certificate %zu (%.60s) is a root: it needn't be sent", i,
			title(cert));
	else if (path->until && !needed && cert_not_after(cert) < clock_now())
		remark(r, "certificate %zu (%.60s), which isn't needed, expired on %s", i,
			title(cert), time_openssl(cert_not_after(cert)).s);
	else if (!issues_one(c, i, 0, i))
		remark(r, "certificate %zu (%.60s) comes before what it has issued", i,
			title(cert));
}

static void remark_end(struct probe_result *r, const struct chain_path *path)
{
	if (*path->ends)
		remark(r, "the chain ends before the certificate does: %s on %s",
			path->ends, time_openssl(path->until).s);
}

/* ---- what clients of today refuse ---- */

static void remark_weakness(struct probe_result *r, size_t i)
{
	const struct cert *c = r->served.certs[i];

	if (cert_is_self_issued(c) && i > 0)
		return;
	if (cert_key_is_weak(c))
		remark(r, "the key of certificate %zu (%.60s) is too weak: %s", i, title(c),
			cert_key_name(c));
	if (cert_signature_is_weak(c))
		remark(r, "certificate %zu (%.60s) is signed too weakly: %s", i, title(c),
			cert_signature_name(c));
}

/* RFC 8996 */
static void remark_version(struct probe_result *r)
{
	const char *space = strchr(r->tls, ' ');
	const int len = space ? (int)(space - r->tls) : 0;

	if (len > 0 && !text_starts(r->tls, "TLSv1.2 ") && !text_starts(r->tls, "TLSv1.3 "))
		remark(r, "no newer TLS than %.*s", len, r->tls);
}

/* As CAs that are there for trying out name what they sign with. */
static const char *const test_cas[] = { "(STAGING) ", "Fake LE ", "Buypass Class 2 Test4 ",
	NULL };

static void remark_test(struct probe_result *r)
{
	const char *issuer = cert_issuer_name(r->served.certs[0]);

	for (const char *const *ca = test_cas; *ca; ca++)
		if (text_starts(issuer, *ca)) {
			remark(r, "a certificate for tests, of the staging CA %s", issuer);
			return;
		}
}

void remark_all(struct probe_result *r, const struct chain_path *path, bool ours)
{
	remark_test(r);
	remark_end(r, path);
	remark_version(r);
	for (size_t i = 0; i < r->served.n; i++) {
		if (i > 0 && !ours)
			remark_place(r, i, path);
		remark_weakness(r, i);
	}
}
