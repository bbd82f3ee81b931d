#include "dns/private/sshfp.h"
#include "base/alloc.h"
#include "base/text.h"
#include "digest/digest.h"
#include "dns/private/proved.h"

#include <string.h>

/* RFC 4255 3.1.2, RFC 6594 3.1. */
enum { SSHFP_SHA256 = 2, HEAD = 2 };

/* RFC 4255 3.1.1, RFC 6594 3.2, RFC 7479, RFC 8709 7. */
static const struct {
	const char *type;
	uint8_t algorithm;
} algorithms[] = {
	{ "ssh-rsa", 1 },
	{ "ssh-dss", 2 },
	{ "ecdsa-sha2-nistp256", 3 },
	{ "ecdsa-sha2-nistp384", 3 },
	{ "ecdsa-sha2-nistp521", 3 },
	{ "ssh-ed25519", 4 },
	{ "ssh-ed448", 6 },
};

bool sshfp_read(const void *rdata, size_t len, struct dns_sshfp_record *r)
{
	const uint8_t *p = rdata;

	if (len != HEAD + sizeof r->sha256 || p[1] != SSHFP_SHA256)
		return false;
	r->algorithm = p[0];
	memcpy(r->sha256, p + HEAD, sizeof r->sha256);
	return true;
}

static bool judge(
	const struct question *q, const char *host, struct dns_sshfp *s, struct err *e)
{
	if (q->verdict == VERDICT_BOGUS)
		return err_set(e, ERR_DNS, "SSHFP of %s: DNSSEC is bogus: %.200s", host,
			q->why.data);
	if (!q->told)
		return err_set(e, ERR_DNS, "SSHFP of %s: no answer", host);
	s->secure = q->verdict == VERDICT_SECURE;
	for (size_t i = 0; i < q->n_rdata; i++) {
		struct dns_sshfp_record r;

		if (!sshfp_read(q->rdata[i].data, q->rdata[i].len, &r))
			continue;
		GROW(s->list, s->n);
		s->list[s->n++] = r;
	}
	return true;
}

bool dns_sshfp_find(const struct dns_config *c, const char *host, int64_t deadline,
	struct dns_sshfp *s, struct err *e)
{
	struct question q = QUESTION(host, LDNS_RR_TYPE_SSHFP);
	bool ok;

	*s = (struct dns_sshfp){ 0 };
	ok = dns_validator(e) ? proved_ask(c, &q, 1, deadline, e) && judge(&q, host, s, e)
			      : err_wrap(e, "SSHFP isn't looked at");
	questions_clear(&q, 1);
	return ok;
}

void dns_sshfp_clear(struct dns_sshfp *s)
{
	free(s->list);
	*s = (struct dns_sshfp){ 0 };
}

static uint8_t algorithm_of(const uint8_t *blob, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		size_t n = strlen(algorithms[i].type);

		if (len > 4 + n && memcmp(blob, "\0\0\0", 3) == 0 && blob[3] == n &&
			memcmp(blob + 4, algorithms[i].type, n) == 0)
			return algorithms[i].algorithm;
	}
	return 0;
}

enum dns_sshfp_verdict dns_sshfp_check(
	const struct dns_sshfp *s, const void *blob, size_t len)
{
	const struct sha256 digest = sha256_of(blob, len);
	const uint8_t algorithm = algorithm_of(blob, len);
	enum dns_sshfp_verdict verdict = DNS_SSHFP_SILENT;

	for (size_t i = 0; algorithm && i < s->n; i++) {
		if (s->list[i].algorithm != algorithm)
			continue;
		if (memcmp(s->list[i].sha256, digest.bytes, sizeof digest.bytes) == 0)
			return DNS_SSHFP_MATCHES;
		verdict = DNS_SSHFP_DIFFERS;
	}
	return verdict;
}
