#include "acme/private/acme.h"
#include "base/alloc.h"
#include "base/text.h"
#include "digest/digest.h"

#include <string.h>

/* RFC 5280 5.3.1; NULL where a subscriber has no such reason. */
static const char *const reasons[] = { "unspecified", "keyCompromise", NULL,
	"affiliationChanged", "superseded", "cessationOfOperation" };

bool acme_reason_parse(const char *word, int *reason, struct err *e)
{
	AUTO(buf) struct buf known = BUF_EMPTY;

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (!reasons[i])
			continue;
		if (strcasecmp(word, reasons[i]) == 0) {
			*reason = (int)i;
			return true;
		}
		buf_printf(&known, "%s%s", known.len ? ", " : "", reasons[i]);
	}
	return err_set(
		e, ERR_USAGE, "unknown reason '%s': give one of %s", word, known.data);
}

const char *acme_reason_name(int reason)
{
	return reasons[reason];
}

bool acme_revoke(struct acme *a, const struct buf *der, const struct key *by, int reason,
	bool *already, int64_t deadline, struct err *e)
{
	AUTO(answer) struct answer r = ANSWER_EMPTY;
	AUTO(buf) struct buf payload = BUF_EMPTY;
	struct ask q = {
		.url = a->revoke_cert, .key = by, .with_jwk = by, .deadline = deadline
	};

	*already = false;
	if (!a->revoke_cert)
		return err_set(e, ERR_ACME, "%s offers no revocation", a->host);
	buf_puts(&payload, "{\"certificate\":\"");
	base64url_encode(&payload, der->data, der->len);
	buf_printf(&payload, "\",\"reason\":%d}", reason);
	q.payload = payload.data;
	if (acme_post(a, &q, &r, e))
		return true;
	*already = strcmp(r.problem, "alreadyRevoked") == 0;
	return *already || err_wrap(e, "revocation");
}
